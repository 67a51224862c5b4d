namespace LabelerService.Cli.Files;

/// <summary>How the problems of one file are shown.</summary>
internal static class ProblemList
{
    /// <summary>Most problems shown at once: enough to see the pattern, few enough to read.</summary>
    public const int Maximum = 10;
}
