using System.CommandLine;
using System.Diagnostics;
using LabelerService.Benchmarks.CommandLine;
using LabelerService.Benchmarks.Reporting;
using LabelerService.Contracts.V1;

namespace LabelerService.Benchmarks.Rolling;

/// <summary>
/// <c>bench rolling</c>: calls and streams against a service of several replicas, before, while and after a command changes it: a rolling
/// update, a node's drain. Calls are sent once, whatever comes of them; streams resume, and are compared with what is stored at the end.
/// </summary>
internal static class RollingBench
{
    private const int Items = 2_000;

    public static Command Create(BenchHost host)
    {
        var server = new Option<string>("--server")
        {
            Description = "URL of the gRPC port that the service is published on",
            DefaultValueFactory = _ => host.Variable("LABELER_SERVER") ?? "http://localhost:8081",
        };
        var command = new Option<string>("--while") { Description = "Shell command that changes the service meanwhile", Required = true };
        var clients = new Option<int>("--clients") { Description = "Clients, each with a connection of its own, that call", DefaultValueFactory = _ => 8 };
        var streams = new Option<int>("--streams") { Description = "Streams that ingest", DefaultValueFactory = _ => 2 };
        var calls = new Option<int>("--calls") { Description = "Calls before, and after, the command", DefaultValueFactory = _ => 4_000 };
        var rolling = new Command("rolling", "Calls and streams while a command changes the service: failures, lost rows, p99 before and meanwhile")
        {
            server, command, clients, streams, calls,
        };
        host.Handle(rolling, async (run, cancellationToken) =>
        {
            if (!Uri.TryCreate(run.Get(server), UriKind.Absolute, out var address) || run.Get(clients) is < 1 or > 256 || run.Get(streams) is < 0 or > 64
                || run.Get(calls) < 1)
            {
                throw new BenchUsageException("--server takes a URL, --clients 1 to 256, --streams 0 to 64, --calls a number from 1");
            }

            run.Result.Settings["while"] = run.Get(command);
            run.Result.Settings["clients"] = run.Get(clients);
            run.Result.Settings["streams"] = run.Get(streams);
            await MeasureAsync(run, address, run.Get(command), run.Get(clients), run.Get(streams), run.Get(calls), cancellationToken);
        });
        return rolling;
    }

    private static async Task MeasureAsync(
        BenchRun run, Uri server, string command, int clients, int streams, int calls, CancellationToken cancel)
    {
        var settings = new ConnectionSettings(server, run.Host.Variable("LABELER_API_KEY"));
        using var client = new LabelerClient(settings);
        var dataset = $"rolling-{Guid.NewGuid():N}"[..16];
        var model = await RollingDataset.PrepareAsync(client, dataset, Items, cancel);
        run.Note($"{dataset}: {Items} items, {model}");

        // One try: what fails has failed.
        var once = settings with { Retries = new RetrySettings { MaxAttempts = 1 } };
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var phases = new PhaseClock();
        var callers = Enumerable.Range(0, clients).Select(i => new RollingCaller(once, dataset, model, Items, i, phases, run.Time)).ToList();
        var senders = Enumerable.Range(0, streams).Select(i => new RollingStream(settings, dataset, Items, i)).ToList();
        var watcher = new RollingRuns(settings, dataset);
        Task[] working =
        [
            .. callers.Select(caller => caller.RunAsync(stop.Token)), .. senders.Select(sender => sender.RunAsync(stop.Token)), watcher.RunAsync(stop.Token),
        ];
        await PassAsync(calls);
        run.Note("before: done; the command runs");
        phases.Now = Phase.During;
        var exit = await RunAsync(command, cancel);
        phases.Now = Phase.After;
        await PassAsync(calls);
        await stop.CancelAsync();
        await Task.WhenAll(working).WaitAsync(TimeSpan.FromMinutes(5), cancel);
        if (exit != 0)
        {
            run.Result.Failures.Add(new BenchFailure("the command", $"exit code {exit}"));
        }

        await ReportAsync(run, client, dataset, callers, senders, watcher, cancel);

        async Task PassAsync(int count)
        {
            for (var until = callers.Sum(caller => caller.Calls) + count; callers.Sum(caller => caller.Calls) < until;)
            {
                if (working.FirstOrDefault(task => task.IsFaulted) is { } broken)
                {
                    await broken;
                }

                await Task.Delay(100, cancel);
            }
        }
    }

    private static async Task<int> RunAsync(string command, CancellationToken cancel)
    {
        var start = new ProcessStartInfo("bash", ["-c", command]) { RedirectStandardOutput = true, UseShellExecute = false };
        using var process = Process.Start(start)!;

        // Standard output is the result's.
        var said = process.StandardOutput.BaseStream.CopyToAsync(Console.OpenStandardError(), cancel);
        await process.WaitForExitAsync(cancel);
        await said;
        return process.ExitCode;
    }

    private static async Task ReportAsync(
        BenchRun run, LabelerClient client, string dataset, IReadOnlyList<RollingCaller> callers, IReadOnlyList<RollingStream> senders,
        RollingRuns watcher, CancellationToken cancel)
    {
        var table = new BenchTable("calls that were sent once", "phase", "calls", "failed", "p50 ms", "p99 ms", "worst ms");
        foreach (var phase in Enum.GetValues<Phase>())
        {
            List<double> times = [.. callers.SelectMany(caller => caller.Times(phase)).Order()];
            var failed = callers.Sum(caller => caller.Failures.Count(failure => failure.Phase == phase));
            var name = phase.ToString().ToLowerInvariant();
            run.Result.Figure($"calls_{name}", times.Count + failed);
            run.Result.Figure($"failed_{name}", failed);
            run.Result.Figure($"p50_ms_{name}", Percentile(times, 0.5));
            run.Result.Figure($"p99_ms_{name}", Percentile(times, 0.99));
            run.Result.Figure($"worst_ms_{name}", Percentile(times, 1));
            table.Row(name, $"{times.Count + failed}", $"{failed}", $"{Percentile(times, 0.5):0.0}", $"{Percentile(times, 0.99):0.0}", $"{Percentile(times, 1):0}");
        }

        run.Result.Table(table);
        foreach (var failure in callers.SelectMany(caller => caller.Failures).Take(20))
        {
            run.Result.Failures.Add(new BenchFailure($"a call, {failure.Phase}", failure.Text));
        }

        // What the clients know to be stored against what is.
        var expected = new Dictionary<(string Item, string Labeler), string>();
        foreach (var said in callers.SelectMany(caller => caller.Acknowledged).Concat(senders.SelectMany(sender => sender.Acknowledged)))
        {
            expected.Add((said.ItemId, said.LabelerId), said.ClassName);
        }

        var (lost, doubled, other) = (expected.Count, 0, 0);
        using var export = client.Connection.Annotations.ExportAnnotations(new ExportAnnotationsRequest { Parent = $"datasets/{dataset}" }, cancellationToken: cancel);
        while (await export.ResponseStream.MoveNext(cancel))
        {
            foreach (var annotation in export.ResponseStream.Current.Annotations)
            {
                if (expected.Remove((annotation.ItemId, annotation.LabelerId), out var name))
                {
                    lost--;
                    doubled += annotation.Revision > 1 ? 1 : 0;
                    other += annotation.ClassName != name ? 1 : 0;
                }
            }
        }

        var breaks = senders.Sum(sender => sender.Breaks);
        run.Result.Figure("stream_rows", senders.Sum(sender => sender.Acknowledged.Count));
        run.Result.Figure("stream_breaks", breaks);
        run.Result.Figure("rows_acknowledged", callers.Sum(caller => caller.Acknowledged.Count) + senders.Sum(sender => sender.Acknowledged.Count));
        run.Result.Figure("rows_lost", lost);
        run.Result.Figure("rows_doubled", doubled);
        run.Result.Figure("rows_changed", other);
        run.Result.Figure("runs_watched_to_their_end", watcher.Ended);
        var rows = new BenchTable("rows and streams", "acknowledged", "lost", "doubled", "changed", "streams broken off and resumed", "runs watched without a gap");
        rows.Row($"{callers.Sum(caller => caller.Acknowledged.Count) + senders.Sum(sender => sender.Acknowledged.Count)}", $"{lost}", $"{doubled}", $"{other}", $"{breaks}", $"{watcher.Ended}");
        run.Result.Table(rows);
        if (lost + doubled + other > 0)
        {
            run.Result.Failures.Add(new BenchFailure("acknowledged annotations", $"{lost} lost, {doubled} doubled, {other} changed"));
        }

        foreach (var problem in watcher.Problems)
        {
            run.Result.Failures.Add(new BenchFailure("a run", problem));
        }
    }

    private static double Percentile(List<double> sorted, double share) =>
        sorted.Count == 0 ? double.NaN : sorted[Math.Min(sorted.Count - 1, (int)(share * sorted.Count))];
}
