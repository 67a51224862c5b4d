using LabelerService.Storage.Datasets;
using LabelerService.Storage.Ingest;
using LabelerService.Storage.Items;
using LabelerService.Storage.Labelers;

namespace LabelerService.TestKit.Crowds;

/// <summary>A simulated crowd as what is written to a database.</summary>
public static class CrowdWrites
{
    /// <summary>The dataset to create.</summary>
    public static DatasetWrite DatasetWrite(this SimulatedCrowd crowd) => new(crowd.Options.Dataset, crowd.Schema);

    /// <summary>The items to write, with gold where the snapshot has it.</summary>
    public static IReadOnlyList<ItemWrite> ItemWrites(this SimulatedCrowd crowd)
    {
        var (snapshot, length) = (crowd.Snapshot, crowd.Options.Dimensions);
        return
        [
            .. snapshot.ItemIds.Select((id, i) => new ItemWrite(
                id, snapshot.Splits[i], FeaturePacking.Pack(snapshot.Features.Load().AsSpan(i * length, length)), FeatureEncoding.Float32,
                snapshot.Gold[i] < 0 ? null : snapshot.Gold[i])),
        ];
    }

    /// <summary>The labelers to register.</summary>
    public static IReadOnlyList<LabelerWrite> LabelerWrites(this SimulatedCrowd crowd) =>
        [.. crowd.Snapshot.LabelerIds.Select(id => new LabelerWrite(id))];

    /// <summary>The annotations to write.</summary>
    public static IReadOnlyList<AnnotationWrite> AnnotationWrites(this SimulatedCrowd crowd)
    {
        var snapshot = crowd.Snapshot;
        var table = snapshot.Annotations;
        return
        [
            .. Enumerable.Range(0, table.Count).Select(
                i => new AnnotationWrite(snapshot.ItemIds[table.Items[i]], snapshot.LabelerIds[table.Labelers[i]], table.Classes[i])),
        ];
    }
}
