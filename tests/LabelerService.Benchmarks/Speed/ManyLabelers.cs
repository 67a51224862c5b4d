using LabelerService.Benchmarks.Datasets;
using LabelerService.Core.Datasets;
using LabelerService.Core.Training;
using LabelerService.TestKit.Crowds;

namespace LabelerService.Benchmarks.Speed;

/// <summary>A made-up set with very many labelers: 20,000 items of 5 Gaussian clusters, three labels each.</summary>
internal static class ManyLabelers
{
    private const int ItemCount = 20_000;
    private const int Dimensions = 64;
    private const int ClassCount = 5;
    private const int LabelsPerItem = 3;
    private const int Seed = 7;

    public static TrainingSnapshot Create(int labelers)
    {
        var world = SimulatedCrowd.Create(new SimulatedCrowdOptions
        {
            Seed = Seed,
            Items = ItemCount,
            Dimensions = Dimensions,
            Classes = ClassCount,
            LabelsPerItem = 0,
            ValidationShare = 0,
            TestShare = 0,
        });
        var crowd = CrowdSimulation.Run(world.Truth, world.Snapshot.Features.Load(), ClassCount, new CrowdSimulationOptions
        {
            Seed = Seed,
            LabelsPerItem = LabelsPerItem,
            Labelers = [new(LabelerKind.Expert, labelers / 4), new(LabelerKind.Average, labelers - (labelers / 4))],
        });
        return SnapshotBuilder.Vectors(
            $"{labelers}-labelers", ClassCount, world.Snapshot.Features.Load(), [.. world.Truth.Select(_ => Split.Train)],
            [.. world.Truth.Select(_ => -1)], null, crowd.Annotations);
    }
}
