using System.Diagnostics;
using System.Globalization;
using Grpc.Core;
using LabelerService.Benchmarks.CommandLine;
using LabelerService.Benchmarks.Ingest;
using LabelerService.Benchmarks.Reporting;
using LabelerService.Contracts.V1;

namespace LabelerService.Benchmarks.Predict;

/// <summary>
/// Minutes at 80 % of the server's capacity while another version is promoted every ten seconds. Versions give different answers, so each
/// answer shows which version it came from: one that is not its named version's, or that is older than a promotion acknowledged before the
/// call, is wrong.
/// </summary>
internal static class PredictSoak
{
    private const int Versions = 3;
    private const double Load = 0.8;
    private const double Tolerance = 1e-4;
    private static readonly TimeSpan PromotionInterval = TimeSpan.FromSeconds(10);

    public static async Task MeasureAsync(
        BenchRun run, ServiceUnderTest service, PredictModels models, PredictLoad load, TimeSpan duration, CancellationToken cancel)
    {
        var id = await service.CreateDatasetAsync(PredictModels.FeatureLength, PredictModels.ClassCount, cancel);
        var features = PredictLoad.Features(1, seed: 2);
        var request = PredictLoad.Request($"datasets/{id}", features, distilled: false);
        var expected = new Dictionary<string, float[]>(StringComparer.Ordinal);
        for (var seed = 1; seed <= Versions; seed++)
        {
            run.Note($"training version {seed}");
            var model = models.Train(58, seed, distil: false, cancel);
            using var raw = new RawForward(model.Onnx);
            expected[await models.PublishAsync(id, model, cancel)] = raw.Run(features, 1, distilled: false);
        }

        string[] names = [.. expected.Keys];
        var full = await load.ClosedAsync(16, request, true, TimeSpan.FromSeconds(3), cancel);
        var rate = full.Milliseconds.Count / full.Seconds * Load;
        run.Note(string.Create(CultureInfo.InvariantCulture, $"{rate:N0} calls/s for {duration.TotalMinutes:0.#} minutes"));

        var state = new State(names[0]);
        var memory = new List<(double Minutes, double Mebibytes)>();
        var pending = new HashSet<Task>();
        var (clock, sent, promotions) = (Stopwatch.StartNew(), 0L, 0);
        var (nextPromotion, nextSample) = (PromotionInterval, TimeSpan.Zero);
        Task promoting = Task.CompletedTask;
        while (clock.Elapsed < duration)
        {
            for (var due = (long)(clock.Elapsed.TotalSeconds * rate); sent < due; sent++)
            {
                pending.Add(CallAsync((int)(sent % 1_000_000)));
            }

            if (clock.Elapsed >= nextPromotion && promoting.IsCompleted)
            {
                await promoting;
                nextPromotion += PromotionInterval;
                promoting = PromoteAsync(names[++promotions % Versions]);
            }

            if (clock.Elapsed >= nextSample)
            {
                memory.Add((clock.Elapsed.TotalMinutes, service.Memory().Now));
                nextSample += TimeSpan.FromSeconds(1);
            }

            pending.RemoveWhere(static call => call.IsCompleted);
            await Task.Delay(1, cancel);
        }

        await promoting;
        await Task.WhenAll(pending);
        run.Result.Figure("calls", sent);
        run.Result.Figure("calls_per_second", sent / clock.Elapsed.TotalSeconds);
        run.Result.Figure("promotions", promotions);
        run.Result.Figure("failed", state.Failed);
        run.Result.Figure("wrong", state.Wrong);
        run.Result.Figure("stale", state.Stale);
        var times = new LoadTimes(state.Milliseconds, 0, 0, 0);
        run.Result.Figure("p50_ms", times.Percentile(0.5));
        run.Result.Figure("p99_ms", times.Percentile(0.99));
        run.Result.Figure("memory_first_mib", memory[memory.Count / 5].Mebibytes);
        run.Result.Figure("memory_last_mib", memory[^1].Mebibytes);
        run.Result.Figure("memory_slope_mib_per_minute", Slope(memory.Skip(memory.Count / 5).ToList()));
        run.Result.Details["problems"] = state.Problems;
        var table = new BenchTable($"{duration.TotalMinutes:0.#} minutes at 80 % load, {promotions} promotions", "calls", "failed", "wrong", "stale", "p50 ms", "p99 ms", "MiB a minute");
        table.Row(
            Text(sent), Text(state.Failed), Text(state.Wrong), Text(state.Stale), Text(times.Percentile(0.5), "0.00"), Text(times.Percentile(0.99), "0.00"),
            Text(Slope(memory.Skip(memory.Count / 5).ToList()), "0.00"));
        run.Result.Table(table);
        if (state.Failed + state.Wrong + state.Stale > 0)
        {
            run.Result.Failures.Add(new BenchFailure("soak", $"{state.Failed} calls failed, {state.Wrong} answers were wrong, {state.Stale} were stale"));
        }

        async Task PromoteAsync(string version)
        {
            state.Begin(version);
            await service.Service.Models.SetModelAliasAsync(
                new SetModelAliasRequest { Name = $"datasets/{id}/models/wdn", Alias = new ModelAlias { Alias = "champion", Version = version } },
                cancellationToken: cancel);
            state.End(version);
        }

        async Task CallAsync(int number)
        {
            var (started, allowed) = (Stopwatch.GetTimestamp(), state.Allowed);
            try
            {
                var answer = PredictResponse.Parser.ParseFrom(await load.CallAsync(number, request, true, cancel));
                var right = expected.TryGetValue(answer.ModelVersion, out var probabilities)
                    && answer.Prediction.Probabilities.Zip(probabilities).All(pair => Math.Abs(pair.First - pair.Second) < Tolerance);
                state.Answered(answer.ModelVersion, right, allowed, started);
            }
            catch (RpcException error)
            {
                state.Failure($"{error.StatusCode}: {error.Status.Detail}");
            }
        }
    }

    // Least squares.
    private static double Slope(List<(double Minutes, double Mebibytes)> points)
    {
        var (x, y) = (points.Average(point => point.Minutes), points.Average(point => point.Mebibytes));
        var spread = points.Sum(point => (point.Minutes - x) * (point.Minutes - x));
        return spread == 0 ? 0 : points.Sum(point => (point.Minutes - x) * (point.Mebibytes - y)) / spread;
    }

    private static string Text(double value, string format = "N0") => value.ToString(format, CultureInfo.InvariantCulture);

    /// <summary>What is promoted, and what came of the calls.</summary>
    private sealed class State(string champion)
    {
        private const int MostProblems = 20;
        private readonly Lock _gate = new();
        private string _current = champion;
        private string? _next;

        public int Failed { get; private set; }

        public int Wrong { get; private set; }

        public int Stale { get; private set; }

        public List<double> Milliseconds { get; } = [];

        public List<string> Problems { get; } = [];

        /// <summary>The champion as it was last acknowledged: a call that begins now may not be answered by an older one.</summary>
        public string Allowed
        {
            get
            {
                lock (_gate)
                {
                    return _current;
                }
            }
        }

        public void Begin(string version)
        {
            lock (_gate)
            {
                _next = version;
            }
        }

        public void End(string version)
        {
            lock (_gate)
            {
                (_current, _next) = (version, null);
            }
        }

        public void Answered(string version, bool right, string allowed, long started)
        {
            lock (_gate)
            {
                Milliseconds.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
                if (!right)
                {
                    Wrong++;
                    Note($"an answer named {version} and was not its");
                }
                else if (version != allowed && version != _current && version != _next)
                {
                    Stale++;
                    Note($"{version} answered after {allowed} was promoted");
                }
            }
        }

        public void Failure(string problem)
        {
            lock (_gate)
            {
                Failed++;
                Note(problem);
            }
        }

        private void Note(string problem)
        {
            if (Problems.Count < MostProblems)
            {
                Problems.Add(problem);
            }
        }
    }
}
