using System.Globalization;

namespace LabelerService.Core.Labelers;

/// <summary>Sentences with the numbers.</summary>
internal static class FlagText
{
    /// <summary>A text with invariant numbers.</summary>
    public static string Of(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>A p-value: as a decimal, or below what matters.</summary>
    public static string P(double p) => p < 1e-6 ? "p < 0.000001" : p < 0.001 ? Of($"p = {p:0.0e+0}") : Of($"p = {p:0.000}");

    /// <summary>A share in percent.</summary>
    public static string Percent(double share) => Of($"{100 * share:0} %");
}
