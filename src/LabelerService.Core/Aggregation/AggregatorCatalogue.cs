using LabelerService.Core.Aggregation.Confusions;
using LabelerService.Core.Aggregation.CrowdLab;
using LabelerService.Core.Aggregation.Skills;
using LabelerService.Core.Aggregation.Spectral;
using LabelerService.Core.Aggregation.Votes;

namespace LabelerService.Core.Aggregation;

/// <summary>An algorithm that can be asked for by name.</summary>
/// <param name="Id">Name in requests and on the command line: lower_snake.</param>
/// <param name="Title">Name for people.</param>
/// <param name="Summary">What it assumes, and when to choose it: one sentence.</param>
/// <param name="Paper">Where it was published.</param>
/// <param name="UsesModel">Whether <see cref="AggregationInput.ModelProbabilities"/> change its result.</param>
/// <param name="NeedsModel">Whether it means nothing without them.</param>
/// <param name="UsesGold">Whether labelers learn from <see cref="AggregationInput.Gold"/>. (Known items end at their class in every algorithm.)</param>
/// <param name="NeedsOrdinal">Whether it takes classes to be ordered.</param>
/// <param name="Create">Makes one with its default settings.</param>
public sealed record AggregatorDescriptor(
    string Id,
    string Title,
    string Summary,
    string Paper,
    bool UsesModel,
    bool NeedsModel,
    bool UsesGold,
    bool NeedsOrdinal,
    Func<IAggregator> Create)
{
    /// <summary>
    /// Whether it goes on from <see cref="AggregationInput.Previous"/>, and ends where it would have ended without, to its tolerance.
    /// </summary>
    public bool StartsFromPrevious { get; init; }
}

/// <summary>All algorithms. A new one is a class with a descriptor, and a line here.</summary>
public static class AggregatorCatalogue
{
    /// <summary>Id of the algorithm that is used where none is named.</summary>
    public const string Default = "hierarchical";

    /// <summary>The algorithms, simplest first.</summary>
    public static IReadOnlyList<AggregatorDescriptor> All { get; } =
    [
        // Votes.
        MajorityVoteAggregator.Descriptor,
        WawaAggregator.Descriptor,
        ZeroBasedSkillAggregator.Descriptor,

        // Confusions.
        ConfusionAggregator.DawidSkene,
        ConfusionAggregator.OneCoin,
        ConfusionAggregator.FastDawidSkene,
        ConfusionAggregator.OrdinalDawidSkene,
        ConfusionAggregator.Hierarchical,

        // Skills and difficulties.
        GladAggregator.Descriptor,
        MaceAggregator.Descriptor,

        // Spectral.
        KosAggregator.Descriptor,
        MsrAggregator.Descriptor,

        // With a model.
        CrowdLabAggregator.Descriptor,
        ConfusionAggregator.Model,
    ];

    /// <summary>The algorithm of that id; null if there is none.</summary>
    public static AggregatorDescriptor? Find(string id) => All.FirstOrDefault(descriptor => descriptor.Id == id);
}
