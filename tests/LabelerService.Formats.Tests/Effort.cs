using System.Globalization;
using LabelerService.TestKit.Suites;

namespace LabelerService.Formats.Tests;

/// <summary>
/// How many random inputs the tests try. <c>LABELER_FUZZ=N</c> multiplies all of them; the long form is ten times the short one.
/// </summary>
internal static class Effort
{
    private static readonly int Factor =
        int.TryParse(Environment.GetEnvironmentVariable("LABELER_FUZZ"), NumberStyles.None, CultureInfo.InvariantCulture, out var factor)
            ? Math.Max(1, factor)
            : LongForm.Of(1, 10);

    /// <summary>Random tables for each format and kind of row.</summary>
    public static int RoundTrips { get; } = 300 * Factor;

    /// <summary>Broken files for a parser that takes microseconds.</summary>
    public static int Fast { get; } = 20_000 * Factor;

    /// <summary>Broken files for Parquet.</summary>
    public static int Slow { get; } = 4_000 * Factor;
}
