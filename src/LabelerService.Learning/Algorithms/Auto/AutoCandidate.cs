using System.Globalization;
using LabelerService.Core.Models;
using LabelerService.Core.Training;

namespace LabelerService.Learning.Algorithms.Auto;

/// <summary>A model that <c>auto</c> may choose.</summary>
/// <param name="Name">Algorithm and the settings that set it apart, as on the command line.</param>
/// <param name="Settings">Its settings, for training on everything.</param>
internal sealed record AutoCandidate(string Name, TrainingSettings Settings)
{
    // A covariance of more features than this takes longer than everything else.
    private const int MostDiscriminantFeatures = 1024;

    private static readonly double[] Shrinkages = [0.02, 0.1, 0.3, 0.6, 0.9];
    private static readonly double[] Ridges = [0.00001, 0.0001, 0.001, 0.01];

    /// <summary>The candidates for a task, those that share work next to each other.</summary>
    public static IReadOnlyList<AutoCandidate> For(LearningTask task)
    {
        var candidates = new List<AutoCandidate>();
        var wide = task.FeatureLength > MostDiscriminantFeatures;
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
            ("ridge", ridge.ToString(CultureInfo.InvariantCulture)), ("rounds", "6"), ("repeats", "1"))));
        candidates.Add(Create(task, "consensus", ("classifier", "net"), ("rounds", "3"), ("repeats", "1")));
        candidates.Add(Create(task, "wdn"));
        return candidates;
    }

    private static IEnumerable<string> Transforms(LearningTask task)
    {
        yield return "none";
        // Within [−1, 1] the logarithm is nearly a straight line.
        if (task.Snapshot.Features.AsSpan().IndexOfAnyExceptInRange(-1f, 1f) >= 0)
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

        return new AutoCandidate(name, AlgorithmCatalogue.Validate(algorithm, values));
    }
}
