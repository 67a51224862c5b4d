using LabelerService.Core.Aggregation;
using LabelerService.Core.Agreement;
using LabelerService.Core.Labelers;
using LabelerService.Core.Uncertainty;

namespace LabelerService.Server.Insight;

/// <summary>
/// Works insights out of a state of a dataset, each once for all who ask for it, and each from what it rests on: labelers are judged by a
/// consensus, which may rest on a model's votes and on the consensus of the state before.
/// </summary>
internal sealed partial class InsightEngine(ModelVotes votes, InsightWorkers workers, TimeProvider time, ILogger<InsightEngine> logger)
{
    /// <summary>Level of all intervals.</summary>
    public const double Level = 0.95;

    /// <summary>The consensus of the labelers.</summary>
    public Task<Insight<ConsensusResult>> ConsensusAsync(
        InsightSnapshot snapshot, ConsensusKey key, IProgress<InsightProgress>? progress, CancellationToken cancel) =>
        snapshot.GetAsync(key, (fan, token) => AggregateAsync(snapshot, key, fan, token), result => result.Bytes, progress, cancel);

    /// <summary>What is known of the labelers.</summary>
    public Task<Insight<LabelersResult>> LabelersAsync(
        InsightSnapshot snapshot, ConsensusKey key, IProgress<InsightProgress>? progress, CancellationToken cancel) =>
        snapshot.GetAsync(
            new LabelersKey(key),
            async (fan, token) =>
            {
                var consensus = (await ConsensusAsync(snapshot, key, fan, token)).Result;
                var input = new LabelerAnalysisInput(snapshot.Data.Table, consensus.Consensus)
                {
                    Gold = Gold(snapshot, always: true),
                    Times = snapshot.Data.Times,
                    DurationsMs = snapshot.Data.DurationsMs,
                    ModelProbabilities = consensus.Votes?.Probabilities ?? default(ReadOnlyMemory<float>),
                };
                var (result, took) = await RunAsync(
                    snapshot, InsightProgress.Labelers, key.Method,
                    threads => LabelerAnalysis.Run(
                        input, new LabelerAnalysisOptions { Level = Level, Threads = threads }, InsightProgress.Of(InsightProgress.Labelers, fan), token),
                    fan, token);
                return new LabelersResult(result, took);
            },
            result => result.Bytes(snapshot.Data.Table.ClassCount), progress, cancel);

    /// <summary>How much the labelers agree; the pairs that share most items, ten thousand at most.</summary>
    public Task<Insight<AgreementResult>> AgreementAsync(
        InsightSnapshot snapshot, AgreementScale scale, IProgress<InsightProgress>? progress, CancellationToken cancel) =>
        snapshot.GetAsync(
            new AgreementKey(scale),
            async (fan, token) =>
            {
                var (report, took) = await RunAsync(
                    snapshot, InsightProgress.Agreement, "",
                    threads => AgreementAnalysis.Run(
                        snapshot.Data.Table, new AgreementOptions { Scale = scale, Level = Level, Threads = threads },
                        InsightProgress.Of(InsightProgress.Agreement, fan), token),
                    fan, token);
                return new AgreementResult(report, took);
            },
            result => result.Bytes, progress, cancel);

    private async Task<ConsensusResult> AggregateAsync(
        InsightSnapshot snapshot, ConsensusKey key, IProgress<InsightProgress> progress, CancellationToken cancel)
    {
        var started = time.GetTimestamp();
        var data = snapshot.Data;
        ModelVoteTable? table = null;
        if (key.ModelVersion > 0)
        {
            progress.Report(new InsightProgress(InsightProgress.Model, 0));
            table = await votes.GetAsync(
                snapshot.Dataset, key.ModelId, key.ModelVersion, null, data.ItemKeys, InsightProgress.Of(InsightProgress.Model, progress), cancel);
        }

        var previous = snapshot.Seed(key);
        var input = new AggregationInput(data.Table)
        {
            Gold = Gold(snapshot, key.UseGold),
            ModelProbabilities = table?.Probabilities ?? default(ReadOnlyMemory<float>),
            Previous = previous,
        };
        var aggregator = AggregatorCatalogue.Find(key.Method)
            ?? throw new InvalidOperationException($"There is no aggregator '{key.Method}': the request was not checked.");
        var (consensus, _) = await RunAsync(
            snapshot, InsightProgress.Consensus, key.Method,
            threads => aggregator.Create().Aggregate(
                input, new AggregationControl { Threads = threads, Cancel = cancel, Progress = new Iterations(progress) }),
            progress, cancel);
        snapshot.DropSeed(key);
        var classes = consensus.Classes();
        List<AggregationWarning> warnings = [.. snapshot.Diagnosis, .. table?.Warnings ?? [], .. consensus.Warnings];
        if (!consensus.Converged && warnings.TrueForAll(warning => warning.Code != NotConverged))
        {
            warnings.Add(new AggregationWarning(
                NotConverged, $"{aggregator.Title} had not settled after {consensus.Iterations} iterations; what is least sure may still change."));
        }

        return new ConsensusResult
        {
            Key = key,
            Consensus = consensus,
            Classes = classes,
            Votes = table,
            Warnings = warnings,
            GoldAccuracy = key.UseGold ? null : GoldAccuracy(snapshot, classes),
            Duration = time.GetElapsedTime(started),
            Incremental = previous is not null && consensus.Confusions is not null,
        };
    }

    /// <summary>Runs on the threads of insight.</summary>
    private async Task<(T Result, TimeSpan Took)> RunAsync<T>(
        InsightSnapshot snapshot, string phase, string method, Func<int, T> work, IProgress<InsightProgress> progress, CancellationToken cancel)
    {
        progress.Report(new InsightProgress(phase, 0));
        var started = time.GetTimestamp();
        var result = await workers.RunAsync(
            threads =>
            {
                started = time.GetTimestamp();
                return work(threads);
            },
            cancel);
        var took = time.GetElapsedTime(started);
        progress.Report(new InsightProgress(phase, 1));
        LogDone(phase, method, snapshot.Dataset.Id, snapshot.Data.Table.Count, took.TotalMilliseconds);
        return (result, took);
    }

    private static ReadOnlyMemory<int> Gold(InsightSnapshot snapshot, bool always) =>
        always && snapshot.Data.GoldCount > 0 ? snapshot.Data.Gold : default(ReadOnlyMemory<int>);

    /// <summary>How often the consensus of annotated items is their gold class; null without such.</summary>
    private static MeasuredShare? GoldAccuracy(InsightSnapshot snapshot, int[] classes)
    {
        var (right, count) = (0, 0);
        var data = snapshot.Data;
        for (var item = 0; item < classes.Length; item++)
        {
            var (start, end) = data.Table.RangeOfItem(item);
            if (data.Gold[item] >= 0 && end > start)
            {
                count++;
                right += classes[item] == data.Gold[item] ? 1 : 0;
            }
        }

        return count == 0 ? null : new MeasuredShare(right, count, CredibleInterval.OfProportion(right, count, 1, 1, Level));
    }

    private const string NotConverged = "NOT_CONVERGED";

    [LoggerMessage(EventId = 345, Level = LogLevel.Information, Message = "Insight {Phase} {Method} of {Dataset}, {Annotations} annotations, in {Milliseconds:F0} ms.")]
    private partial void LogDone(string phase, string method, string dataset, int annotations, double milliseconds);

    /// <summary>Iterations as a share: how many of those allowed are done.</summary>
    private sealed class Iterations(IProgress<InsightProgress> progress) : IProgress<AggregationProgress>
    {
        public void Report(AggregationProgress value) => progress.Report(
            new InsightProgress(InsightProgress.Consensus, value.MaxIterations > 0 ? Math.Min(1, (double)value.Iteration / value.MaxIterations) : 0));
    }
}
