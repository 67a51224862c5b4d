using LabelerService.Core.Acquisition;
using LabelerService.Core.Aggregation;
using LabelerService.Core.Aggregation.ModelVoting;
using LabelerService.Core.Aggregation.Sampling;
using LabelerService.Core.Agreement;
using LabelerService.Core.Items;
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

    /// <summary>Suspected annotations of a list at most.</summary>
    public const int MostSuspects = 100_000;

    /// <summary>The consensus of the labelers.</summary>
    public Task<Insight<ConsensusResult>> ConsensusAsync(
        InsightSnapshot snapshot, ConsensusKey key, IProgress<InsightProgress>? progress, CancellationToken cancel) =>
        snapshot.GetAsync(key, (fan, token) => AggregateAsync(snapshot, key, fan, token), result => result.Bytes, progress, cancel);

    /// <summary>What is known of the items.</summary>
    public Task<Insight<ItemsResult>> ItemsAsync(
        InsightSnapshot snapshot, ConsensusKey key, IProgress<InsightProgress>? progress, CancellationToken cancel) =>
        snapshot.GetAsync(
            new ItemsKey(key),
            async (fan, token) =>
            {
                var consensus = (await ConsensusAsync(snapshot, key, fan, token)).Result;
                var (report, took) = await RunAsync(
                    snapshot, InsightProgress.Items, key.Method,
                    threads => ItemAnalysis.Run(
                        Input(snapshot, consensus), consensus.Consensus, new ItemAnalysisOptions { Threads = threads },
                        InsightProgress.Of(InsightProgress.Items, fan), token),
                    fan, token);
                return new ItemsResult(report, took);
            },
            result => result.Bytes, progress, cancel);

    /// <summary>Credible intervals of labelers' accuracies and confusions, and of the consensus classes of items.</summary>
    public Task<Insight<IntervalsResult>> IntervalsAsync(
        InsightSnapshot snapshot, ConsensusKey key, IProgress<InsightProgress>? progress, CancellationToken cancel) =>
        snapshot.GetAsync(
            new IntervalsKey(key),
            async (fan, token) =>
            {
                var consensus = (await ConsensusAsync(snapshot, key, fan, token)).Result;

                // The sampler's model is that of these two methods: their solution is where it starts. Otherwise it looks for one itself.
                var start = key.Method is AggregatorCatalogue.Default or WithModel ? consensus.Consensus : null;
                var (posterior, took) = await RunAsync(
                    snapshot, InsightProgress.Intervals, key.Method,
                    threads => ConfusionSampler.Run(
                        Input(snapshot, consensus) with { Previous = start },
                        new ConfusionSamplerOptions { Level = Level, ItemClasses = consensus.Classes, Threads = threads },
                        InsightProgress.Of(InsightProgress.Intervals, fan), token),
                    fan, token);
                return new IntervalsResult(posterior, took);
            },
            result => result.Bytes, progress, cancel);

    /// <summary>Items in an order: indexes.</summary>
    public async Task<int[]> OrderAsync(InsightSnapshot snapshot, OrderKey key, CancellationToken cancel)
    {
        var items = (await ItemsAsync(snapshot, key.Consensus, null, cancel)).Result.Report;
        var order = await snapshot.GetAsync(
            key,
            (_, token) => workers.RunAsync(_ => key.Sort(snapshot, items), token), result => sizeof(int) * result.LongLength, null, cancel);
        return order.Result;
    }

    /// <summary>Annotations that are likely to be wrong, the likeliest first.</summary>
    /// <param name="snapshot">The state.</param>
    /// <param name="key">By what consensus, and from which probability on.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancel">Ends the waiting.</param>
    public Task<Insight<SuspectsResult>> SuspectsAsync(
        InsightSnapshot snapshot, SuspectsKey key, IProgress<InsightProgress>? progress, CancellationToken cancel) =>
        snapshot.GetAsync(
            key,
            async (fan, token) =>
            {
                var consensus = (await ConsensusAsync(snapshot, key.Consensus, fan, token)).Result;
                var items = (await ItemsAsync(snapshot, key.Consensus, fan, token)).Result;
                return await SuspectsAsync(snapshot, consensus, items, null, key.MinProbabilityWrong, MostSuspects, fan, token);
            },
            result => result.Bytes, progress, cancel);

    /// <summary>One labeler's annotations that are likely to be wrong: few, so worked out each time.</summary>
    public async Task<SuspectsResult> SuspectsOfAsync(
        InsightSnapshot snapshot, ConsensusKey key, int labeler, double minProbabilityWrong, int most, CancellationToken cancel)
    {
        var consensus = (await ConsensusAsync(snapshot, key, null, cancel)).Result;
        var items = (await ItemsAsync(snapshot, key, null, cancel)).Result;
        return await SuspectsAsync(snapshot, consensus, items, labeler, minProbabilityWrong, Math.Min(most, MostSuspects), null, cancel);
    }

    /// <summary>What to have annotated next, once for all who ask the same of a state.</summary>
    /// <param name="snapshot">The state.</param>
    /// <param name="key">By what consensus, and the request.</param>
    /// <param name="candidates">Looks which items there are to choose from; null for all.</param>
    /// <param name="labelers">Who may be asked; null for anybody.</param>
    /// <param name="options">How many, and by what they are chosen.</param>
    /// <param name="cancel">Cancels.</param>
    public async Task<(SuggestionsResult Suggestions, Insight<ConsensusResult> Consensus)> SuggestAsync(
        InsightSnapshot snapshot, SuggestionsKey key, Func<CancellationToken, Task<IReadOnlyList<int>?>> candidates,
        IReadOnlyList<AvailableLabeler>? labelers, NextOptions options, CancellationToken cancel)
    {
        var consensus = await ConsensusAsync(snapshot, key.Consensus, null, cancel);
        var suggestions = await snapshot.GetAsync(
            key,
            async (fan, token) => await RankAsync(snapshot, key.Consensus, await candidates(token), labelers, options, fan, token),
            result => result.Bytes, null, cancel);
        return (suggestions.Result, consensus);
    }

    /// <summary>What to have annotated next.</summary>
    /// <param name="snapshot">The state.</param>
    /// <param name="key">By what consensus.</param>
    /// <param name="candidates">Which items; null for all.</param>
    /// <param name="labelers">Who may be asked; null for anybody.</param>
    /// <param name="options">How many, and by what they are chosen.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancel">Cancels.</param>
    public async Task<SuggestionsResult> RankAsync(
        InsightSnapshot snapshot, ConsensusKey key, IReadOnlyList<int>? candidates, IReadOnlyList<AvailableLabeler>? labelers, NextOptions options,
        IProgress<InsightProgress>? progress, CancellationToken cancel)
    {
        var consensus = (await ConsensusAsync(snapshot, key, progress, cancel)).Result;
        var items = (await ItemsAsync(snapshot, key, progress, cancel)).Result;
        var input = new NextInput(Input(snapshot, consensus), consensus.Consensus)
        {
            Calibrated = items.Report.Calibrated,
            Candidates = candidates,
            Labelers = labelers,
        };
        var (batch, took) = await RunAsync(
            snapshot, InsightProgress.Suggestions, key.Method, threads => NextAnnotations.Rank(input, options with { Threads = threads }, null, cancel), progress, cancel);
        return new SuggestionsResult(batch, took);
    }

    /// <summary>How often each labeler agrees with the others [R].</summary>
    public Task<Insight<IReadOnlyList<AgreementWithOthers>>> PairwiseAsync(
        InsightSnapshot snapshot, IProgress<InsightProgress>? progress, CancellationToken cancel) =>
        snapshot.GetAsync(
            new PairwiseKey(),
            async (fan, token) =>
            {
                var (report, _) = await RunAsync(
                    snapshot, InsightProgress.Labelers, "",
                    threads => AgreementAnalysis.Run(
                        snapshot.Data.Table, new AgreementOptions { BootstrapReplicates = 0, MaxPairs = 0, Threads = threads }, null, token),
                    fan, token);
                return report.Labelers;
            },
            result => 32L * result.Count, progress, cancel);

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
                    JudgeByGold = key.UseGold,
                    ClassNames = snapshot.Dataset.Schema.Classes,
                    LabelerNames = snapshot.Data.LabelerIds,
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

    /// <summary>The pairs among some labelers; of a single one, its pairs with all others.</summary>
    public Task<Insight<PairsResult>> PairsAsync(InsightSnapshot snapshot, AgreementScale scale, int[] labelers, CancellationToken cancel) =>
        snapshot.GetAsync(
            new PairsKey(scale, string.Join(',', labelers)),
            async (fan, token) =>
            {
                var (pairs, took) = await RunAsync(
                    snapshot, InsightProgress.Agreement, "",
                    _ => labelers is [var one]
                        ? LabelerPairs.Of(snapshot.Data.Table, one, scale, token)
                        : LabelerPairs.Among(snapshot.Data.Table, labelers, scale, token),
                    fan, token);
                return new PairsResult(pairs, took);
            },
            result => result.Bytes, null, cancel);

    /// <summary>Everything that is known of labelers.</summary>
    public async Task<LabelersView> ViewLabelersAsync(
        InsightSnapshot snapshot, ConsensusKey key, bool intervals, IProgress<InsightProgress>? progress, CancellationToken cancel)
    {
        var consensus = await ConsensusAsync(snapshot, key, progress, cancel);
        var labelers = await LabelersAsync(snapshot, key, progress, cancel);
        var pairwise = await PairwiseAsync(snapshot, progress, cancel);
        Insight<IntervalsResult>? sampled = intervals ? await IntervalsAsync(snapshot, key, progress, cancel) : null;
        return new LabelersView(
            snapshot, consensus.Result, labelers.Result, pairwise.Result, sampled?.Result,
            consensus.WasThere && labelers.WasThere && pairwise.WasThere && sampled is null or { WasThere: true });
    }

    /// <summary>Everything that is known of items.</summary>
    public async Task<ItemsView> ViewItemsAsync(
        InsightSnapshot snapshot, ConsensusKey key, bool intervals, IProgress<InsightProgress>? progress, CancellationToken cancel)
    {
        var consensus = await ConsensusAsync(snapshot, key, progress, cancel);
        var items = await ItemsAsync(snapshot, key, progress, cancel);
        Insight<IntervalsResult>? sampled = intervals ? await IntervalsAsync(snapshot, key, progress, cancel) : null;
        return new ItemsView(
            snapshot, consensus.Result, items.Result, sampled?.Result, consensus.WasThere && items.WasThere && sampled is null or { WasThere: true });
    }

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
            table = key.Method == WithModel ? await SharpenAsync(table, Input(snapshot, key, table), cancel) : table;
        }

        var aggregator = AggregatorCatalogue.Find(key.Method)
            ?? throw new InvalidOperationException($"There is no aggregator '{key.Method}': the request was not checked.");
        var previous = aggregator.StartsFromPrevious ? snapshot.Seed(key) : null;
        var input = Input(snapshot, key, table) with { Previous = previous };
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
            Incremental = previous is not null,
        };
    }

    // CROWDLAB weighs the model in a way of its own.
    private async Task<ModelVoteTable> SharpenAsync(ModelVoteTable table, AggregationInput input, CancellationToken cancel)
    {
        var sharpened = await workers.RunAsync(
            threads => ModelSharpening.Apply(input, new AggregationControl { Threads = threads, Cancel = cancel }), cancel);
        return sharpened.Power == 1 ? table : table with { Probabilities = sharpened.Probabilities.ToArray(), Sharpening = sharpened.Warning };
    }

    private async Task<SuspectsResult> SuspectsAsync(
        InsightSnapshot snapshot, ConsensusResult consensus, ItemsResult items, int? labeler, double minProbabilityWrong, int most,
        IProgress<InsightProgress>? progress, CancellationToken cancel)
    {
        var (suspects, took) = await RunAsync(
            snapshot, InsightProgress.Suspects, consensus.Key.Method,
            threads => SuspectRanking.Top(
                Input(snapshot, consensus), consensus.Consensus, most,
                new SuspectOptions
                {
                    Labeler = labeler,
                    MinProbabilityWrong = minProbabilityWrong,
                    Calibrated = items.Report.Calibrated,
                    ClassNames = snapshot.Dataset.Schema.Classes,
                    Threads = threads,
                },
                InsightProgress.Of(InsightProgress.Suspects, progress), cancel),
            progress, cancel);
        return new SuspectsResult(suspects, took);
    }

    private static AggregationInput Input(InsightSnapshot snapshot, ConsensusResult consensus) => Input(snapshot, consensus.Key, consensus.Votes);

    private static AggregationInput Input(InsightSnapshot snapshot, ConsensusKey key, ModelVoteTable? votes) => new(snapshot.Data.Table)
    {
        Gold = Gold(snapshot, key.UseGold),
        ModelProbabilities = votes?.Probabilities ?? default(ReadOnlyMemory<float>),
    };

    /// <summary>Runs on the threads of insight.</summary>
    private async Task<(T Result, TimeSpan Took)> RunAsync<T>(
        InsightSnapshot snapshot, string phase, string method, Func<int, T> work, IProgress<InsightProgress>? progress, CancellationToken cancel)
    {
        progress?.Report(new InsightProgress(phase, 0));
        var started = time.GetTimestamp();
        var result = await workers.RunAsync(
            threads =>
            {
                started = time.GetTimestamp();
                return work(threads);
            },
            cancel);
        var took = time.GetElapsedTime(started);
        progress?.Report(new InsightProgress(phase, 1));
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
    private const string WithModel = "model";

    [LoggerMessage(EventId = 345, Level = LogLevel.Information, Message = "Insight {Phase} {Method} of {Dataset}, {Annotations} annotations, in {Milliseconds:F0} ms.")]
    private partial void LogDone(string phase, string method, string dataset, int annotations, double milliseconds);

    /// <summary>Iterations as a share: how many of those allowed are done.</summary>
    private sealed class Iterations(IProgress<InsightProgress> progress) : IProgress<AggregationProgress>
    {
        public void Report(AggregationProgress value) => progress.Report(
            new InsightProgress(InsightProgress.Consensus, value.MaxIterations > 0 ? Math.Min(1, (double)value.Iteration / value.MaxIterations) : 0));
    }
}
