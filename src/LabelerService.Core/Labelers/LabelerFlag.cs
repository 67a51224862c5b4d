namespace LabelerService.Core.Labelers;

/// <summary>What can be found of a labeler.</summary>
public enum LabelerFlagKind
{
    /// <summary>The answers do not depend on the class of the item.</summary>
    Spammer,

    /// <summary>One class nearly always, whatever the item.</summary>
    Constant,

    /// <summary>Worse than chance: systematically wrong.</summary>
    Adversary,

    /// <summary>Became better or worse at some time.</summary>
    Drifted,

    /// <summary>Answers much faster than is usual.</summary>
    Hasty,

    /// <summary>Shares answers with another labeler more than both their skills explain: copying, or one person under two names.</summary>
    LookAlike,
}

/// <summary>A finding that keeps to a rate of false alarms.</summary>
/// <param name="Kind">What was found.</param>
/// <param name="Evidence">By what, with the numbers: one sentence.</param>
/// <param name="Statistic">The test's statistic, greater = clearer.</param>
/// <param name="PValue">Probability of such a statistic or a greater one where there is nothing to find.</param>
/// <param name="FalseAlarmRate">Expected share of false ones among all flags of the family.</param>
public sealed record LabelerFlag(LabelerFlagKind Kind, string Evidence, double Statistic, double PValue, double FalseAlarmRate);

/// <summary>Two labelers who give the same answers more often than their skills explain.</summary>
/// <param name="A">The labeler with the lower index.</param>
/// <param name="B">The other.</param>
/// <param name="SharedItems">Items that both labelled.</param>
/// <param name="SharedAnswers">Items on which they agree.</param>
/// <param name="SharedErrors">Expected number of items on which both give the same wrong answer, by the consensus of the others.</param>
/// <param name="ExpectedSharedErrors">The same for two labelers with their confusions who do not know of each other.</param>
/// <param name="Statistic">Score of copying, in standard deviations.</param>
/// <param name="PValue">Probability of such a score or a greater one of two labelers who do not know of each other.</param>
public sealed record LookAlikePair(
    int A, int B, int SharedItems, int SharedAnswers, double SharedErrors, double ExpectedSharedErrors, double Statistic, double PValue);
