using System.CommandLine;
using System.Globalization;
using LabelerService.Benchmarks.CommandLine;
using LabelerService.Benchmarks.Reporting;

namespace LabelerService.Benchmarks.Ingest;

/// <summary>
/// <c>bench ingest</c>: annotations and items through gRPC, acknowledged after the commit, against PostgreSQL's own binary COPY of the same
/// rows into the same tables, by turns in one run.
/// </summary>
internal static class IngestBench
{
    private const int Classes = 8;
    private const int LabelerCount = 200;
    private const int AnnotationsEach = 10;
    private const int FeatureLength = 512;
    private const int ItemsAnnotationRatio = 20;
    private static readonly int[] StreamCounts = [1, 4, 16];

    public static Command Create(BenchHost host)
    {
        var rows = Number("--rows", "Annotations of each measurement", 400_000);
        var rounds = Number("--rounds", "Times that everything is measured; medians count", 3);
        var batch = Number("--batch", "Annotations a message", 2_000);
        var window = Number("--window", "Messages of a stream that may wait for their acknowledgement", 4);
        var full = new Option<bool>("--full") { Description = "Rows carry confidence, duration and time beside the class" };
        var soak = Number("--soak", "Instead: send so many annotations over 4 streams once, and show memory and rate along the way", 0);
        var command = new Command("ingest", "Annotations and items through gRPC against raw COPY: rates, acknowledgement latency, memory")
        {
            rows, rounds, batch, window, full, soak,
        };
        host.Handle(command, async (run, cancellationToken) =>
        {
            Check(run.Get(rows), "--rows", 1_000, 100_000_000);
            Check(run.Get(rounds), "--rounds", 1, 100);
            Check(run.Get(batch), "--batch", 1, 10_000);
            Check(run.Get(window), "--window", 1, 1_000);
            Check(run.Get(soak), "--soak", 0, 1_000_000_000);
            var shape = new StreamShape(4, run.Get(batch), run.Get(window), run.Get(full));
            run.Result.Settings["batch"] = shape.Batch;
            run.Result.Settings["window"] = shape.Window;
            run.Result.Settings["full"] = shape.Full;
            await using var service = await ServiceUnderTest.StartAsync(run, cancellationToken);
            if (run.Get(soak) > 0)
            {
                run.Result.Settings["rows"] = run.Get(soak);
                await IngestSoak.MeasureAsync(run, service, Rows(run.Get(soak)), Classes, shape, cancellationToken);
            }
            else
            {
                run.Result.Settings["rows"] = run.Get(rows);
                run.Result.Settings["rounds"] = run.Get(rounds);
                await MeasureAsync(run, service, Rows(run.Get(rows)), shape, run.Get(rounds), cancellationToken);
            }
        });
        return command;
    }

    private static AnnotationRows Rows(int count) => new(count / AnnotationsEach, LabelerCount, AnnotationsEach, Classes);

    private static async Task MeasureAsync(
        BenchRun run, ServiceUnderTest service, AnnotationRows rows, StreamShape shape, int rounds, CancellationToken cancel)
    {
        run.Result.Details["units"] = "ratio = rows a second through gRPC / rows a second of one raw COPY of the same round; *_parallel_ratio: against as many COPY connections as streams (4 at most); medians over rounds";
        var copy = new List<double>();
        var parallelCopy = new List<double>();
        var rates = StreamCounts.ToDictionary(count => count, _ => new List<double>());
        var latencies = StreamCounts.ToDictionary(count => count, _ => new List<double>());
        var items = (Ours: new List<double>(), Copy: new List<double>());
        var small = new AnnotationRows(500, LabelerCount, AnnotationsEach, Classes);
        await GrpcAsync(small, shape);

        for (var round = 1; round <= rounds; round++)
        {
            copy.Add(await CopyAsync(rows, 1));
            parallelCopy.Add(await CopyAsync(rows, 4));
            foreach (var streams in StreamCounts)
            {
                var times = await GrpcAsync(rows, shape with { Streams = streams });
                rates[streams].Add(rows.Count / times.Seconds);
                latencies[streams].AddRange(times.AcknowledgementMs);
                run.Note(string.Create(
                    CultureInfo.InvariantCulture,
                    $"round {round}: {streams} streams {rates[streams][^1]:N0} rows/s, COPY {copy[^1]:N0}, 4 COPYs {parallelCopy[^1]:N0}; "
                    + $"server {service.Memory().Now:0} MiB"));
            }

            var itemCount = (int)(rows.Count / ItemsAnnotationRatio);
            var (ours, raw) = await ItemsAsync(run, service, itemCount, cancel);
            items.Ours.Add(ours);
            items.Copy.Add(raw);
            run.Note(string.Create(CultureInfo.InvariantCulture, $"round {round}: items {ours:N0} /s, COPY {raw:N0}"));
        }

        var table = new BenchTable(
            $"{rows.Count:N0} annotations, {shape.Batch:N0} a message, {rounds} rounds, medians", "streams", "rows/s", "of COPY", "of 4 COPYs", "ack p50 ms", "ack p99 ms");
        foreach (var streams in StreamCounts)
        {
            var ratio = Statistics.Median(rates[streams].Zip(copy, (ours, raw) => ours / raw));
            var parallel = Statistics.Median(rates[streams].Zip(streams == 1 ? copy : parallelCopy, (ours, raw) => ours / raw));
            latencies[streams].Sort();
            var (median, worst) = (Percentile(latencies[streams], 0.5), Percentile(latencies[streams], 0.99));
            run.Result.Figure($"annotations_ratio_{streams}", ratio);
            run.Result.Figure($"annotations_parallel_ratio_{streams}", parallel);
            run.Result.Figure($"annotations_per_second_{streams}", Statistics.Median(rates[streams]));
            run.Result.Figure($"ack_p50_ms_{streams}", median);
            run.Result.Figure($"ack_p99_ms_{streams}", worst);
            table.Row($"{streams}", Text(Statistics.Median(rates[streams]), "N0"), Text(ratio), Text(parallel), Text(median, "0.0"), Text(worst, "0.0"));
        }

        run.Result.Figure("copy_per_second", Statistics.Median(copy));
        run.Result.Figure("copy_parallel_per_second", Statistics.Median(parallelCopy));
        run.Result.Figure("items_ratio", Statistics.Median(items.Ours.Zip(items.Copy, (ours, raw) => ours / raw)));
        run.Result.Figure("items_per_second", Statistics.Median(items.Ours));
        run.Result.Figure("ack_p50_ms", Percentile(latencies[4], 0.5));
        run.Result.Figure("ack_p99_ms", Percentile(latencies[4], 0.99));
        run.Result.Figure("peak_mib", service.Memory().Peak);
        table.Row("COPY", Text(Statistics.Median(copy), "N0"), "1.00", "", "", "");
        table.Row("4 COPYs", Text(Statistics.Median(parallelCopy), "N0"), Text(Statistics.Median(parallelCopy.Zip(copy, (four, one) => four / one))), "1.00", "", "");
        run.Result.Table(table);

        async Task<StreamTimes> GrpcAsync(AnnotationRows sent, StreamShape how)
        {
            var dataset = await PreparedAsync(sent);
            return await new AnnotationStreams(service.Service, run.Time).SendAsync(dataset, sent, how, _ => { }, cancel);
        }

        async Task<double> CopyAsync(AnnotationRows sent, int connections)
        {
            var dataset = await PreparedAsync(sent);
            return sent.Count / await new RawCopy(service.Database).AnnotationsAsync(dataset, sent, connections, shape.Full, run.Time, cancel);
        }

        async Task<string> PreparedAsync(AnnotationRows sent)
        {
            var dataset = await service.CreateDatasetAsync(1, Classes, cancel);
            await service.PrepareAsync(dataset, sent, cancel);
            await service.SettleAsync(cancel);
            return dataset;
        }
    }

    private static async Task<(double Ours, double Copy)> ItemsAsync(BenchRun run, ServiceUnderTest service, int count, CancellationToken cancel)
    {
        var features = new byte[FeatureLength * sizeof(float)];
        for (var i = 0; i < FeatureLength; i++)
        {
            BitConverter.TryWriteBytes(features.AsSpan(i * sizeof(float)), MathF.Sin(i));
        }

        var copied = await service.CreateDatasetAsync(FeatureLength, Classes, cancel);
        await service.SettleAsync(cancel);
        var raw = count / await new RawCopy(service.Database).ItemsAsync(copied, count, features, run.Time, cancel);
        var sent = await service.CreateDatasetAsync(FeatureLength, Classes, cancel);
        await service.SettleAsync(cancel);
        return (count / await new ItemStreams(service.Service, run.Time).SendAsync(sent, count, features, cancel), raw);
    }

    private static double Percentile(IReadOnlyList<double> sorted, double share) =>
        sorted[Math.Min(sorted.Count - 1, (int)(share * sorted.Count))];

    private static string Text(double value, string format = "0.00") => value.ToString(format, CultureInfo.InvariantCulture);

    private static Option<int> Number(string name, string description, int otherwise) => new(name)
    {
        Description = description,
        HelpName = "NUMBER",
        DefaultValueFactory = _ => otherwise,
    };

    private static void Check(int value, string option, int least, int most)
    {
        if (value < least || value > most)
        {
            throw new BenchUsageException($"{option} {value} is not from {least} to {most}");
        }
    }
}
