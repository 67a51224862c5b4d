using System.Globalization;
using LabelerService.Contracts.V1;
using LabelerService.Core.Encodings;
using LabelerService.Core.Models;
using ErasureMode = LabelerService.Storage.Labelers.ErasureMode;

namespace LabelerService.Server.Cards;

/// <summary>What to mind about a version, by rules over its manifest; most important first. Class names in the texts are users' own.</summary>
internal static class ModelCardLimits
{
    private const int FewItems = 200;
    private const int FewAnnotations = 20;
    private const int MostNamed = 10;
    private const double RareShare = 0.01;
    private const double BadlyCalibrated = 0.05;
    private const double ManyShared = 0.5;

    /// <summary>The limits that the facts give.</summary>
    public static IEnumerable<CardLimit> Of(ModelManifest manifest) =>
        (manifest.Data is { } data ? OfData(manifest, data) : [Limit("NO_DATA_SUMMARY", "It was published before the data was counted: how much it was trained on is known only by the number of annotations.")])
        .Concat(OfMetrics(manifest)).Concat(OfHeads(manifest)).Append(OfItems(manifest));

    /// <summary>What was erased since that the version's files still hold.</summary>
    public static IEnumerable<CardLimit> OfErasure(ErasureMode? erased, DateTimeOffset? time)
    {
        var day = time?.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        if (erased == ErasureMode.Delete)
        {
            yield return Limit(
                "TRAINED_ON_ERASED_DATA",
                $"It may have learnt from annotations of labelers who were deleted since (last on {day}), and its files still name them. Train again, then delete this version.");
        }
        else if (erased == ErasureMode.Pseudonymise)
        {
            yield return Limit(
                "NAMES_ERASED_LABELERS",
                $"Its files still name labelers who were given a pseudonym since (last on {day}). Train again, then delete this version.");
        }
    }

    private static CardLimit OfItems(ModelManifest manifest) => manifest.Encoding switch
    {
        { Kind: ItemEncodingKind.Text } => Limit(
            "WORDS_OF_TRAINING",
            "It sees of a text which words and pieces of words are in it, and only those that stood in texts it was trained on: not their order, nor other languages."),
        { Kind: ItemEncodingKind.Sequence } encoding => Limit(
            "STEPS_LIMITED",
            string.Create(CultureInfo.InvariantCulture, $"It takes sequences of 1 to {encoding.MaxSteps} steps of {encoding.StepLength} numbers, made as those of the dataset were; longer ones are refused and not cut.")),
        { Kind: ItemEncodingKind.Extracted } encoding => Limit(
            "EXTRACTED_FEATURES",
            string.Create(CultureInfo.InvariantCulture, $"It sees items as {encoding.Backbone} does, {manifest.FeatureLength} numbers each: what that model does not see in them, this one cannot learn, and what biases it has, this one inherits.")),
        _ => Limit(
            "FEATURES_ONLY",
            string.Create(CultureInfo.InvariantCulture, $"It takes vectors of {manifest.FeatureLength} numbers, made as those of the dataset were; what such a vector says of an item it cannot check. It is not trained on text.")),
    };

    private static IEnumerable<CardLimit> OfData(ModelManifest manifest, ModelDataSummary data)
    {
        if (data.GoldItemCount == 0)
        {
            yield return Limit("NO_GOLD", "No item has a gold class: nothing was measured against a known truth, and labelers who err alike are believed.");
        }

        if (data.TestItemCount == 0)
        {
            yield return Limit("NO_TEST_ITEMS", "No items were kept apart for testing: what was measured is about items, or their like, that chose the model.");
        }

        if (data.ValidationItemCount == 0)
        {
            yield return Limit("NO_VALIDATION_ITEMS", "No items were kept apart for validation: annotations of training items stood in where something had to be chosen.");
        }

        string[] missing = [.. manifest.Classes.Where((_, k) => data.ClassAnnotationCounts[k] == 0)];
        if (missing.Length > 0)
        {
            yield return Limit("CLASS_WITHOUT_ANNOTATIONS", $"No labeler ever named {Names(missing)}: the model cannot have learnt it.");
        }

        string[] rare =
        [
            .. manifest.Classes.Where((_, k) => data.ClassAnnotationCounts[k] is var count && count > 0
                && (count < FewAnnotations || count < RareShare * data.AnnotationCount)),
        ];
        if (rare.Length > 0)
        {
            yield return Limit("RARE_CLASS", $"Labelers named {Names(rare)} less than {FewAnnotations} times or in less than one of a hundred annotations: expect it to be missed.");
        }

        if (data.AnnotatedItemCount < FewItems)
        {
            yield return Limit("FEW_ITEMS", $"Only {data.AnnotatedItemCount} items were learnt from.");
        }

        if (data.AnnotationsPerItem.Median < 2)
        {
            yield return Limit("FEW_ANNOTATIONS_PER_ITEM", "Most items have one annotation: where labelers differ can hardly be seen, nor who of them errs.");
        }

        if (data.AnnotationsPerLabeler.Median < FewAnnotations)
        {
            yield return Limit(
                "FEW_ANNOTATIONS_PER_LABELER",
                string.Create(CultureInfo.InvariantCulture, $"Half of the labelers gave at most {data.AnnotationsPerLabeler.Median:0.#} annotations: what is said of one of them is uncertain."));
        }
    }

    private static IEnumerable<CardLimit> OfMetrics(ModelManifest manifest)
    {
        var calibration = manifest.Metrics.Where(metric => metric.Name == "ece" && metric.Split != "train").OrderBy(metric => metric.Split == "test" ? 0 : 1).FirstOrDefault();
        if (calibration is null)
        {
            yield return Limit("CALIBRATION_UNKNOWN", "Whether its probabilities hold was not measured on items kept apart.");
        }
        else if (calibration.Value > BadlyCalibrated)
        {
            yield return Limit(
                "BADLY_CALIBRATED",
                string.Create(CultureInfo.InvariantCulture, $"Its probabilities are off by {calibration.Value:0.000} on average ({calibration.Split}): do not read them as frequencies. Training with calibration=gold or calibration=labelers helps."));
        }

        var small = manifest.Metrics.Where(metric => metric.Split == "test" && metric.Name == "accuracy" && metric.Count < FewItems).ToList();
        if (small.Count > 0)
        {
            yield return Limit("SMALL_TEST", $"It was tested on {small[0].Count} items only: mind the intervals.");
        }
    }

    private static IEnumerable<CardLimit> OfHeads(ModelManifest manifest)
    {
        var named = manifest.Heads.Count(head => head.LabelerId is not null);
        if (named > 0)
        {
            yield return Limit(
                "LABELER_ACCURACY_IS_AGREEMENT",
                "A labeler's estimated accuracy is how often the labeler names the class that the model holds likeliest: agreement, not truth, and no ground to judge a person by.");
            if (manifest.Heads.SingleOrDefault(head => head.LabelerId is null) is { Weight: > ManyShared } shared)
            {
                yield return Limit(
                    "MOSTLY_SHARED_HEAD",
                    string.Create(CultureInfo.InvariantCulture, $"{shared.Weight:0.00} of the weight is with the head that all labelers share who have none of their own: the model hardly tells labelers apart."));
            }
        }
        else
        {
            yield return Limit("NO_LABELERS", "It does not tell labelers apart: whose errors it has learnt cannot be said.");
        }
    }

    private static string Names(string[] classes) =>
        string.Join(", ", classes.Take(MostNamed).Select(name => $"“{name}”")) + (classes.Length > MostNamed ? $" and {classes.Length - MostNamed} more classes" : "");

    private static CardLimit Limit(string code, string text) => new() { Code = code, Text = text };
}
