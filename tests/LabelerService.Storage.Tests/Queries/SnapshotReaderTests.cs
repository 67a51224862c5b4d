using LabelerService.Core.Datasets;
using LabelerService.Core.Errors;
using LabelerService.Core.Training;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Ingest;
using LabelerService.Storage.Items;
using LabelerService.Storage.Queries;
using LabelerService.TestKit.Crowds;
using LabelerService.TestKit.Postgres;

namespace LabelerService.Storage.Tests.Queries;

public sealed class SnapshotReaderTests(PostgresFixture database) : IClassFixture<PostgresFixture>
{
    private readonly SnapshotReader _reader = database.Get<SnapshotReader>();

    [Fact]
    public async Task A_stored_crowd_reads_back_exactly()
    {
        var crowd = SimulatedCrowd.Create(new SimulatedCrowdOptions { Dataset = "exact", Items = 200, Classes = 4 });
        await crowd.LoadAsync(database.Services);

        var snapshot = await _reader.ReadAsync("exact", default);

        var expected = crowd.Snapshot;
        Assert.Equal(expected.ItemIds, snapshot.ItemIds);
        Assert.Equal(expected.Features.Load(), snapshot.Features.Load());
        Assert.Equal(expected.Splits, snapshot.Splits);
        Assert.Equal(expected.Gold, snapshot.Gold);
        Assert.Equal(expected.LabelerIds, snapshot.LabelerIds);
        Assert.Equal(expected.Schema.Classes, snapshot.Schema.Classes);
        Assert.Equal(expected.Annotations.Items.ToArray(), snapshot.Annotations.Items.ToArray());
        Assert.Equal(expected.Annotations.Labelers.ToArray(), snapshot.Annotations.Labelers.ToArray());
        Assert.Equal(expected.Annotations.Classes.ToArray(), snapshot.Annotations.Classes.ToArray());
    }

    [Fact]
    public async Task The_same_data_has_the_same_id_in_any_dataset_and_any_change_another()
    {
        var (one, first) = await LoadAsync("same-1");
        var (_, second) = await LoadAsync("same-2");
        Assert.Equal(first.SnapshotId, second.SnapshotId);
        Assert.Equal(64, first.SnapshotId.Length);
        Assert.Equal(first.SnapshotId, (await _reader.ReadAsync("same-1", default)).SnapshotId);

        HashSet<string> ids = [first.SnapshotId];
        var annotations = database.Get<AnnotationStore>();
        var items = database.Get<ItemStore>();
        var some = (await annotations.ListAsync(one, new AnnotationFilter(), default, 1, default))[0];
        foreach (var change in (Func<Task>[])[
            () => annotations.WriteAsync(
                one, [new AnnotationWrite(some.ItemId, some.LabelerId, (some.ClassIndex!.Value + 1) % 3)], UnknownLabelers.Reject, null, default),
            () => annotations.RetractAsync(one, some.ItemId, some.LabelerId, null, default),
            () => database.Get<GoldStore>().SetAsync(one, [new GoldWrite("item-0", 1)], null, default),
            () => items.UpsertAsync(one, [new ItemWrite("item-0", Split.Test, default)], null, default),
            () => items.UpsertAsync(one, [new ItemWrite("item-0", Split.Test, FeaturePacking.Pack(new float[8]))], null, default),
            () => items.UpsertAsync(one, [new ItemWrite("one more", Split.Train, FeaturePacking.Pack(new float[8]))], null, default),
        ])
        {
            await change();
            Assert.True(ids.Add((await _reader.ReadAsync("same-1", default)).SnapshotId));
        }
    }

    [Fact]
    public async Task Items_without_features_and_retracted_annotations_are_left_out()
    {
        var dataset = await Some.DatasetAsync(database, items: 2, labelers: 2);
        await database.Get<ItemStore>().UpsertAsync(
            dataset, [new ItemWrite("bare", Split.Train, default), Some.Item("late", Split.Test, gold: 2, features: [3, 4])], null, default);
        var annotations = database.Get<AnnotationStore>();
        await annotations.WriteAsync(
            dataset, [Some.Annotation(0, 0, 1), Some.Annotation(1, 1, 2), new AnnotationWrite("bare", "l0", 0), new AnnotationWrite("late", "l1", 1)],
            UnknownLabelers.Reject, null, default);
        await annotations.RetractAsync(dataset, "i1", "l1", null, default);

        var snapshot = await _reader.ReadAsync(dataset.Id, default);

        Assert.Equal(["i0", "i1", "late"], snapshot.ItemIds);
        Assert.Equal([1f, 2f, 1f, 2f, 3f, 4f], snapshot.Features.Load());
        Assert.Equal([-1, -1, 2], snapshot.Gold);
        Assert.Equal([0, 2], snapshot.Annotations.Items.ToArray());
        Assert.Equal([0, 1], snapshot.Annotations.Labelers.ToArray());
        Assert.Equal([1, 1], snapshot.Annotations.Classes.ToArray());
    }

    [Fact]
    public async Task Float16_features_read_as_float32()
    {
        var dataset = await Some.DatasetAsync(database);
        byte[] packed = [0x00, 0x3c, 0x00, 0xc1];
        await database.Get<ItemStore>().UpsertAsync(
            dataset, [new ItemWrite("half", Split.Train, packed, FeatureEncoding.Float16), Some.Item("full")], null, default);
        Assert.Equal((float[])[1f, -2.5f, 1f, 2f], (await _reader.ReadAsync(dataset.Id, default)).Features.Load());
    }

    [Fact]
    public async Task A_snapshot_never_shows_half_of_a_batch()
    {
        var dataset = await Some.DatasetAsync(database, items: 60, labelers: 2);
        var annotations = database.Get<AnnotationStore>();
        await WriteAllAsync(0);
        using var done = new CancellationTokenSource();
        var writer = Task.Run(async () =>
        {
            for (var round = 1; !done.IsCancellationRequested; round++)
            {
                await WriteAllAsync(round % 3);
            }
        });
        for (var read = 0; read < 25; read++)
        {
            var classes = (await _reader.ReadAsync(dataset.Id, default)).Annotations.Classes.ToArray();
            Assert.Equal(120, classes.Length);
            Assert.Single(classes.Distinct());
        }

        await done.CancelAsync();
        await writer;

        Task WriteAllAsync(int classIndex) => annotations.WriteAsync(
            dataset, [.. Enumerable.Range(0, 120).Select(i => Some.Annotation(i / 2, i % 2, classIndex))], UnknownLabelers.Reject, null, default);
    }

    [Fact]
    public async Task An_unknown_dataset_is_not_found_and_an_impossible_id_is_refused()
    {
        await Some.FailsAsync(ErrorKind.NotFound, "dataset", () => _reader.ReadAsync("unknown", default));
        await Some.FailsAsync(ErrorKind.InvalidArgument, "dataset", () => _reader.ReadAsync("nul\0", default));
    }

    private async Task<(DatasetRecord Dataset, TrainingSnapshot Snapshot)> LoadAsync(string id)
    {
        var dataset = await SimulatedCrowd.Create(new SimulatedCrowdOptions { Dataset = id, Items = 30 }).LoadAsync(database.Services);
        return (dataset, await _reader.ReadAsync(id, default));
    }
}
