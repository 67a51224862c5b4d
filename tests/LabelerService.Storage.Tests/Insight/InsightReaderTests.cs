using LabelerService.Core.Datasets;
using LabelerService.Core.Errors;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Ingest;
using LabelerService.Storage.Insight;
using LabelerService.Storage.Items;
using LabelerService.Storage.Labelers;
using LabelerService.TestKit.Crowds;
using LabelerService.TestKit.Postgres;
using Npgsql;

namespace LabelerService.Storage.Tests.Insight;

public sealed class InsightReaderTests(PostgresFixture database) : IClassFixture<PostgresFixture>
{
    private static readonly UnknownIds Register = new(UnknownLabelers.Register, UnknownItems.Register);

    private readonly InsightReader _reader = database.Get<InsightReader>();
    private readonly AnnotationStore _annotations = database.Get<AnnotationStore>();
    private readonly ItemStore _items = database.Get<ItemStore>();

    [Fact]
    public async Task A_stored_crowd_reads_back_exactly()
    {
        var crowd = SimulatedCrowd.Create(new SimulatedCrowdOptions { Dataset = "insight-exact", Items = 300, Classes = 4 });
        var dataset = await crowd.LoadAsync(database.Services);

        var read = await ReadAsync(dataset);

        var expected = crowd.Snapshot;
        Assert.Equal(InsightReadKind.Full, read.Kind);
        Assert.Equal(expected.Annotations.Count, read.RowsRead);
        Assert.Equal(expected.Gold, read.Data.Gold);
        Assert.Equal(expected.Gold.Count(gold => gold >= 0), read.Data.GoldCount);
        Assert.Equal(expected.LabelerIds, read.Data.LabelerIds);
        Assert.Equal(expected.ItemIds, await _reader.ItemIdsAsync(dataset, read.Data.ItemKeys, default));
        Assert.Equal(expected.Annotations.Items.ToArray(), read.Data.Table.Items.ToArray());
        Assert.Equal(expected.Annotations.Labelers.ToArray(), read.Data.Table.Labelers.ToArray());
        Assert.Equal(expected.Annotations.Classes.ToArray(), read.Data.Table.Classes.ToArray());
    }

    [Fact]
    public async Task Items_without_features_count_and_times_and_durations_stand_beside_their_annotations()
    {
        var dataset = await Some.DatasetAsync(database, items: 2, labelers: 1);
        var noon = new DateTimeOffset(2025, 6, 1, 12, 0, 0, 123, TimeSpan.Zero);
        await _items.UpsertAsync(dataset, [new ItemWrite("bare", Split.Test, default, GoldClass: 2)], null, default);
        await _annotations.WriteAsync(
            dataset,
            [
                new AnnotationWrite("bare", "l0", 1, DurationMs: 1_500, AnnotatedAt: noon), new AnnotationWrite("i1", "l0", 0),
                new AnnotationWrite("i0", "new", 2, DurationMs: 0, AnnotatedAt: new DateTimeOffset(1969, 12, 31, 23, 59, 59, 999, TimeSpan.Zero)),
            ],
            Register, null, default);
        await _annotations.WriteAsync(dataset, [new AnnotationWrite("i0", "l0", 0)], Register, null, default);
        await _annotations.RetractAsync(dataset, "i0", "l0", null, default);

        var data = (await ReadAsync(dataset)).Data;

        Assert.Equal([-1, -1, 2], data.Gold);
        Assert.Equal(["l0", "new"], data.LabelerIds);
        Assert.Equal([0, 1, 2], data.Table.Items.ToArray());
        Assert.Equal([1, 0, 0], data.Table.Labelers.ToArray());
        Assert.Equal([2, 0, 1], data.Table.Classes.ToArray());
        Assert.Equal([0, -1, 1_500], data.DurationsMs);
        Assert.Equal([-1, noon.ToUnixTimeMilliseconds()], [data.Times[0], data.Times[2]]);
        Assert.InRange(data.Times[1], (data.ReadTime - TimeSpan.FromHours(1)).ToUnixTimeMilliseconds(), data.ReadTime.ToUnixTimeMilliseconds());
    }

    [Fact]
    public async Task Where_nothing_has_changed_nothing_is_read()
    {
        var dataset = await Some.DatasetAsync(database, items: 2, labelers: 2);
        await _annotations.WriteAsync(dataset, [Some.Annotation(0, 0, 1)], UnknownLabelers.Reject, null, default);
        var before = (await ReadAsync(dataset)).Data;

        // The same again, and a change that insight does not show.
        await _annotations.WriteAsync(dataset, [Some.Annotation(0, 0, 1)], UnknownLabelers.Reject, null, default);
        await _annotations.RetractAsync(dataset, "i1", "l1", null, default);
        await database.Get<LabelerStore>().UpdateAsync(dataset, "l0", new LabelerChange("Anna", null), null, default);

        Assert.Equal(before.State, await _reader.StateAsync(dataset, default));
        var read = await ReadAsync(dataset, before);
        Assert.Equal(InsightReadKind.Unchanged, read.Kind);
        Assert.Same(before, read.Data);
    }

    [Fact]
    public async Task Each_kind_of_change_makes_another_state_and_is_merged()
    {
        var dataset = await FilledAsync();
        var data = (await ReadAsync(dataset)).Data;
        HashSet<InsightState> states = [data.State];
        foreach (var (rows, change) in ((int, Func<Task>)[])
        [
            (1, () => _annotations.WriteAsync(dataset, [Some.Annotation(5, 1, 2)], UnknownLabelers.Reject, null, default)),
            (1, () => _annotations.RetractAsync(dataset, "i7", "l0", null, default)),
            (1, () => _annotations.WriteAsync(dataset, [Some.Annotation(7, 0, 1)], UnknownLabelers.Reject, null, default)),
            (2, () => _annotations.WriteAsync(dataset, [new AnnotationWrite("i9", "l9", 1), new AnnotationWrite("unknown", "l1", 0)], Register, null, default)),
            (0, () => _items.UpsertAsync(dataset, [Some.Item("later", Split.Test, gold: 1)], null, default)),
            (0, () => database.Get<GoldStore>().SetAsync(dataset, [new GoldWrite("i3", 1), new GoldWrite("later", null)], null, default)),
            (0, () => database.Get<GoldStore>().SetAsync(dataset, [new GoldWrite("i3", 2)], null, default)),
            (0, () => _items.UpsertAsync(dataset, [Some.Item("i4", gold: 0)], null, default)),
            (0, () => database.Get<LabelerStore>().RegisterAsync(dataset, [new LabelerWrite("idle")], null, default)),
        ])
        {
            await change();
            Assert.True(states.Add(await _reader.StateAsync(dataset, default)));
            var read = await ReadAsync(dataset, data);
            Assert.Equal(InsightReadKind.Incremental, read.Kind);
            Assert.Equal(rows, read.RowsRead);
            IsTheSame((await ReadAsync(dataset)).Data, read.Data);
            data = read.Data;
        }
    }

    [Fact]
    public async Task What_began_before_a_reading_and_was_committed_after_it_is_not_lost()
    {
        var dataset = await FilledAsync();
        var started = new TaskCompletionSource();
        var goOn = new TaskCompletionSource();
        var stream = _annotations.WriteAllAsync(dataset, SlowlyAsync(), Register, default);
        await started.Task;

        // Committed while the stream is open: its item gets the greater key, and the reading sees it but not the stream's.
        await _annotations.WriteAsync(dataset, [new AnnotationWrite("second", "l1", 2)], Register, null, default);
        var between = (await ReadAsync(dataset)).Data;
        var ids = await _reader.ItemIdsAsync(dataset, between.ItemKeys, default);
        Assert.Contains("second", ids);
        Assert.DoesNotContain("first", ids);
        await _annotations.WriteAsync(dataset, [Some.Annotation(20, 1, 2)], UnknownLabelers.Reject, null, default);

        goOn.SetResult();
        await stream;
        var read = await ReadAsync(dataset, between);

        Assert.Equal(InsightReadKind.Incremental, read.Kind);
        IsTheSame((await ReadAsync(dataset)).Data, read.Data);
        ids = await _reader.ItemIdsAsync(dataset, read.Data.ItemKeys, default);
        Assert.Equal(["first", "second"], ids.TakeLast(2));

        async IAsyncEnumerable<IReadOnlyList<AnnotationWrite>> SlowlyAsync()
        {
            yield return [new AnnotationWrite("first", "late", 1), Some.Annotation(3, 0, 2)];
            yield return [Some.Annotation(4, 1, 1)];
            started.SetResult();
            await goOn.Task;
            yield return [Some.Annotation(21, 1, 0)];
        }
    }

    [Fact]
    public async Task A_deletion_has_everything_read()
    {
        var dataset = await FilledAsync();
        var data = (await ReadAsync(dataset)).Data;
        await _items.DeleteAsync(dataset, ["i2"], false, null, default);
        var withoutItem = await ReadAsync(dataset, data);
        Assert.Equal(InsightReadKind.Full, withoutItem.Kind);
        Assert.Equal(data.ItemKeys.Length - 1, withoutItem.Data.ItemKeys.Length);

        await database.Get<LabelerStore>().DeleteAsync(dataset, "l1", true, null, default);
        var withoutLabeler = await ReadAsync(dataset, withoutItem.Data);
        Assert.Equal(InsightReadKind.Full, withoutLabeler.Kind);
        Assert.DoesNotContain("l1", withoutLabeler.Data.LabelerIds);
    }

    [Fact]
    public async Task Where_the_log_of_transactions_was_pruned_everything_is_read()
    {
        var dataset = await FilledAsync();
        var data = (await ReadAsync(dataset)).Data;
        await _annotations.WriteAsync(dataset, [Some.Annotation(5, 1, 2)], UnknownLabelers.Reject, null, default);
        Assert.True(await _reader.PruneAsync(TimeSpan.Zero, default) > 0);
        await _annotations.WriteAsync(dataset, [Some.Annotation(6, 1, 2)], UnknownLabelers.Reject, null, default);

        var read = await ReadAsync(dataset, data);

        Assert.Equal(InsightReadKind.Full, read.Kind);
        Assert.Equal(2, read.Data.Table.Count - data.Table.Count);
    }

    [Fact]
    public async Task Where_a_writer_forgot_to_note_what_it_wrote_everything_is_read()
    {
        var dataset = await FilledAsync();
        var data = (await ReadAsync(dataset)).Data;

        // As a server of before the log does: the item counts, but is not noted as changed.
        await using (var connection = await database.Get<NpgsqlDataSource>().OpenConnectionAsync())
        {
            await using var forgetful = new NpgsqlCommand(
                $"""
                INSERT INTO items (dataset_id, external_id, split, feature_encoding) VALUES ({dataset.Key}, 'forgotten', 1, 1);
                SELECT add_dataset_usage({dataset.Key}, 1, 0, 0, 0, 0);
                """,
                connection);
            await forgetful.ExecuteNonQueryAsync();
        }

        await _annotations.WriteAsync(dataset, [new AnnotationWrite("forgotten", "l1", 2)], UnknownLabelers.Reject, null, default);
        var read = await ReadAsync(dataset, data);
        Assert.Equal(InsightReadKind.Full, read.Kind);
        Assert.Equal((31, 31), (read.Data.ItemKeys.Length, read.Data.Table.Count));
    }

    [Fact]
    public async Task Where_most_is_new_everything_is_read()
    {
        var dataset = await FilledAsync();
        var data = (await ReadAsync(dataset)).Data;
        await _annotations.WriteAsync(
            dataset, [.. Enumerable.Range(0, 30).Select(i => Some.Annotation(i, 2, 1))], UnknownLabelers.Reject, null, default);
        Assert.Equal(InsightReadKind.Full, (await ReadAsync(dataset, data)).Kind);
    }

    [Fact]
    public async Task Random_changes_by_many_at_once_are_merged_as_if_all_had_been_read()
    {
        var dataset = await FilledAsync();
        var seeds = new Random(7);
        var data = (await ReadAsync(dataset)).Data;
        for (var round = 0; round < 12; round++)
        {
            var writers = Enumerable.Range(0, 4).Select(_ => WriteAsync(seeds.Next())).ToArray();

            // In the middle of it, from whatever was there before.
            data = (await ReadAsync(dataset, data)).Data;
            await Task.WhenAll(writers);
            var read = await ReadAsync(dataset, data);
            Assert.NotEqual(InsightReadKind.Full, read.Kind);
            IsTheSame((await ReadAsync(dataset)).Data, read.Data);
            data = read.Data;
        }

        async Task WriteAsync(int seed)
        {
            var random = new Random(seed);
            await _annotations.WriteAsync(
                dataset,
                [
                    .. Enumerable.Range(0, 4).Select(_ => (Item: random.Next(45), Labeler: random.Next(5))).Distinct().Select(pair => random.Next(4) == 0
                        ? AnnotationWrite.Retraction($"i{pair.Item}", $"l{pair.Labeler}")
                        : Some.Annotation(pair.Item, pair.Labeler, random.Next(3))),
                ],
                Register, null, default);
            await database.Get<GoldStore>().SetAsync(dataset, [new GoldWrite($"i{random.Next(30)}", random.Next(4) is var gold and < 3 ? gold : null)], null, default);
        }
    }

    [Fact]
    public async Task A_dataset_with_more_annotations_than_allowed_is_refused_before_it_is_read()
    {
        var dataset = await FilledAsync();
        var error = await Some.FailsAsync(ErrorKind.FailedPrecondition, () => _reader.ReadAsync(dataset, null, 10, null, default));
        Assert.Equal("INSIGHT_TOO_LARGE", error.Reason);
    }

    [Fact]
    public async Task A_deleted_dataset_is_not_found_and_an_empty_one_is_empty()
    {
        var dataset = await Some.DatasetAsync(database);
        var data = (await ReadAsync(dataset)).Data;
        Assert.Equal((0, 0, 0, 3), (data.Table.Count, data.Table.ItemCount, data.Table.LabelerCount, data.Table.ClassCount));
        await database.Get<DatasetStore>().DeleteAsync(dataset.Id, null, default);
        await Some.FailsAsync(ErrorKind.NotFound, () => ReadAsync(dataset));
        await Some.FailsAsync(ErrorKind.NotFound, () => _reader.StateAsync(dataset, default));
    }

    [Fact]
    public async Task Ids_of_items_are_found_by_key_and_keys_by_id()
    {
        var dataset = await Some.DatasetAsync(database, items: 3, labelers: 0);
        var keys = await _reader.ItemKeysAsync(dataset, ["i2", "none", "i0"], default);
        Assert.Equal(["i0", "i2"], keys.Keys.Order());
        var ids = await _reader.ItemIdsAsync(dataset, [keys["i2"], -1, keys["i0"]], default);
        Assert.Equal((3, "i2", null, "i0"), (ids.Length, ids[0], ids[1], ids[2]));
    }

    /// <summary>30 items; labelers l0 of all and l1 and l2 of none; gold of i0.</summary>
    private async Task<DatasetRecord> FilledAsync()
    {
        var dataset = await Some.DatasetAsync(database, items: 30, labelers: 3);
        await _annotations.WriteAsync(
            dataset, [.. Enumerable.Range(0, 30).Select(i => Some.Annotation(i, 0, i % 3))], UnknownLabelers.Reject, null, default);
        await database.Get<GoldStore>().SetAsync(dataset, [new GoldWrite("i0", 0)], null, default);
        return dataset;
    }

    private Task<InsightRead> ReadAsync(DatasetRecord dataset, InsightData? before = null) => _reader.ReadAsync(dataset, before, 1_000_000, null, default);

    private static void IsTheSame(InsightData expected, InsightData actual)
    {
        Assert.Equal(expected.State, actual.State);
        Assert.Equal(expected.ItemKeys, actual.ItemKeys);
        Assert.Equal(expected.Gold, actual.Gold);
        Assert.Equal(expected.GoldCount, actual.GoldCount);
        Assert.Equal(expected.LabelerKeys, actual.LabelerKeys);
        Assert.Equal(expected.LabelerIds, actual.LabelerIds);
        Assert.Equal(expected.Table.Items.ToArray(), actual.Table.Items.ToArray());
        Assert.Equal(expected.Table.Labelers.ToArray(), actual.Table.Labelers.ToArray());
        Assert.Equal(expected.Table.Classes.ToArray(), actual.Table.Classes.ToArray());
        Assert.Equal(expected.Times, actual.Times);
        Assert.Equal(expected.DurationsMs, actual.DurationsMs);
    }
}
