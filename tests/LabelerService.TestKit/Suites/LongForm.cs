using System.Globalization;

namespace LabelerService.TestKit.Suites;

/// <summary>
/// Suites that a person asks for by name (<c>./labeler test security</c>) take minutes; the same tests are short in CI. The launcher says which
/// form it is.
/// </summary>
public static class LongForm
{
    /// <summary>True in the long form.</summary>
    public static bool IsOn { get; } = Environment.GetEnvironmentVariable("LABELER_LONG") == "1";

    /// <summary>The seed of whatever is drawn: LABELER_SEED, or the same one every time.</summary>
    public static int Seed { get; } =
        int.TryParse(Environment.GetEnvironmentVariable("LABELER_SEED"), NumberStyles.None, CultureInfo.InvariantCulture, out var seed) ? seed : 1;

    /// <summary>The amount of work: <paramref name="normal"/> in CI, <paramref name="inFull"/> in the long form.</summary>
    public static int Of(int normal, int inFull) => IsOn ? inFull : normal;
}
