namespace LabelerService.Core.Agreement;

/// <summary>What the difference of two classes means to Krippendorff's α.</summary>
public enum AgreementScale
{
    /// <summary>Classes are the same or not.</summary>
    Nominal,

    /// <summary>Classes are ordered; how far two are apart depends on how many annotations lie between them.</summary>
    Ordinal,

    /// <summary>Differences of class indexes are distances.</summary>
    Interval,
}
