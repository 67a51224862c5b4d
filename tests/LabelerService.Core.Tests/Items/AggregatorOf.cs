using LabelerService.Core.Aggregation;

namespace LabelerService.Core.Tests.Items;

/// <summary>An aggregator of the catalogue, called with its defaults.</summary>
internal sealed record AggregatorOf(string Id)
{
    public Consensus Aggregate(AggregationInput input) => AggregatorCatalogue.Find(Id)!.Create().Aggregate(input, new AggregationControl());
}
