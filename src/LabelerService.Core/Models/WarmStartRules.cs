using LabelerService.Core.Datasets;
using LabelerService.Core.Encodings;
using LabelerService.Core.Training;

namespace LabelerService.Core.Models;

/// <summary>
/// Which training may start from the weights of which version: nets of the same shape, whose backbone and heads mean the same.
/// </summary>
public static class WarmStartRules
{
    // What of the settings makes the shape of a net and the meaning of its inputs.
    private static readonly string[] Shape = ["backbone", "capacity", "hidden", "head", "feature_transform"];

    /// <summary>Algorithms whose versions keep their weights, and that can start from those of any other of them.</summary>
    public static IReadOnlyList<string> Algorithms { get; } = ["bn", "dn", "wdn", "iwdn", "biwdn"];

    /// <summary>Whether an algorithm keeps its weights and can start from some.</summary>
    public static bool Supports(string algorithm) => Algorithms.Contains(algorithm);

    /// <summary>
    /// The rows that settings are resolved for before a run exists: the version's own where both take features of an extractor, which the dataset
    /// does not tell; else those of the dataset's items.
    /// </summary>
    /// <param name="settings">Settings of the run.</param>
    /// <param name="schema">Schema of the dataset.</param>
    /// <param name="version">Manifest of the version to start from.</param>
    public static ItemEncoding EncodingOf(TrainingSettings settings, DatasetSchema schema, ModelManifest version) =>
        settings.Pretrained.Length > 0 && version.Encoding is { Kind: ItemEncodingKind.Extracted } extracted ? extracted : ItemEncoding.Expected(schema);

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

        if (EncodingProblem(settings, schema, version) is { } problem)
        {
            return problem;
        }

        return Shape.Where(key => settings.GetValueOrDefault(key) != Of(version, key))
            .Select(key => $"it was trained with {key}={Of(version, key)}, and this run has {key}={settings.GetValueOrDefault(key)}")
            .FirstOrDefault();
    }

    private static string? EncodingProblem(IReadOnlyDictionary<string, string> settings, DatasetSchema schema, ModelManifest version)
    {
        var encoding = version.Encoding ?? ItemEncoding.OfValues(version.FeatureLength);
        if (encoding.Kind == ItemEncodingKind.Extracted)
        {
            return settings.GetValueOrDefault("pretrained") == Of(version, "pretrained")
                ? null
                : $"it takes features of {encoding.Backbone}, so this run needs pretrained={Of(version, "pretrained")}";
        }

        var expected = ItemEncoding.Expected(schema);
        if (expected.Kind != encoding.Kind)
        {
            return $"it takes items as {encoding.Kind}, and the dataset's are {expected.Kind}";
        }

        return expected.FeatureLength != 0 && expected.FeatureLength != version.FeatureLength
            ? $"it takes {version.FeatureLength} features, and the dataset's items have {expected.FeatureLength}"
            : null;
    }

    // Versions published before a setting existed have what is its default now.
    private static string? Of(ModelManifest version, string key) => version.Settings.GetValueOrDefault(key) ?? key switch
    {
        "capacity" => "m",
        "pretrained" => "",
        _ => null,
    };
}
