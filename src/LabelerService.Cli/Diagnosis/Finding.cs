namespace LabelerService.Cli.Diagnosis;

/// <summary>How bad something is.</summary>
internal enum FindingLevel
{
    /// <summary>As it should be.</summary>
    Ok,

    /// <summary>Not there, and not needed for what this machine does.</summary>
    Note,

    /// <summary>Works, but may not for long, or not for everything.</summary>
    Warning,

    /// <summary>Does not work.</summary>
    Problem,
}

/// <summary>What was found of one thing that a user's machine or service needs.</summary>
/// <param name="Check">What was looked at, in a word or two.</param>
/// <param name="Level">How bad it is.</param>
/// <param name="Detail">What was found.</param>
/// <param name="Fix">What to do about it; null where nothing has to be done.</param>
internal sealed record Finding(string Check, FindingLevel Level, string Detail, string? Fix = null);
