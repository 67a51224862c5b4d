namespace LabelerService.Cli.Files.Predictions;

/// <summary>Names of the columns of a table of predictions.</summary>
internal static class PredictionColumns
{
    public const string Item = "item";

    public const string Predicted = "predicted";

    public const string Entropy = "entropy";

    public const string Disagreement = "disagreement";

    /// <summary>Column of a class's probability; the prefix keeps a class called "item" apart from the item.</summary>
    public static string Probability(string className) => $"p_{className}";

    // The head that is nobody's has columns of its own kind: whatever a labeler's key is, it comes behind a prefix that these do not have.
    private const string SharedClass = "shared_class";
    private const string SharedWeight = "shared_weight";

    /// <summary>Column of the class that a head finds likeliest.</summary>
    /// <param name="labeler">Key of the head's labeler; empty for the head that is nobody's.</param>
    public static string LabelerClass(string labeler) => labeler.Length == 0 ? SharedClass : $"class_by_{labeler}";

    /// <summary>Column of a head's weight.</summary>
    /// <param name="labeler">Key of the head's labeler; empty for the head that is nobody's.</param>
    public static string LabelerWeight(string labeler) => labeler.Length == 0 ? SharedWeight : $"weight_of_{labeler}";
}
