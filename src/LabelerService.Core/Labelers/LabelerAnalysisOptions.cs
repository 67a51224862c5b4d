namespace LabelerService.Core.Labelers;

/// <summary>Settings of <see cref="LabelerAnalysis"/>.</summary>
public sealed record LabelerAnalysisOptions
{
    /// <summary>Level of the credible intervals, in (0, 1).</summary>
    public double Level { get; init; } = 0.95;

    /// <summary>
    /// False-alarm rate of each family of flags, in (0, 0.5]: the expected share of false ones among those flagged (Benjamini and Hochberg
    /// 1995), hence also the probability of any flag in a crowd without anything to find. Families: the labelers who do not answer by the
    /// class (spammers, constants, adversaries), those who changed, the hasty, the pairs who look alike.
    /// </summary>
    public double FalseAlarmRate { get; init; } = 0.05;

    /// <summary>
    /// Fewest annotations of items whose class the others (or gold) know, for a labeler to be judged at all: an item of which they are half
    /// sure counts less than a whole one (<see cref="LabelerReport.Evidence"/>).
    /// </summary>
    public int MinAnnotations { get; init; } = 5;

    /// <summary>Fewest dated annotations of that kind on which a change over time is looked for.</summary>
    public int DriftMinAnnotations { get; init; } = 20;

    /// <summary>An answer is hasty below this multiple of what the item usually takes, in (0, 1).</summary>
    public double HastyFactor { get; init; } = 0.25;

    /// <summary>Share of hasty answers that is tolerated, in (0, 1).</summary>
    public double HastyTolerance { get; init; } = 0.25;

    /// <summary>Fewest items that two labelers share for their errors to be compared.</summary>
    public int MinSharedItems { get; init; } = 8;

    /// <summary>
    /// Most meetings of two labelers on an item that are looked at. Where there are more, items with very many annotations are left out of
    /// the search for look-alikes, and a warning says so.
    /// </summary>
    public long MaxMeetings { get; init; } = 200_000_000;

    /// <summary>Most cells R·K·K for which reports carry each labeler's confusion counts.</summary>
    public long MaxConfusionCells { get; init; } = 5_000_000;

    /// <summary>Threads; 0: all processors. The result is the same bits whatever their number.</summary>
    public int Threads { get; init; }

    /// <summary>Seed of everything random: the same seed and input give the same result.</summary>
    public int Seed { get; init; } = 1;

    internal void Check()
    {
        Share(Level, 1, nameof(Level));
        Share(FalseAlarmRate, 0.5000001, nameof(FalseAlarmRate));
        Share(HastyFactor, 1, nameof(HastyFactor));
        Share(HastyTolerance, 1, nameof(HastyTolerance));
        ArgumentOutOfRangeException.ThrowIfLessThan(MinAnnotations, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(DriftMinAnnotations, 10);
        ArgumentOutOfRangeException.ThrowIfLessThan(MinSharedItems, 2);
        ArgumentOutOfRangeException.ThrowIfNegative(MaxMeetings);
        ArgumentOutOfRangeException.ThrowIfNegative(MaxConfusionCells);
        ArgumentOutOfRangeException.ThrowIfNegative(Threads);
    }

    private static void Share(double value, double below, string name)
    {
        if (!(value > 0 && value < below))
        {
            throw new ArgumentOutOfRangeException(name, value, $"It lies above 0 and below {Math.Round(below, 2)}.");
        }
    }
}
