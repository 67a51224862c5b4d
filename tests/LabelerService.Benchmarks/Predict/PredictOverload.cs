using System.Diagnostics;
using System.Globalization;
using Grpc.Core;
using LabelerService.Benchmarks.CommandLine;
using LabelerService.Benchmarks.Ingest;
using LabelerService.Benchmarks.Reporting;

namespace LabelerService.Benchmarks.Predict;

/// <summary>
/// Four times the load that the server can carry, offered at a steady rate whatever it answers. The model has many heads, so that a call
/// costs far more to answer than to send: the client has to offer the load on the same cores.
/// </summary>
internal static class PredictOverload
{
    private const int Labelers = 7_999;
    private const int Batch = 8;
    private const int Times = 4;

    public static async Task MeasureAsync(
        BenchRun run, ServiceUnderTest service, PredictModels models, PredictLoad load, TimeSpan duration, CancellationToken cancel)
    {
        run.Note("training the model");
        var id = await service.CreateDatasetAsync(PredictModels.FeatureLength, PredictModels.ClassCount, cancel);
        await models.PublishAsync(id, models.Train(Labelers, seed: 1, distil: false, cancel), cancel);
        var request = PredictLoad.Request($"datasets/{id}", PredictLoad.Features(Batch, seed: 2), distilled: false);

        var unloaded = await load.ClosedAsync(1, request, false, duration, cancel);
        var full = await load.ClosedAsync(Environment.ProcessorCount * 2, request, false, duration, cancel);
        var capacity = full.Milliseconds.Count / full.Seconds;
        run.Note(string.Create(
            CultureInfo.InvariantCulture, $"unloaded p50 {unloaded.Percentile(0.5):0.0} ms, p99 {unloaded.Percentile(0.99):0.0} ms; capacity {capacity:N0} calls/s"));
        var outcome = await OfferAsync(load, request, capacity * Times, duration * 2, cancel);
        var goodput = outcome.Admitted.Count / outcome.Seconds;
        var ratio = outcome.Times.Percentile(0.99) / unloaded.Percentile(0.99);
        run.Result.Details["units"] = "a call has 8 items of a model with 8,000 heads; goodput_ratio = answered calls/s under overload / calls/s of twice as many clients as cores";
        run.Result.Figure("unloaded_p99_ms", unloaded.Percentile(0.99));
        run.Result.Figure("capacity_per_second", capacity);
        run.Result.Figure("offered_ratio", outcome.Offered / outcome.Seconds / capacity);
        run.Result.Figure("admitted_p50_ms", outcome.Times.Percentile(0.5));
        run.Result.Figure("admitted_p99_ms", outcome.Times.Percentile(0.99));
        run.Result.Figure("overload_p99_ratio", ratio);
        run.Result.Figure("refused_share", outcome.Refused / (double)outcome.Offered);
        run.Result.Figure("refused_p99_ms", outcome.RefusedTimes.Percentile(0.99));
        run.Result.Figure("goodput_ratio", goodput / capacity);
        run.Result.Figure("failed", outcome.Failed);
        var table = new BenchTable("Four times the load", "", "p50 ms", "p99 ms", "calls/s");
        table.Row("one client", Text(unloaded.Percentile(0.5)), Text(unloaded.Percentile(0.99)), Text(unloaded.Milliseconds.Count / unloaded.Seconds));
        table.Row("capacity", Text(full.Percentile(0.5)), Text(full.Percentile(0.99)), Text(capacity));
        table.Row("offered", "", "", Text(outcome.Offered / outcome.Seconds));
        table.Row("admitted", Text(outcome.Times.Percentile(0.5)), Text(outcome.Times.Percentile(0.99)), Text(goodput));
        table.Row("refused", Text(outcome.RefusedTimes.Percentile(0.5)), Text(outcome.RefusedTimes.Percentile(0.99)), Text(outcome.Refused / outcome.Seconds));
        run.Result.Table(table);
    }

    private static async Task<Outcome> OfferAsync(PredictLoad load, byte[] request, double perSecond, TimeSpan duration, CancellationToken cancel)
    {
        var outcome = new Outcome();
        var calls = new List<Task>();
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < duration)
        {
            // As many as are due by now: a timer is coarser than the distance between two calls.
            var due = (int)(clock.Elapsed.TotalSeconds * perSecond);
            for (; outcome.Offered < due; outcome.Offered++)
            {
                calls.Add(CallAsync(outcome.Offered));
            }

            await Task.Delay(1, cancel);
        }

        await Task.WhenAll(calls);
        outcome.Seconds = clock.Elapsed.TotalSeconds;
        return outcome;

        async Task CallAsync(int number)
        {
            var started = Stopwatch.GetTimestamp();
            try
            {
                await load.CallAsync(number, request, false, cancel);
                outcome.Add(outcome.Admitted, started);
            }
            catch (RpcException error) when (error.StatusCode == StatusCode.ResourceExhausted)
            {
                outcome.Add(outcome.RefusedLatencies, started);
            }
            catch (RpcException)
            {
                Interlocked.Increment(ref outcome.Failed);
            }
        }
    }

    private static string Text(double value) => value.ToString("0.0", CultureInfo.InvariantCulture);

    private sealed class Outcome
    {
        public int Failed;
        private readonly Lock _gate = new();

        public int Offered { get; set; }

        public double Seconds { get; set; }

        public List<double> Admitted { get; } = [];

        public List<double> RefusedLatencies { get; } = [];

        public int Refused => RefusedLatencies.Count;

        public LoadTimes Times => new(Admitted, Seconds, 0, 0);

        public LoadTimes RefusedTimes => new(RefusedLatencies, Seconds, 0, 0);

        public void Add(List<double> to, long started)
        {
            var milliseconds = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            lock (_gate)
            {
                to.Add(milliseconds);
            }
        }
    }
}
