using LabelerService.Core.Aggregation;
using LabelerService.Storage.Models;

namespace LabelerService.Server.Insight;

/// <summary>What a model says of items as one more voter.</summary>
/// <param name="Version">The version that says it.</param>
/// <param name="Name">Its resource name.</param>
/// <param name="Probabilities">
/// Class distributions [N, K], row-major, in the order of the items asked for; a row of zeros where it says nothing. Shared: not to be changed.
/// </param>
internal sealed record ModelVoteTable(ModelVersionRecord Version, string Name, float[] Probabilities)
{
    /// <summary>Items that it was trained on, with distributions of classifiers that did not see them.</summary>
    public required int OutOfFold { get; init; }

    /// <summary>Items that it was not trained on, predicted by the served graph.</summary>
    public required int Predicted { get; init; }

    /// <summary>Items that it was trained on without having distributions out of fold: it says nothing of them.</summary>
    public required int Withheld { get; init; }

    /// <summary>Items without features, or that are gone: it cannot say anything of them.</summary>
    public required int WithoutFeatures { get; init; }

    /// <summary>What there is to say of how much surer it was made than it says itself; null for nothing.</summary>
    public AggregationWarning? Sharpening { get; init; }

    /// <summary>What whoever reads results should know.</summary>
    public IReadOnlyList<AggregationWarning> Warnings
    {
        get
        {
            var warnings = new List<AggregationWarning>();
            if (Withheld > 0)
            {
                warnings.Add(new AggregationWarning(
                    "MODEL_WITHOUT_OUT_OF_FOLD",
                    $"{Name} ({Version.Manifest.Algorithm}) was trained on the annotations of {Withheld} of these items and says nothing of them, so that these "
                    + "annotations do not count twice. Name a model of consensus, crowdlab or auto, which keep out-of-fold distributions."));
            }

            if (WithoutFeatures > 0)
            {
                warnings.Add(new AggregationWarning(
                    "ITEMS_WITHOUT_FEATURES", $"{WithoutFeatures} items have no features: {Name} says nothing of them. Write their features."));
            }

            if (Sharpening is { } sharpening)
            {
                warnings.Add(sharpening);
            }

            return warnings;
        }
    }
}
