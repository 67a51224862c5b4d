namespace LabelerService.Core.Drift;

/// <summary>How often a labeler named the class that the champion predicts, before and after a moment.</summary>
/// <param name="EarlierCount">Annotations before.</param>
/// <param name="EarlierAgreements">Of these, those that agree.</param>
/// <param name="RecentCount">Annotations since.</param>
/// <param name="RecentAgreements">Of these, those that agree.</param>
public readonly record struct LabelerAgreement(int EarlierCount, int EarlierAgreements, int RecentCount, int RecentAgreements)
{
    /// <summary>Whether the counts can be: none negative, agreements at most the annotations.</summary>
    public bool IsValid =>
        EarlierAgreements >= 0 && RecentAgreements >= 0 && EarlierAgreements <= EarlierCount && RecentAgreements <= RecentCount;
}

/// <summary>What the test says of one labeler.</summary>
/// <param name="PValue">Probability of agreeing so little though it changed only as the others did; null where it was not tested.</param>
/// <param name="Alarm">Whether that is an alarm after Holm's correction.</param>
public readonly record struct LabelerDriftResult(double? PValue, bool Alarm);
