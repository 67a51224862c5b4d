using System.Globalization;

namespace LabelerService.Cli.Diagnosis;

/// <summary>
/// How long the command line waits for what only helps: names for the Tab key, hints, a look at an endpoint. Short, as somebody waits; on
/// machines so busy that seconds are nothing, LABELER_PATIENCE makes it a multiple.
/// </summary>
internal static class Patience
{
    private const double Most = 100;

    private static readonly double Factor =
        double.TryParse(Environment.GetEnvironmentVariable("LABELER_PATIENCE"), CultureInfo.InvariantCulture, out var factor) && factor is >= 1 and <= Most
            ? factor : 1;

    /// <summary>So many seconds, or the multiple of them.</summary>
    public static TimeSpan OfSeconds(double seconds) => TimeSpan.FromSeconds(seconds * Factor);
}
