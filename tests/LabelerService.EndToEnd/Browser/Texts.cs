using System.Globalization;
using LabelerService.Contracts.V1;
using Microsoft.Playwright;

namespace LabelerService.EndToEnd.Browser;

/// <summary>How pages write numbers, and where they are on them.</summary>
internal static class Texts
{
    /// <summary>A share, 0 to 1: not certain where it is not.</summary>
    public static string Percent(double value, int digits = 1)
    {
        var (text, least) = (Number(100 * value, digits), Math.Pow(10, -digits));
        return value < 1 && text == Number(100, digits) ? $"> {Number(100 - least, digits)} %"
            : value > 0 && text == Number(0, digits) ? $"< {Number(least, digits)} %"
            : text + " %";
    }

    /// <summary>A number.</summary>
    public static string Number(double value, int digits) => value.ToString("F" + digits.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    /// <summary>A number of things.</summary>
    public static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A share with its interval, where it has one.</summary>
    public static string Measured(Estimate? estimate) => estimate is not { HasValue: true } ? "–"
        : Percent(estimate.Value) + (estimate.HasLow ? $"{Number(100 * estimate.Low, 1)}–{Number(100 * estimate.High, 1)}" : "");

    /// <summary>Rows of the table with a caption.</summary>
    public static ILocator Rows(this DashboardPage page, string caption) =>
        page.Main.GetByRole(AriaRole.Region, new() { Name = caption, Exact = true }).Locator("tbody tr");

    /// <summary>The figure of a tile.</summary>
    public static ILocator Tile(this DashboardPage page, string name) =>
        page.Main.Locator(".tile").Filter(new() { Has = page.Tab.GetByText(name, new() { Exact = true }) }).Locator("dd");
}
