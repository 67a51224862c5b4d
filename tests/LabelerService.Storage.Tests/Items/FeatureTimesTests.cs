using LabelerService.Storage.Datasets;
using LabelerService.Storage.Ingest;
using LabelerService.Storage.Items;
using LabelerService.Storage.Queries;
using LabelerService.TestKit.Postgres;

namespace LabelerService.Storage.Tests.Items;

/// <summary>What tells, without reading features, whether something known of them still holds.</summary>
public sealed class FeatureTimesTests(PostgresFixture database) : IClassFixture<PostgresFixture>
{
    private readonly ItemStore _items = database.Get<ItemStore>();

    [Fact]
    public async Task Items_with_features_are_told_with_the_time_that_a_snapshot_has_of_them()
    {
        var dataset = await Some.DatasetAsync(database, items: 3, labelers: 1);
        await _items.UpsertAsync(dataset, [new ItemWrite("bare", Core.Datasets.Split.Train, default)], null, default);
        var keys = await KeysAsync(dataset);
        var times = await _items.ReadFeatureTimesAsync(dataset, keys.Append(long.MaxValue).ToArray(), default);
        using var snapshot = await database.Get<SnapshotReader>().ReadAsync(dataset.Id, default);

        Assert.Equal(keys[..3], times.Keys);
        Assert.Equal(snapshot.ItemKeys, times.Keys);
        Assert.Equal(snapshot.ItemTimes, times.Times);
        Assert.Equal(keys[1..2], (await _items.ReadFeatureTimesAsync(dataset, keys.AsMemory(1, 1), default)).Keys);
        Assert.Empty((await _items.ReadFeatureTimesAsync(dataset, ReadOnlyMemory<long>.Empty, default)).Keys);
        Assert.Empty((await _items.ReadFeatureTimesAsync(await Some.DatasetAsync(database), keys, default)).Keys);
    }

    [Fact]
    public async Task An_item_that_is_written_again_has_another_time_and_others_keep_theirs()
    {
        var dataset = await Some.DatasetAsync(database, items: 2, labelers: 1);
        var keys = await KeysAsync(dataset);
        var before = await _items.ReadFeatureTimesAsync(dataset, keys, default);
        await _items.UpsertAsync(dataset, [Some.Item("i1", features: [5, 6])], null, default);
        var features = await _items.ReadFeatureTimesAsync(dataset, keys, default);
        await database.Get<GoldStore>().SetAsync(dataset, [new GoldWrite("i1", 1)], null, default);
        var gold = await _items.ReadFeatureTimesAsync(dataset, keys, default);

        Assert.Equal(before.Times[0], gold.Times[0]);
        Assert.True(before.Times[1] < features.Times[1] && features.Times[1] < gold.Times[1]);
    }

    [Fact]
    public async Task Items_annotated_before_a_moment_are_those_with_older_revised_or_retracted_annotations()
    {
        var dataset = await Some.DatasetAsync(database, items: 5, labelers: 2);
        var annotations = database.Get<AnnotationStore>();
        var keys = await KeysAsync(dataset);
        await annotations.WriteAsync(
            dataset, [Some.Annotation(0, 0, 1), Some.Annotation(1, 0, 1), Some.Annotation(2, 0, 1)], UnknownLabelers.Reject, null, default);
        var moment = DateTimeOffset.MinValue;
        await using (var now = database.Get<Npgsql.NpgsqlDataSource>().CreateCommand("SELECT clock_timestamp()"))
        {
            moment = new DateTimeOffset((DateTime)(await now.ExecuteScalarAsync())!);
        }

        await annotations.WriteAsync(dataset, [Some.Annotation(0, 1, 2), Some.Annotation(1, 0, 2), Some.Annotation(3, 0, 1)], UnknownLabelers.Reject, null, default);
        await annotations.RetractAsync(dataset, "i2", "l0", null, default);

        Assert.Equal(keys[..3], await annotations.ItemsAnnotatedBeforeAsync(dataset, moment, default));
        Assert.Equal(keys[..4], await annotations.ItemsAnnotatedBeforeAsync(dataset, moment.AddHours(1), default));
        Assert.Equal(keys[1..3], await annotations.ItemsAnnotatedBeforeAsync(dataset, moment.AddHours(-1), default));
    }

    private async Task<long[]> KeysAsync(DatasetRecord dataset) =>
        [.. (await _items.ListAsync(dataset, new ItemFilter(), 0, 100, default)).Select(item => item.Key)];
}
