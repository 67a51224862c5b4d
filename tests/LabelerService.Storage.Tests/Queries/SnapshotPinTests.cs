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

public sealed class SnapshotPinTests(PostgresFixture database) : IClassFixture<PostgresFixture>
{
    private readonly SnapshotReader _reader = database.Get<SnapshotReader>();

    [Fact]
    public async Task Data_that_comes_later_is_not_in_a_snapshot_that_is_read_again()
    {
        var dataset = await LoadAsync("later");
        var (before, pin) = await _reader.ReadAndPinAsync("later", default);
        var annotations = database.Get<AnnotationStore>();
        var some = await annotations.ListAsync(dataset, new AnnotationFilter(), default, 2, default);
        await database.Get<ItemStore>().UpsertAsync(
            dataset, [new ItemWrite("new", Split.Train, FeaturePacking.Pack(new float[8])), new ItemWrite("item-1", Split.Test, default)], null, default);
        await annotations.WriteAsync(
            dataset,
            [
                new AnnotationWrite("new", "somebody new", 1), new AnnotationWrite("item-1", "somebody new", 0),
                new AnnotationWrite(some[0].ItemId, some[0].LabelerId, (some[0].ClassIndex!.Value + 1) % 3),
                AnnotationWrite.Retraction(some[1].ItemId, some[1].LabelerId),
            ],
            UnknownLabelers.Register, null, default);
        await database.Get<GoldStore>().SetAsync(dataset, [new GoldWrite("item-0", 1), new GoldWrite("item-2", 2)], null, default);

        Assert.NotEqual(before.SnapshotId, (await _reader.ReadAsync("later", default)).SnapshotId);
        var again = await _reader.ReadPinnedAsync("later", pin, default);

        Same(before, again);
    }

    [Theory]
    [InlineData("features")]
    [InlineData("deletion")]
    [InlineData("damage")]
    public async Task A_snapshot_whose_features_or_items_are_gone_is_refused_and_never_guessed(string change)
    {
        var dataset = await LoadAsync($"gone-{change}");
        var (_, pin) = await _reader.ReadAndPinAsync(dataset.Id, default);
        var items = database.Get<ItemStore>();
        switch (change)
        {
            case "features":
                await items.UpsertAsync(dataset, [new ItemWrite("item-3", Split.Train, FeaturePacking.Pack(new float[8]))], null, default);
                break;
            case "deletion":
                await items.DeleteAsync(dataset, ["item-3"], false, null, default);
                break;
            default:
                pin = pin with { Content = pin.Content[..^4] };
                break;
        }

        var error = await Some.FailsAsync(ErrorKind.FailedPrecondition, () => _reader.ReadPinnedAsync(dataset.Id, pin, default));
        Assert.Equal("SNAPSHOT_CHANGED", error.Reason);
    }

    private Task<DatasetRecord> LoadAsync(string id) =>
        SimulatedCrowd.Create(new SimulatedCrowdOptions { Dataset = id, Items = 60 }).LoadAsync(database.Services);

    private static void Same(TrainingSnapshot expected, TrainingSnapshot actual)
    {
        Assert.Equal(expected.SnapshotId, actual.SnapshotId);
        Assert.Equal(expected.ItemIds, actual.ItemIds);
        Assert.Equal(expected.Splits, actual.Splits);
        Assert.Equal(expected.Gold, actual.Gold);
        Assert.Equal(expected.LabelerIds, actual.LabelerIds);
        Assert.Equal(expected.Features.Load(), actual.Features.Load());
        Assert.Equal(expected.Annotations.Items.ToArray(), actual.Annotations.Items.ToArray());
        Assert.Equal(expected.Annotations.Labelers.ToArray(), actual.Annotations.Labelers.ToArray());
        Assert.Equal(expected.Annotations.Classes.ToArray(), actual.Annotations.Classes.ToArray());
    }
}
