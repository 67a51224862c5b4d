namespace LabelerService.Core.Items;

/// <summary>What is known of the items, each list one entry an item [N].</summary>
public sealed record ItemReport
{
    /// <summary>Class distributions that are as sure as they are right: what the probabilities are taken from.</summary>
    public required CalibratedPosteriors Calibrated { get; init; }

    /// <summary>Likeliest class in the consensus; the lowest wins ties.</summary>
    public required int[] Classes { get; init; }

    /// <summary>Probability that this class is wrong, in [0, 1].</summary>
    public required double[] ProbabilitiesWrong { get; init; }

    /// <summary>How hard the item is: the probability that an average labeler errs on it, in [0, 1]; or GLAD's measure.</summary>
    public required double[] Difficulties { get; init; }

    /// <summary>Number of annotations.</summary>
    public required int[] AnnotationCounts { get; init; }

    /// <summary>Number of items whose consensus is expected to be wrong: the sum of the probabilities.</summary>
    public double ExpectedErrors => ProbabilitiesWrong.Sum();
}

/// <summary>Settings of <see cref="ItemAnalysis"/>.</summary>
public sealed record ItemAnalysisOptions
{
    /// <summary>Temperature of <see cref="CalibratedPosteriors"/>, at least 1; null: found from the annotations.</summary>
    public double? Temperature { get; init; }

    /// <summary>Threads at most; 0: all processors. Changes no bit of the result.</summary>
    public int Threads { get; init; }
}
