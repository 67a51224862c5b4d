namespace LabelerService.Core.Datasets;

/// <summary>The part of a dataset that an item belongs to. The values are stored; never renumber.</summary>
public enum Split
{
    /// <summary>Items that models are fitted on.</summary>
    Train = 1,

    /// <summary>Items that choose when to stop and which settings win.</summary>
    Validation = 2,

    /// <summary>Items that only the final evaluation sees.</summary>
    Test = 3,
}
