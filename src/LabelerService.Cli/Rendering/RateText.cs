using System.Globalization;

namespace LabelerService.Cli.Rendering;

/// <summary>Rates for people.</summary>
internal static class RateText
{
    /// <summary>For example <c>12,500 items/s</c>, <c>3.4 epochs/s</c>, and below one a second <c>12 epochs/min</c>.</summary>
    public static string Of(double perSecond, string unit = "") => perSecond switch
    {
        >= 100 => string.Create(CultureInfo.InvariantCulture, $"{perSecond:N0}{Space(unit)}/s"),
        >= 1 => string.Create(CultureInfo.InvariantCulture, $"{perSecond:0.#}{Space(unit)}/s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{perSecond * 60:0.#}{Space(unit)}/min"),
    };

    private static string Space(string unit) => unit.Length == 0 ? "" : $" {unit}";
}
