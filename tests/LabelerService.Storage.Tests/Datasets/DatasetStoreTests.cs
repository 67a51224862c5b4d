using LabelerService.Core.Datasets;
using LabelerService.Core.Errors;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Ingest;
using LabelerService.Storage.Items;
using LabelerService.TestKit.Crowds;
using LabelerService.TestKit.Postgres;
using Npgsql;

namespace LabelerService.Storage.Tests.Datasets;

public sealed class DatasetStoreTests(PostgresFixture database) : IClassFixture<PostgresFixture>
{
    private readonly DatasetStore _store = database.Get<DatasetStore>();

    [Fact]
    public async Task A_created_dataset_reads_back_as_written()
    {
        var schema = new DatasetSchema(["none", "mild", "severe"], LabelKind.Ordinal, ItemKind.Image, [28, 28, 1]);
        var created = await _store.CreateAsync(
            new DatasetWrite("reads-back", schema, "Reads back", new Dictionary<string, string> { ["team"] = "eye" }), null, default);

        var read = await _store.GetAsync("reads-back", default);

        Assert.Equal(schema.Classes, read.Schema.Classes);
        Assert.Equal(schema.ItemShape, read.Schema.ItemShape);
        Assert.Equal((LabelKind.Ordinal, ItemKind.Image), (read.Schema.LabelKind, read.Schema.ItemKind));
        Assert.Equal(784, read.Schema.FeatureLength);
        Assert.Equal("eye", Assert.Single(read.Tags).Value);
        Assert.Equal((created.Key, created.Uid, created.Version, "Reads back"), (read.Key, read.Uid, read.Version, read.DisplayName));
        Assert.Equal(created.CreateTime, read.CreateTime);
    }

    [Fact]
    public async Task A_taken_id_is_refused_and_the_first_dataset_stays()
    {
        var first = await _store.CreateAsync(new DatasetWrite("taken", Some.Schema()), null, default);
        await Some.FailsAsync(
            ErrorKind.AlreadyExists, "dataset_id", () => _store.CreateAsync(new DatasetWrite("taken", Some.Schema(classes: 5)), null, default));
        Assert.Equal(first.Uid, (await _store.GetAsync("taken", default)).Uid);
    }

    [Fact]
    public async Task Repeating_a_create_with_its_request_id_returns_the_first_answer()
    {
        var request = Some.Request();
        var first = await _store.CreateAsync(new DatasetWrite("repeated", Some.Schema()), request, default);
        var second = await _store.CreateAsync(new DatasetWrite("repeated", Some.Schema()), request, default);
        Assert.Equal((first.Key, first.Uid, first.CreateTime), (second.Key, second.Uid, second.CreateTime));
        Assert.Equal(first.Schema.Classes, second.Schema.Classes);
    }

    [Fact]
    public async Task A_request_id_cannot_be_used_for_another_body_or_method()
    {
        var request = Some.Request("one");
        await _store.CreateAsync(new DatasetWrite("request-once", Some.Schema()), request, default);
        await Some.FailsAsync(
            ErrorKind.InvalidArgument, "request_id",
            () => _store.CreateAsync(new DatasetWrite("request-twice", Some.Schema()), Some.Request("two", request.Id), default));
        await Some.FailsAsync(
            ErrorKind.InvalidArgument, "request_id",
            () => _store.CreateAsync(new DatasetWrite("request-twice", Some.Schema()), request with { Method = "other" }, default));
        Assert.Null(await _store.FindAsync("request-twice", default));
    }

    [Fact]
    public async Task A_failed_request_does_not_burn_its_request_id()
    {
        var request = Some.Request();
        await _store.CreateAsync(new DatasetWrite("blocker", Some.Schema()), null, default);
        await Some.FailsAsync(ErrorKind.AlreadyExists, () => _store.CreateAsync(new DatasetWrite("blocker", Some.Schema()), request, default));
        await _store.DeleteAsync("blocker", null, default);
        Assert.Equal("blocker", (await _store.CreateAsync(new DatasetWrite("blocker", Some.Schema()), request, default)).Id);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Upper")]
    [InlineData("under_score")]
    [InlineData("../up")]
    [InlineData("a\n")]
    [InlineData("nul\0")]
    [InlineData("ä")]
    public async Task An_id_outside_the_alphabet_is_refused(string id)
    {
        await Some.FailsAsync(ErrorKind.InvalidArgument, "dataset_id", () => _store.CreateAsync(new DatasetWrite(id, Some.Schema()), null, default));
        await Some.FailsAsync(ErrorKind.NotFound, () => _store.GetAsync(id, default));
    }

    [Fact]
    public async Task An_id_of_64_characters_is_refused_and_one_of_63_is_not()
    {
        await Some.FailsAsync(
            ErrorKind.InvalidArgument, "dataset_id", () => _store.CreateAsync(new DatasetWrite(new string('a', 64), Some.Schema()), null, default));
        Assert.Equal(63, (await _store.CreateAsync(new DatasetWrite(new string('a', 63), Some.Schema()), null, default)).Id.Length);
    }

    [Fact]
    public async Task Pages_cover_all_datasets_in_byte_order_once()
    {
        foreach (var id in (string[])["page-b", "page-a", "page--", "page-0", "page-z"])
        {
            await _store.CreateAsync(new DatasetWrite(id, Some.Schema()), null, default);
        }

        List<string> seen = [];
        for (string? after = null; ;)
        {
            var page = await _store.ListAsync(after, 2, default);
            if (page.Count == 0)
            {
                break;
            }

            seen.AddRange(page.Select(dataset => dataset.Id));
            after = page[^1].Id;
        }

        Assert.Equal(seen.Order(StringComparer.Ordinal).Distinct(), seen);
        Assert.Equal(["page--", "page-0", "page-a", "page-b", "page-z"], seen.Where(id => id.StartsWith("page-", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task An_update_with_an_old_version_is_refused()
    {
        var created = await _store.CreateAsync(new DatasetWrite("etag", Some.Schema()), null, default);
        var updated = await _store.UpdateAsync("etag", new DatasetChange(DisplayName: "new"), created.Version, default);
        var exception = await Some.FailsAsync(
            ErrorKind.Aborted, () => _store.UpdateAsync("etag", new DatasetChange(DisplayName: "late"), created.Version, default));
        Assert.Equal("ETAG_MISMATCH", exception.Reason);
        Assert.Equal(("new", created.Version + 1), (updated.DisplayName, updated.Version));
        Assert.Equal("new", (await _store.GetAsync("etag", default)).DisplayName);
        Assert.Equal("free", (await _store.UpdateAsync("etag", new DatasetChange(DisplayName: "free"), null, default)).DisplayName);
    }

    [Fact]
    public async Task An_update_leaves_what_it_does_not_name()
    {
        await _store.CreateAsync(
            new DatasetWrite("partial", Some.Schema(), "name", new Dictionary<string, string> { ["k"] = "v" }), null, default);
        var updated = await _store.UpdateAsync("partial", new DatasetChange(Tags: new Dictionary<string, string>()), null, default);
        Assert.Equal("name", updated.DisplayName);
        Assert.Empty(updated.Tags);
    }

    [Fact]
    public async Task Counts_follow_what_is_stored()
    {
        var crowd = SimulatedCrowd.Create(new SimulatedCrowdOptions { Dataset = "counted", Items = 100 });
        var dataset = await crowd.LoadAsync(database.Services);
        await database.Get<AnnotationStore>().RetractAsync(
            dataset, crowd.AnnotationWrites()[0].ItemId, crowd.AnnotationWrites()[0].LabelerId, null, default);
        await database.Get<ItemStore>().UpsertAsync(dataset, [new ItemWrite("bare", Split.Train, default)], null, default);

        var counts = await _store.CountAsync(dataset, default);

        Assert.Equal(new DatasetCounts(101, 100, 10, crowd.AnnotationWrites().Count - 1, 40, 61, 20, 20), counts);
    }

    [Fact]
    public async Task Counts_that_are_remembered_follow_every_kind_of_write()
    {
        var dataset = await Some.DatasetAsync(database, items: 3, labelers: 1);
        var items = database.Get<ItemStore>();
        await CountsAsync(new DatasetCounts(3, 3, 1, 0, 0, 3, 0, 0));
        await CountsAsync(new DatasetCounts(3, 3, 1, 0, 0, 3, 0, 0));
        await items.UpsertAsync(dataset, [Some.Item("i0", Split.Test)], null, default);
        await CountsAsync(new DatasetCounts(3, 3, 1, 0, 0, 2, 0, 1));
        await database.Get<GoldStore>().SetAsync(dataset, [new GoldWrite("i0", 1)], null, default);
        await CountsAsync(new DatasetCounts(3, 3, 1, 0, 1, 2, 0, 1));
        await database.Get<GoldStore>().SetAsync(dataset, [new GoldWrite("i0", null)], null, default);
        await CountsAsync(new DatasetCounts(3, 3, 1, 0, 0, 2, 0, 1));
        await database.Get<AnnotationStore>().WriteAsync(dataset, [Some.Annotation(0, 0, 0)], UnknownLabelers.Reject, null, default);
        await CountsAsync(new DatasetCounts(3, 3, 1, 1, 0, 2, 0, 1));
        await items.UpsertAsync(dataset, [new ItemWrite("bare", Split.Train, default)], null, default);
        await CountsAsync(new DatasetCounts(4, 3, 1, 1, 0, 3, 0, 1));
        await items.UpsertAsync(dataset, [Some.Item("bare")], null, default);
        await CountsAsync(new DatasetCounts(4, 4, 1, 1, 0, 3, 0, 1));

        // One goes and one comes: as many as before, and yet not the same.
        Assert.True(await items.DeleteAsync(dataset, (await items.GetAsync(dataset, "bare", default)).Key, default));
        await items.UpsertAsync(dataset, [Some.Item("new", Split.Validation)], null, default);
        await CountsAsync(new DatasetCounts(4, 4, 1, 1, 0, 2, 1, 1));

        async Task CountsAsync(DatasetCounts expected) => Assert.Equal(expected, await _store.CountAsync(dataset, default));
    }

    [Fact]
    public async Task Deleting_leaves_no_row_of_the_dataset_in_any_table_and_none_of_another_is_touched()
    {
        var stays = await SimulatedCrowd.Create(new SimulatedCrowdOptions { Dataset = "stays", Items = 30 }).LoadAsync(database.Services);
        var goes = await SimulatedCrowd.Create(new SimulatedCrowdOptions { Dataset = "goes", Items = 30 }).LoadAsync(database.Services);
        await database.Get<AnnotationStore>().RetractAsync(goes, "item-0", "labeler-" + await AnyLabelerAsync(goes), Some.Request(), default);
        var before = await _store.CountAsync(stays, default);

        await _store.DeleteAsync("goes", null, default);

        await using var connection = await database.Get<NpgsqlDataSource>().OpenConnectionAsync();
        await using var command = new NpgsqlCommand(
            "SELECT table_name FROM information_schema.columns WHERE column_name = 'dataset_id' AND table_schema = 'public'", connection);
        List<string> tables = [];
        await using (var reader = await command.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
            {
                tables.Add(reader.GetString(0));
            }
        }

        Assert.True(tables.Count >= 11);
        foreach (var table in tables)
        {
            await using var count = new NpgsqlCommand($"SELECT count(*) FROM {table} WHERE dataset_id = $1", connection);
            count.Parameters.Add(new NpgsqlParameter { Value = goes.Key });
            Assert.Equal((table, 0L), (table, (long)(await count.ExecuteScalarAsync())!));
        }

        Assert.Equal(before, await _store.CountAsync(stays, default));
        await Some.FailsAsync(ErrorKind.NotFound, () => _store.GetAsync("goes", default));
    }

    [Fact]
    public async Task Writing_to_a_deleted_dataset_through_a_cached_record_is_refused()
    {
        var dataset = await Some.DatasetAsync(database, items: 1, labelers: 1);
        await _store.DeleteAsync(dataset.Id, dataset.Version, default);
        await Some.FailsAsync(ErrorKind.NotFound, "dataset", () => database.Get<ItemStore>().UpsertAsync(dataset, [Some.Item("x")], null, default));
        await Some.FailsAsync(
            ErrorKind.NotFound, "dataset",
            () => database.Get<AnnotationStore>().WriteAsync(dataset, [Some.Annotation(0, 0, 0)], UnknownLabelers.Register, null, default));
        Assert.Equal(0, (await _store.CountAsync(dataset, default)).Labelers);
    }

    private async Task<string> AnyLabelerAsync(DatasetRecord dataset)
    {
        var annotations = await database.Get<AnnotationStore>().ListAsync(dataset, new AnnotationFilter("item-0"), default, 1, default);
        return annotations[0].LabelerId["labeler-".Length..];
    }
}
