using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Rendering;

/// <summary>Splits in words.</summary>
internal static class SplitText
{
    /// <summary>For example <c>validation</c>.</summary>
    public static string Of(Split split) => split.ToString().ToLowerInvariant();
}
