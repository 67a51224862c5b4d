using LabelerService.Core.Errors;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Ingest;
using LabelerService.Storage.Items;
using LabelerService.TestKit.Postgres;

namespace LabelerService.Storage.Tests.Items;

public sealed class ItemDeletionTests(PostgresFixture database) : IClassFixture<PostgresFixture>
{
    private readonly ItemStore _store = database.Get<ItemStore>();
    private readonly AnnotationStore _annotations = database.Get<AnnotationStore>();

    [Fact]
    public async Task An_item_goes_with_its_annotations_and_their_history()
    {
        var dataset = await Some.DatasetAsync(database, items: 3, labelers: 4);
        await AnnotateAsync(dataset, 3, 4, 0);
        await AnnotateAsync(dataset, 3, 4, 1);
        var key = (await _store.GetAsync(dataset, "i1", default)).Key;

        Assert.True(await _store.DeleteAsync(dataset, key, default));
        Assert.False(await _store.DeleteAsync(dataset, key, default));

        Assert.Null(await _store.FindAsync(dataset, key, default));
        Assert.Equal(8, await CountAsync("SELECT count(*) FROM annotations WHERE dataset_id = $1", dataset));
        Assert.Equal(8, await CountAsync("SELECT count(*) FROM annotation_history WHERE dataset_id = $1", dataset));
        Assert.Equal(0, await OrphansAsync(dataset));
        Assert.Equal(8, await CountAsync("SELECT sum(annotations)::bigint FROM dataset_usage WHERE dataset_id = $1", dataset));

        // The id is free again, and is another item.
        await _store.UpsertAsync(dataset, [Some.Item("i1")], null, default);
        Assert.NotEqual(key, (await _store.GetAsync(dataset, "i1", default)).Key);
        await AnnotateAsync(dataset, 3, 4, 1);
        Assert.Equal(0, await OrphansAsync(dataset));
        Assert.Equal(12, await _annotations.CountAsync(dataset, default));
    }

    [Fact]
    public async Task A_batch_is_deleted_whole_or_not_at_all()
    {
        var dataset = await Some.DatasetAsync(database, items: 5, labelers: 2);
        await AnnotateAsync(dataset, 5, 2, 0);
        var missing = await Some.FailsAsync(
            ErrorKind.NotFound, "item_ids[1]", () => _store.DeleteAsync(dataset, ["i0", "none", "i1", "neither"], allowMissing: false, null, default));
        Assert.Equal(["item_ids[1]", "item_ids[3]"], missing.Violations.Select(violation => violation.Field));
        Assert.Equal(5, (await database.Get<DatasetStore>().CountAsync(dataset, default)).Items);

        Assert.Equal(new ItemDeleteResult(2, 4), await _store.DeleteAsync(dataset, ["i0", "none", "i1", "i0"], allowMissing: true, null, default));
        Assert.Equal(new ItemDeleteResult(0, 0), await _store.DeleteAsync(dataset, ["i0"], allowMissing: true, null, default));
        await Some.FailsAsync(ErrorKind.InvalidArgument, "item_ids[0]", () => _store.DeleteAsync(dataset, [""], true, null, default));
    }

    [Fact]
    public async Task A_repeated_request_gives_the_first_answer()
    {
        var dataset = await Some.DatasetAsync(database, items: 2, labelers: 1);
        var request = Some.Request();
        Assert.Equal(new ItemDeleteResult(1, 0), await _store.DeleteAsync(dataset, ["i0"], allowMissing: false, request, default));
        await _store.UpsertAsync(dataset, [Some.Item("i0")], null, default);
        Assert.Equal(new ItemDeleteResult(1, 0), await _store.DeleteAsync(dataset, ["i0"], allowMissing: false, request, default));
        Assert.Equal("i0", (await _store.GetAsync(dataset, "i0", default)).ItemId);
    }

    [Fact]
    public async Task Other_datasets_keep_items_of_the_same_id()
    {
        var dataset = await Some.DatasetAsync(database, items: 2, labelers: 1);
        var other = await Some.DatasetAsync(database, items: 2, labelers: 1);
        await _store.DeleteAsync(dataset, ["i0", "i1"], allowMissing: false, null, default);
        Assert.Equal(2, (await database.Get<DatasetStore>().CountAsync(other, default)).Items);
    }

    [Fact]
    public async Task No_annotation_ever_outlives_its_item_under_concurrent_ingestion()
    {
        const int Items = 60, Labelers = 8;
        var dataset = await Some.DatasetAsync(database, items: Items, labelers: Labelers);
        await using var replica = PostgresFixture.Storage(database.ConnectionString);
        AnnotationStore[] writers = [_annotations, (AnnotationStore)replica.GetService(typeof(AnnotationStore))!];
        using var done = new CancellationTokenSource();
        var written = 0;
        var ingestion = Enumerable.Range(0, 4).Select(writer => Task.Run(async () =>
        {
            var random = new Random(writer);
            while (!done.IsCancellationRequested)
            {
                var batch = Enumerable.Range(0, 40).Select(_ => random.Next(Items * Labelers)).Distinct()
                    .Select(key => Some.Annotation(key / Labelers, key % Labelers, random.Next(3))).ToArray();
                try
                {
                    await writers[writer % 2].WriteAsync(dataset, batch, UnknownLabelers.Reject, null, default);
                    Interlocked.Increment(ref written);
                }
                catch (ServiceException error) when (error.Kind == ErrorKind.NotFound)
                {
                    // An item of the batch was gone: the batch is refused whole.
                }
            }
        })).ToArray();

        var chance = new Random(99);
        for (var round = 0; round < 60 || Volatile.Read(ref written) < 20; round++)
        {
            string[] some = [.. Enumerable.Range(0, 5).Select(_ => $"i{chance.Next(Items)}")];
            await _store.DeleteAsync(dataset, some, allowMissing: true, null, default);
            Assert.Equal(0, await OrphansAsync(dataset));
            await _store.UpsertAsync(dataset, [.. some.Distinct().Select(id => Some.Item(id))], null, default);
        }

        await done.CancelAsync();
        await Task.WhenAll(ingestion);
        Assert.Equal(0, await OrphansAsync(dataset));
        Assert.Equal(
            await CountAsync("SELECT count(*) FROM annotations WHERE dataset_id = $1", dataset),
            await CountAsync("SELECT sum(annotations)::bigint FROM dataset_usage WHERE dataset_id = $1", dataset));
    }

    private Task AnnotateAsync(DatasetRecord dataset, int items, int labelers, int classIndex) => _annotations.WriteAsync(
        dataset, [.. Enumerable.Range(0, items * labelers).Select(key => Some.Annotation(key / labelers, key % labelers, classIndex))],
        UnknownLabelers.Reject, null, default);

    private Task<long> OrphansAsync(DatasetRecord dataset) => CountAsync(
        """
        SELECT count(*) FROM (
            SELECT item_key FROM annotations WHERE dataset_id = $1 UNION ALL SELECT item_key FROM annotation_history WHERE dataset_id = $1) a
        WHERE NOT EXISTS (SELECT 1 FROM items i WHERE i.dataset_id = $1 AND i.item_key = a.item_key)
        """,
        dataset);

    private async Task<long> CountAsync(string sql, DatasetRecord dataset)
    {
        await using var connection = new Npgsql.NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync();
        await using var command = new Npgsql.NpgsqlCommand(sql, connection);
        command.Parameters.AddWithValue(dataset.Key);
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
