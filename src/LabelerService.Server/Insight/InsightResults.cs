using LabelerService.Core.Agreement;
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
