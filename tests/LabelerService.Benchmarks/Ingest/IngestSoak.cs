using System.Globalization;
using LabelerService.Benchmarks.CommandLine;
using LabelerService.Benchmarks.Reporting;

namespace LabelerService.Benchmarks.Ingest;

/// <summary>One long ingestion: does memory stay flat, and does the rate hold, as the table grows?</summary>
internal static class IngestSoak
{
    private const int Parts = 10;

    public static async Task MeasureAsync(
        BenchRun run, ServiceUnderTest service, AnnotationRows rows, int classes, StreamShape shape, CancellationToken cancel)
    {
        run.Note($"preparing {rows.Items:N0} items");
        var dataset = await service.CreateDatasetAsync(1, classes, cancel);
        await service.PrepareAsync(dataset, rows, cancel);
        await service.SettleAsync(cancel);

        var table = new BenchTable($"{rows.Count:N0} annotations over {shape.Streams} streams", "stored", "rows/s since the last", "server MiB");
        var parts = new List<(double Rate, double Memory)>();
        var turn = new Lock();
        var (stored, since) = (0L, run.Time.GetTimestamp());
        var start = since;
        var times = await new AnnotationStreams(service.Service, run.Time).SendAsync(
            dataset, rows, shape,
            count =>
            {
                lock (turn)
                {
                    stored += count;
                    if (stored >= rows.Count * (parts.Count + 1) / Parts)
                    {
                        var seconds = run.Time.GetElapsedTime(since).TotalSeconds;
                        since = run.Time.GetTimestamp();
                        parts.Add((rows.Count / (double)Parts / seconds, service.Memory().Now));
                        table.Row(stored.ToString("N0", CultureInfo.InvariantCulture), Text(parts[^1].Rate), Text(parts[^1].Memory));
                        run.Note($"{stored:N0} stored, {parts[^1].Rate:N0} rows/s, server {parts[^1].Memory:0} MiB");
                    }
                }
            },
            cancel);

        run.Result.Figure("rows_per_second", rows.Count / times.Seconds);
        run.Result.Figure("rate_last_of_first", parts[^1].Rate / parts[0].Rate);
        run.Result.Figure("memory_first_mib", parts[0].Memory);
        run.Result.Figure("memory_last_mib", parts[^1].Memory);
        run.Result.Figure("peak_mib", service.Memory().Peak);
        run.Result.Figure("seconds", run.Time.GetElapsedTime(start).TotalSeconds);
        run.Result.Details["plans"] = await PlanReport.ReadAsync(service.Database, dataset, cancel);
        run.Result.Table(table);
    }

    private static string Text(double value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
