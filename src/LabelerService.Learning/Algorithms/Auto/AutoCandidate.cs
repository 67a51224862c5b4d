using System.Globalization;
using LabelerService.Core.Models;
using LabelerService.Core.Training;
using LabelerService.Learning.Features;
using LabelerService.Learning.Numerics;

namespace LabelerService.Learning.Algorithms.Auto;

/// <summary>A model that <c>auto</c> may choose.</summary>
/// <param name="Name">Algorithm and the settings that set it apart, as on the command line.</param>
/// <param name="Settings">Its settings, for training on everything.</param>
/// <param name="Family">Candidates of a family differ in <paramref name="Regularisation"/> alone.</param>
/// <param name="Complexity">Order from the simplest kind of model to the most flexible.</param>
/// <param name="Regularisation">How much is presumed before any label is seen; 0 where there is no such number.</param>
internal sealed record AutoCandidate(string Name, TrainingSettings Settings, string Family, int Complexity, double Regularisation)
{
    // A covariance of more features than this takes longer than everything else.
    private const int MostDiscriminantFeatures = 1024;

    private static readonly FeatureTransform[] TransformsBySimplicity =
        [FeatureTransform.Log1p, FeatureTransform.None, FeatureTransform.Standardize, FeatureTransform.Auto];

    private static readonly double[] Shrinkages = [0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8];
    private static readonly double[] Ridges = [0.00001, 0.00003, 0.0001, 0.001, 0.01];

    /// <summary>The candidates for a task, those that share work next to each other.</summary>
    public static IReadOnlyList<AutoCandidate> For(LearningTask task)
    {
        var candidates = new List<AutoCandidate>();
        var encoding = task.Snapshot.Encoding;
        var sequences = SequenceRows.Of(encoding);
        var wide = (sequences is null ? task.FeatureLength : SequenceSummary.Length(sequences)) > MostDiscriminantFeatures;
        foreach (var transform in wide ? [] : Transforms(task))
        {
            foreach (var classifier in (ReadOnlySpan<string>)["discriminant", "random_features"])
            {
                candidates.AddRange(Shrinkages.Select(shrinkage => Create(
                    task, "consensus", ("classifier", classifier), ("feature_transform", transform),
                    ("covariance_shrinkage", shrinkage.ToString(CultureInfo.InvariantCulture)))));
            }
        }

        // Features that number thousands, such as words, have scales that mean something.
        candidates.AddRange(Ridges.Select(ridge => Create(
            task, "consensus", ("classifier", "logistic"), ("feature_transform", wide ? "none" : "standardize"),
            ("ridge", ridge.ToString(CultureInfo.InvariantCulture)), ("rounds", "6"))));
        // Nets that read images and sequences see what no plane can, and a step of theirs costs many times that of a layer.
        if (BackboneRules.Default(encoding) != BackboneKind.Mlp)
        {
            (string, string)[] narrow = [("capacity", "s"), ("epochs", "20")];
            candidates.Add(Create(
                task, "consensus", [("classifier", "net"), ("feature_transform", "none"), ("rounds", "3"), ("repeats", "1"), .. narrow]));
            candidates.Add(Create(task, "wdn", narrow));
        }
        // A layer on thousands of features takes minutes a fold, and on words it is no better than what is linear.
        else if (!wide)
        {
            candidates.Add(Create(task, "consensus", ("classifier", "net"), ("feature_transform", "none"), ("rounds", "3"), ("repeats", "1")));
            candidates.Add(Create(task, "wdn"));
        }

        return candidates;
    }

    private static IEnumerable<string> Transforms(LearningTask task)
    {
        yield return "none";
        // Long tails of what counts or activates; within [0, 1] the logarithm is nearly a straight line.
        if (task.Raw.min().Value() >= 0 && task.Raw.max().Value() > 1)
        {
            yield return "log1p";
        }

        yield return "standardize";
    }

    private static AutoCandidate Create(LearningTask task, string algorithm, params ReadOnlySpan<(string Key, string Value)> settings)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in settings)
        {
            values[key] = value;
        }

        var name = values.Count == 0 ? algorithm : $"{algorithm}[{string.Join(',', values.Select(pair => $"{pair.Key}={pair.Value}"))}]";
        // What the user has set for the search holds for whatever is chosen.
        foreach (var key in (ReadOnlySpan<string>)["feature_trust", "confusion_shrinkage", "folds", "distil", "held_out_share"])
        {
            if (AlgorithmCatalogue.Find(algorithm)!.Settings.Any(setting => setting.Key == key))
            {
                values[key] = task.Settings.Effective[key];
            }
        }

        var validated = AlgorithmCatalogue.Validate(algorithm, values).For(task.Snapshot.Encoding);
        var family = $"{algorithm} {(algorithm == "consensus" ? validated.Classifier : "")} {validated.FeatureTransform}";
        var regularisation = algorithm != "consensus" ? 0 : validated.Classifier switch
        {
            ConsensusClassifier.Logistic => validated.Ridge,
            ConsensusClassifier.Net => 0,
            _ => validated.CovarianceShrinkage,
        };
        // What features are measured in carries meaning: they are made equal only where that evidently helps.
        var transform = Array.IndexOf(TransformsBySimplicity, validated.FeatureTransform);
        var complexity = algorithm != "consensus" ? int.MaxValue : ((int)validated.Classifier * TransformsBySimplicity.Length) + transform;
        return new AutoCandidate(name, validated, family, complexity, regularisation);
    }
}
