using LabelerService.Core.Datasets;
using LabelerService.Core.Encodings;
using LabelerService.Core.Training;

namespace LabelerService.Core.Models;

/// <summary>Which training may use which backbone: what is known before a run exists, in words for whoever asks for it.</summary>
public static class PretrainedRules
{
    /// <summary>What runs of pretraining have beside the setting <c>fine_tune</c>: nets whose backbone starts from values.</summary>
    private const string FineTune = "fine_tune";

    /// <summary>Why training cannot use a backbone; null if it can.</summary>
    /// <param name="settings">Settings of the run; <c>backbone</c> may still be <c>auto</c>.</param>
    /// <param name="schema">Schema of the dataset to train on.</param>
    /// <param name="backbone">The backbone.</param>
    public static string? Problem(TrainingSettings settings, DatasetSchema schema, BackboneManifest backbone)
    {
        if (backbone.ItemKind != schema.ItemKind || !backbone.ItemShape.SequenceEqual(schema.ItemShape))
        {
            return $"it reads {Items(backbone.ItemKind, backbone.ItemShape)}, and the dataset's items are {Items(schema.ItemKind, schema.ItemShape)}";
        }

        return backbone.Source == BackboneSource.Extractor
            ? BackboneRules.Problem(settings.Backbone, new ItemEncoding { Kind = ItemEncodingKind.Extracted, FeatureLength = backbone.FeatureLength })
            : NetProblem(settings) ?? ShapeProblem(settings, ItemEncoding.Expected(schema), backbone.Settings, ["backbone", "capacity", "hidden"]);
    }

    /// <summary>Why training cannot use the backbone of a model version; null if it can.</summary>
    /// <param name="settings">Settings of the run; <c>backbone</c> may still be <c>auto</c>.</param>
    /// <param name="schema">Schema of the dataset to train on.</param>
    /// <param name="version">The version's manifest.</param>
    /// <param name="hasWeights">Whether the version was published with its weights.</param>
    public static string? Problem(TrainingSettings settings, DatasetSchema schema, ModelManifest version, bool hasWeights)
    {
        if (NetProblem(settings) is { } problem)
        {
            return problem;
        }

        if (!hasWeights)
        {
            return WarmStartRules.Supports(version.Algorithm)
                ? "it was published without its weights, by an earlier version of the service; train it again first"
                : $"it is of {version.Algorithm}, which keeps no weights to start from; {string.Join(", ", WarmStartRules.Algorithms)} do";
        }

        var encoding = version.Encoding ?? ItemEncoding.OfValues(version.FeatureLength);
        var expected = ItemEncoding.Expected(schema);
        if (encoding.Kind == ItemEncodingKind.Extracted)
        {
            return $"it reads features of {encoding.Backbone}; name that extractor instead";
        }

        if (encoding.Kind != expected.Kind)
        {
            return $"it takes items as {encoding.Kind}, and the dataset's are {expected.Kind}";
        }

        if (encoding.StepLength != expected.StepLength)
        {
            return $"it reads steps of {encoding.StepLength} values, and those of the dataset have {expected.StepLength}";
        }

        if (expected.FeatureLength != 0 && expected.FeatureLength != version.FeatureLength)
        {
            return $"it takes {version.FeatureLength} values, and the dataset's items have {expected.FeatureLength}";
        }

        return encoding.Shape.Count > 0 && expected.Shape.Count > 0 && !encoding.Shape.SequenceEqual(expected.Shape)
            ? $"it reads images of {string.Join(" × ", encoding.Shape)}, and those of the dataset are {string.Join(" × ", expected.Shape)}"
            : ShapeProblem(settings, expected, version.Settings, ["backbone", "capacity", "hidden", "feature_transform"]);
    }

    private static string? NetProblem(TrainingSettings settings)
    {
        if (!settings.Effective.ContainsKey(FineTune))
        {
            return $"{settings.Algorithm} takes extractors only, and no pretrained net";
        }

        if (!settings.TrainsNet)
        {
            return "this classifier is no net, and has no backbone that could start from one; set classifier=net, or name an extractor";
        }

        return settings.FineTune == Switch.Off && settings.Quantisation != Quantisation.None
            ? "a frozen backbone is not trained, on a grid or otherwise; set fine_tune=on, or leave out quantisation"
            : null;
    }

    private static string? ShapeProblem(
        TrainingSettings settings, ItemEncoding expected, IReadOnlyDictionary<string, string> source, ReadOnlySpan<string> keys)
    {
        if (settings.Backbone == BackboneKind.Linear || source.GetValueOrDefault("backbone") == "linear")
        {
            return "a linear backbone has no values to take over";
        }

        var effective = settings.For(expected).Effective;
        foreach (var key in keys)
        {
            // Widths of hidden layers say something of fully connected nets only.
            var mine = effective.GetValueOrDefault(key);
            if (source.TryGetValue(key, out var theirs) && theirs != mine && (key != "hidden" || source.GetValueOrDefault("backbone") == "mlp"))
            {
                return $"it was trained with {key}={theirs}, and this run has {key}={mine}; set {key}={theirs}";
            }
        }

        return null;
    }

    private static string Items(ItemKind kind, IReadOnlyList<int> shape) => kind switch
    {
        ItemKind.Image => $"images of {string.Join(" × ", shape)}",
        ItemKind.Sequence => $"sequences of {string.Join(" × ", shape)} values a step",
        ItemKind.Text => "texts",
        _ => $"vectors of {string.Join(" × ", shape)} values",
    };
}
