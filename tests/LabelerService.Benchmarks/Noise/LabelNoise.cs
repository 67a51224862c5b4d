namespace LabelerService.Benchmarks.Noise;

/// <summary>
/// Uniform corruption of labels, each replaced once by another class with probability p, and what a label is then still worth (Who Said
/// What, section on beating the teachers).
/// </summary>
internal static class LabelNoise
{
    /// <summary>
    /// Bits that a corrupted label carries about the true class, classes being equally frequent:
    /// I(p) = log₂K + (1 − p) log₂(1 − p) + p log₂(p / (K − 1)).
    /// </summary>
    public static double Bits(double corruption, int classes) =>
        Math.Log2(classes) + Term(1 - corruption, 1) + Term(corruption, classes - 1);

    /// <summary>How many corrupted labels carry as much as one clean label; infinite where they carry nothing.</summary>
    public static double LabelsPerCleanOne(double corruption, int classes) => Bits(0, classes) / Math.Max(Bits(corruption, classes), 0);

    /// <summary>Replaces each label with probability p by one of the others, all equally likely.</summary>
    public static int[] Corrupt(IReadOnlyList<int> labels, double corruption, int classes, Random random)
    {
        var result = new int[labels.Count];
        for (var n = 0; n < result.Length; n++)
        {
            var other = random.Next(classes - 1);
            result[n] = random.NextDouble() >= corruption ? labels[n] : other < labels[n] ? other : other + 1;
        }

        return result;
    }

    // p log₂(p / n), 0 at p = 0.
    private static double Term(double p, int n) => p > 0 ? p * Math.Log2(p / n) : 0;
}
