using LabelerService.Core.Acquisition;
using LabelerService.Core.Aggregation.Sampling;
using LabelerService.Core.Agreement;
using LabelerService.Core.Items;
using LabelerService.Core.Labelers;

namespace LabelerService.Server.Insight;

/// <summary>A result, and whether it was there when it was asked for.</summary>
internal readonly record struct Insight<T>(T Result, bool WasThere);

/// <summary>Key of what is known of labelers.</summary>
internal sealed record LabelersKey(ConsensusKey Consensus);

/// <summary>What is known of labelers.</summary>
internal sealed record LabelersResult(LabelerAnalysisResult Analysis, TimeSpan Duration)
{
    /// <summary>Memory that it takes, about.</summary>
    public long Bytes(int classes)
    {
        const int aLabeler = 512;
        const int aPair = 64;
        return (Analysis.Labelers.Count * (aLabeler + ((long)sizeof(double) * classes * (1 + (Analysis.Labelers is [{ ConfusionCounts: not null }, ..] ? classes : 0)))))
            + ((long)aPair * Analysis.LookAlikes.Count);
    }
}

/// <summary>Key of agreement.</summary>
internal sealed record AgreementKey(AgreementScale Scale);

/// <summary>How much labelers agree.</summary>
internal sealed record AgreementResult(AgreementReport Report, TimeSpan Duration)
{
    /// <summary>Memory that it takes, about.</summary>
    public long Bytes => 64L * (Report.Pairs.Count + Report.Labelers.Count);
}

/// <summary>Key of the pairs among some labelers.</summary>
/// <param name="Scale">Scale.</param>
/// <param name="Labelers">Their indexes as text.</param>
internal sealed record PairsKey(AgreementScale Scale, string Labelers);

/// <summary>Pairs of labelers who share items.</summary>
internal sealed record PairsResult(IReadOnlyList<LabelerPair> Pairs, TimeSpan Duration)
{
    /// <summary>Memory that it takes, about.</summary>
    public long Bytes => 64L * Pairs.Count;
}

/// <summary>Key of how often each labeler agrees with the others.</summary>
internal sealed record PairwiseKey;

/// <summary>Key of what is known of items.</summary>
internal sealed record ItemsKey(ConsensusKey Consensus);

/// <summary>What is known of items.</summary>
internal sealed record ItemsResult(ItemReport Report, TimeSpan Duration)
{
    /// <summary>Memory that it takes, about.</summary>
    public long Bytes => (sizeof(double) * (Report.Calibrated.Posteriors.LongLength + ConfusionCells)) + (24L * Report.Classes.Length);

    private long ConfusionCells => Report.Calibrated.Confusions is { IsFull: true } full
        ? (long)full.LabelerCount * full.ClassCount * full.ClassCount : 0;
}

/// <summary>By what items are listed.</summary>
internal enum ItemOrder
{
    /// <summary>By ascending key.</summary>
    Key,

    /// <summary>The least sure first.</summary>
    ProbabilityWrong,

    /// <summary>The hardest first.</summary>
    Difficulty,
}

/// <summary>Key of what to have annotated next.</summary>
/// <param name="Consensus">By what consensus.</param>
/// <param name="Request">The request, which says who may be asked about what.</param>
internal sealed record SuggestionsKey(ConsensusKey Consensus, Google.Protobuf.IMessage Request);

/// <summary>What to have annotated next.</summary>
internal sealed record SuggestionsResult(NextBatch Batch, TimeSpan Duration)
{
    /// <summary>Memory that it takes, about.</summary>
    public long Bytes => 512L * (1 + Batch.Annotations.Count);
}

/// <summary>Key of the order of a list of items.</summary>
/// <param name="Consensus">By what consensus.</param>
/// <param name="Order">The order.</param>
/// <param name="Unannotated">Whether items without annotations are in it.</param>
internal sealed record OrderKey(ConsensusKey Consensus, ItemOrder Order, bool Unannotated)
{
    /// <summary>The items: indexes. Equal ones stand by ascending key.</summary>
    public int[] Sort(InsightSnapshot snapshot, ItemReport report)
    {
        var items = new List<int>(Unannotated ? report.Classes.Length : snapshot.AnnotatedItems);
        for (var item = 0; item < report.Classes.Length; item++)
        {
            if (Unannotated || report.AnnotationCounts[item] > 0)
            {
                items.Add(item);
            }
        }

        return Sort([.. items], report);
    }

    /// <summary>These items in this order.</summary>
    public int[] Sort(int[] items, ItemReport report)
    {
        if (Order == ItemOrder.Key)
        {
            Array.Sort(items);
            return items;
        }

        var by = Order == ItemOrder.ProbabilityWrong ? report.ProbabilitiesWrong : report.Difficulties;
        Array.Sort(Array.ConvertAll(items, item => (-by[item], item)), items);
        return items;
    }
}

/// <summary>Key of suspected annotations.</summary>
/// <param name="Consensus">By what consensus.</param>
/// <param name="MinProbabilityWrong">From which probability on: <see cref="Usual"/>, or zero. Lists from others are parts of these.</param>
internal sealed record SuspectsKey(ConsensusKey Consensus, double MinProbabilityWrong)
{
    /// <summary>The probability from which annotations are suspected where nobody says otherwise.</summary>
    public const double Usual = 0.5;
}

/// <summary>Suspected annotations, the likeliest to be wrong first.</summary>
internal sealed record SuspectsResult(IReadOnlyList<SuspectedAnnotation> Annotations, TimeSpan Duration)
{
    /// <summary>Memory that it takes, about.</summary>
    public long Bytes => 512L * Annotations.Count;
}

/// <summary>Key of credible intervals.</summary>
internal sealed record IntervalsKey(ConsensusKey Consensus);

/// <summary>Credible intervals.</summary>
internal sealed record IntervalsResult(ConfusionPosterior Posterior, TimeSpan Duration)
{
    /// <summary>Memory that it takes, about.</summary>
    public long Bytes => Posterior.Bytes;
}

/// <summary>Everything that is known of the items of a state.</summary>
/// <param name="Snapshot">The state.</param>
/// <param name="Consensus">Their consensus.</param>
/// <param name="Items">How sure it is, and how hard they are.</param>
/// <param name="Intervals">Intervals, where they were asked for.</param>
/// <param name="WasThere">Whether all of it was there.</param>
internal sealed record ItemsView(
    InsightSnapshot Snapshot, ConsensusResult Consensus, ItemsResult Items, IntervalsResult? Intervals, bool WasThere)
{
    /// <summary>How long it took beside the consensus.</summary>
    public TimeSpan Took => Items.Duration + (Intervals?.Duration ?? TimeSpan.Zero);
}
