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

    /// <summary>Column of the class that a labeler's head finds likeliest.</summary>
    public static string LabelerClass(string labeler) => $"class_by_{labeler}";

    /// <summary>Column of a labeler's weight.</summary>
    public static string LabelerWeight(string labeler) => $"weight_of_{labeler}";
}
