using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using LabelerService.Benchmarks.CommandLine;
using LabelerService.Benchmarks.Ingest;
using LabelerService.Benchmarks.Reporting;

namespace LabelerService.Benchmarks.Soak;

/// <summary>
/// <c>bench soak</c>: everything that clients do, at a moderate pace, against a service of real processes; does what the processes hold stay as it is? Any
/// error is a failure.
/// </summary>
internal static class SoakBench
{
    private const int Blocks = 30;
    private const double MinutesAnHour = 60;
    private static readonly TimeSpan SampleEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan CollectEvery = TimeSpan.FromMinutes(1);

    public static Command Create(BenchHost host)
    {
        var minutes = Number("--minutes", "How long the load lasts, the warm-up included", 30);
        var warmUp = Number("--warm-up", "Percent of it that count as warm-up: slopes are of what comes after", 25);
        var seed = Number("--seed", "What the clients' choices are drawn with", 1);
        var command = new Command("soak", "Minutes of mixed load on server, trainer and PostgreSQL: memory, descriptors, threads and connections, with their slopes")
        {
            minutes, warmUp, seed,
        };
        host.Handle(command, async (run, cancel) =>
        {
            Check(run.Get(minutes), "--minutes", 1, 10_000);
            Check(run.Get(warmUp), "--warm-up", 0, 90);
            run.Result.Settings["minutes"] = run.Get(minutes);
            run.Result.Settings["warm_up_percent"] = run.Get(warmUp);
            run.Result.Settings["seed"] = run.Get(seed);
            await MeasureAsync(run, TimeSpan.FromMinutes(run.Get(minutes)), run.Get(warmUp) / 100.0, run.Get(seed), cancel);
        });
        return command;
    }

    private static async Task MeasureAsync(BenchRun run, TimeSpan duration, double warmUp, int seed, CancellationToken cancel)
    {
        var admin = NeighbouringPorts();

        // How long a small prediction may wait is not the question here, and the machine may be busy with other things.
        await using var service = await ServiceUnderTest.StartAsync(
            run, cancel, "--trainers", "1", "--admin-port", Text(admin), "--prediction-wait", "60000");
        using var connection = new ServiceConnection(
            new ConnectionSettings(service.Address) { Retries = new RetrySettings { MaxAttempts = 1 } }, run.Time);
        using var http = new HttpClient();
        var load = new SoakLoad(connection, http, service.HttpAddress);
        run.Note("preparing");
        await load.PrepareAsync(cancel);

        var activities = load.Activities();
        var driver = new SoakDriver(activities, seed);
        using var sampler = new SoakSampler(service, admin);
        using var stop = new CancellationTokenSource();
        var samples = new List<(double Minutes, Dictionary<string, double> Values)>();
        var start = run.Time.GetTimestamp();
        var driving = driver.RunAsync(stop.Token, cancel);
        var (lastNote, lastCollection) = (TimeSpan.Zero, TimeSpan.Zero);
        while (run.Time.GetElapsedTime(start) is var elapsed && elapsed < duration)
        {
            if (elapsed - lastCollection > CollectEvery)
            {
                lastCollection = elapsed;
                await sampler.CollectGarbageAsync(cancel);
            }

            samples.Add((elapsed.TotalMinutes, await sampler.TakeAsync(cancel)));
            if (elapsed - lastNote > TimeSpan.FromMinutes(1))
            {
                lastNote = elapsed;
                run.Note($"minute {Text((int)elapsed.TotalMinutes)}: {Text(activities.Sum(activity => activity.Calls))} calls, {driver.Errors.Count} errors, "
                    + $"server {Text(samples[^1].Values["server_anonymous_mib"], "0")} MiB, trainer {Text(samples[^1].Values["trainer_anonymous_mib"], "0")} MiB");
            }

            await Task.Delay(SampleEvery, run.Time, cancel);
        }

        await stop.CancelAsync();
        await driving;
        Report(run, activities, driver.Errors, samples, duration.TotalMinutes * warmUp, run.Time.GetElapsedTime(start));
    }

    private static void Report(
        BenchRun run, IReadOnlyList<SoakActivity> activities, IReadOnlyList<string> errors,
        List<(double Minutes, Dictionary<string, double> Values)> samples, double warmUp, TimeSpan took)
    {
        run.Result.Figure("minutes", took.TotalMinutes);
        run.Result.Figure("calls", activities.Sum(activity => activity.Calls));
        run.Result.Figure("errors", errors.Count);
        var done = new BenchTable($"{took.TotalMinutes:0.0} minutes, {errors.Count} errors", "what", "times", "calls", "p50 ms", "most ms");
        foreach (var activity in activities)
        {
            var (median, most) = activity.Took();
            done.Row(activity.Name, Text(activity.Times), Text(activity.Calls), Text(median, "0.0"), Text(most, "0"));
            if (activity.Times == 0)
            {
                run.Result.Failures.Add(new BenchFailure(activity.Name, "was never done"));
            }
        }

        run.Result.Table(done);
        var held = new BenchTable(
            $"after a warm-up of {warmUp:0.0} minutes; flat: the slope's interval contains zero, or an hour of it is less than the noise",
            "what", "first", "last", "an hour adds", "95 % from", "to", "noise ±", "");
        // Some are known only after the first collection.
        foreach (var name in samples[^1].Values.Keys)
        {
            var blocks = BlockMedians([.. samples.Where(sample => sample.Minutes >= warmUp && sample.Values.ContainsKey(name)).Select(sample => (sample.Minutes, sample.Values[name]))]);
            if (blocks.Count < 3)
            {
                continue;
            }

            var line = TheilSen.Fit(blocks);
            var flat = line.IsFlat(MinutesAnHour);
            run.Result.Figure($"{name}.first", blocks[0].Value);
            run.Result.Figure($"{name}.last", blocks[^1].Value);
            run.Result.Figure($"{name}.per_hour", line.Slope * MinutesAnHour);
            run.Result.Figure($"{name}.per_hour_low", line.Low * MinutesAnHour);
            run.Result.Figure($"{name}.per_hour_high", line.High * MinutesAnHour);
            run.Result.Figure($"{name}.noise", line.Noise);
            run.Result.Figure($"{name}.flat", flat ? 1 : 0);
            held.Row(
                name, Text(blocks[0].Value, "0.0"), Text(blocks[^1].Value, "0.0"), Text(line.Slope * MinutesAnHour, "0.0"), Text(line.Low * MinutesAnHour, "0.0"),
                Text(line.High * MinutesAnHour, "0.0"), Text(line.Noise, "0.0"), flat ? "flat" : "not flat");
        }

        run.Result.Table(held);
        run.Result.Details["samples"] = samples.Select(sample => new Dictionary<string, double>(sample.Values) { ["minutes"] = sample.Minutes }).ToArray();
        foreach (var error in errors)
        {
            run.Result.Failures.Add(new BenchFailure("call", error));
        }
    }

    /// <summary>
    /// Medians of blocks that follow each other. What a process holds at one moment tells much of what it holds five seconds later; medians of a
    /// minute hardly know of each other, as the slope's interval supposes.
    /// </summary>
    internal static IReadOnlyList<(double Minutes, double Value)> BlockMedians(IReadOnlyList<(double Minutes, double Value)> samples)
    {
        var blocks = Math.Min(Blocks, samples.Count);
        return
        [
            .. Enumerable.Range(0, blocks)
                .Select(block => samples.Skip(block * samples.Count / blocks).Take(((block + 1) * samples.Count / blocks) - (block * samples.Count / blocks)).ToArray())
                .Select(block => (Statistics.Median(block.Select(sample => sample.Minutes)), Statistics.Median(block.Select(sample => sample.Value)))),
        ];
    }

    // The server's admin port is followed by its trainer's.
    private static int NeighbouringPorts()
    {
        while (true)
        {
            using var first = new TcpListener(IPAddress.Loopback, 0);
            first.Start();
            var port = ((IPEndPoint)first.LocalEndpoint).Port;
            using var second = new TcpListener(IPAddress.Loopback, port + 1);
            try
            {
                second.Start();
                return port;
            }
            catch (Exception error) when (error is SocketException or ArgumentOutOfRangeException)
            {
                // The neighbour is taken: another pair.
            }
        }
    }

    private static Option<int> Number(string name, string description, int value) => new(name)
    {
        Description = description,
        HelpName = "NUMBER",
        DefaultValueFactory = _ => value,
    };

    private static void Check(int value, string name, int least, int most)
    {
        if (value < least || value > most)
        {
            throw new BenchUsageException($"{name} {value} is not from {least} to {most}");
        }
    }

    private static string Text(double value, string format = "0") => value.ToString(format, CultureInfo.InvariantCulture);
}
