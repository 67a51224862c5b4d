using LabelerService.Core.Datasets;

namespace LabelerService.Core.Models;

/// <summary>
/// Which training may start from the weights of which version: nets of the same shape, whose backbone and heads mean the same.
/// </summary>
public static class WarmStartRules
{
    // What of the settings makes the shape of a net and the meaning of its inputs.
    private static readonly string[] Shape = ["backbone", "hidden", "head", "feature_transform"];

    /// <summary>Algorithms whose versions keep their weights, and that can start from those of any other of them.</summary>
    public static IReadOnlyList<string> Algorithms { get; } = ["bn", "dn", "wdn", "iwdn", "biwdn"];

    /// <summary>Whether an algorithm keeps its weights and can start from some.</summary>
    public static bool Supports(string algorithm) => Algorithms.Contains(algorithm);

    /// <summary>Why training cannot start from a version, for people; null if it can.</summary>
    /// <param name="algorithm">Algorithm to train.</param>
    /// <param name="settings">Its settings as they take effect.</param>
    /// <param name="schema">Schema of the dataset.</param>
    /// <param name="version">The version's manifest.</param>
    /// <param name="hasWeights">Whether the version was published with its weights.</param>
    public static string? Problem(
        string algorithm, IReadOnlyDictionary<string, string> settings, DatasetSchema schema, ModelManifest version, bool hasWeights)
    {
        if (!Supports(algorithm))
        {
            return $"{algorithm} does not start from weights; {string.Join(", ", Algorithms)} do";
        }

        if (!hasWeights)
        {
            return Supports(version.Algorithm)
                ? "it was published without its weights, by an earlier version of the service; train it again first"
                : $"it is of {version.Algorithm}, which keeps no weights to start from; {string.Join(", ", Algorithms)} do";
        }

        if (!version.Classes.SequenceEqual(schema.Classes))
        {
            return $"its classes are {string.Join(", ", version.Classes)}, those of the dataset {string.Join(", ", schema.Classes)}";
        }

        if (version.FeatureLength != schema.FeatureLength)
        {
            return $"it takes {version.FeatureLength} features, and the dataset's items have {schema.FeatureLength}";
        }

        return Shape.Where(key => settings.GetValueOrDefault(key) != version.Settings.GetValueOrDefault(key))
            .Select(key => $"it was trained with {key}={version.Settings.GetValueOrDefault(key)}, and this run has {key}={settings.GetValueOrDefault(key)}")
            .FirstOrDefault();
    }
}
