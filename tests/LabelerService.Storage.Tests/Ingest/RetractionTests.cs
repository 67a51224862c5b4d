using LabelerService.Core.Datasets;
using LabelerService.Core.Errors;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Ingest;
using LabelerService.Storage.Items;
using LabelerService.Storage.Labelers;
using LabelerService.TestKit.Postgres;

namespace LabelerService.Storage.Tests.Ingest;

/// <summary>Annotations taken back, and labels that come before their items.</summary>
public sealed class RetractionTests(PostgresFixture database) : IClassFixture<PostgresFixture>
{
    private static readonly UnknownIds RegisterAll = new(UnknownLabelers.Register, UnknownItems.Register);

    private readonly AnnotationStore _store = database.Get<AnnotationStore>();

    [Fact]
    public async Task Taking_back_what_is_not_there_changes_nothing_and_registers_nobody()
    {
        var dataset = await Some.DatasetAsync(database, items: 1, labelers: 1);
        AnnotationWrite[] batch = [AnnotationWrite.Retraction("i0", "l0"), AnnotationWrite.Retraction("new", "l0"), AnnotationWrite.Retraction("i0", "nobody")];
        Assert.Equal(new AnnotationWriteResult(0, 0, 3), await _store.WriteAsync(dataset, batch, RegisterAll, null, default));
        var counts = await database.Get<DatasetStore>().CountAsync(dataset, default);
        Assert.Equal((1, 1, 0), (counts.Items, counts.Labelers, counts.Annotations));
        Assert.Empty(await _store.ListAsync(dataset, new AnnotationFilter(ShowRetracted: true), default, 10, default));
        await Some.FailsAsync(
            ErrorKind.NotFound, "annotations[1].item_id", () => _store.WriteAsync(dataset, batch, UnknownLabelers.Register, null, default));
    }

    [Fact]
    public async Task A_batch_creates_revises_retracts_and_leaves_alone_side_by_side()
    {
        var dataset = await Some.DatasetAsync(database, items: 5, labelers: 1);
        await WriteAsync(dataset, Some.Annotation(0, 0, 0) with { Confidence = 0.5f }, Some.Annotation(1, 0, 0), Some.Annotation(2, 0, 0), Some.Annotation(4, 0, 0));
        await WriteAsync(dataset, AnnotationWrite.Retraction("i4", "l0"));
        Assert.Equal(
            new AnnotationWriteResult(1, 2, 1, 1),
            await WriteAsync(
                dataset, AnnotationWrite.Retraction("i0", "l0"), Some.Annotation(1, 0, 2), Some.Annotation(2, 0, 0), Some.Annotation(3, 0, 1),
                Some.Annotation(4, 0, 1)));
        Assert.Equal(4, await _store.CountAsync(dataset, default));
        await Usage.AgreesAsync(database, dataset);
        var taken = (await _store.HistoryAsync(dataset, "i0", "l0", default)).Select(r => (r.Revision, r.ClassIndex, r.Confidence));
        Assert.Equal([(1, 0, 0.5f), (2, null, (float?)null)], taken);
    }

    [Fact]
    public async Task Revisions_come_newest_first_in_pages()
    {
        var dataset = await Some.DatasetAsync(database, items: 1, labelers: 1);
        for (var k = 0; k < 5; k++)
        {
            await WriteAsync(dataset, k % 2 == 0 ? Some.Annotation(0, 0, k % 3) : AnnotationWrite.Retraction("i0", "l0"));
        }

        var current = Assert.Single(await _store.ListAsync(dataset, new AnnotationFilter(), default, 10, default));
        var all = await _store.RevisionsAsync(dataset, current.ItemKey, current.LabelerKey, int.MaxValue, 10, default);
        Assert.Equal([(5, 1), (4, null), (3, 2), (2, null), (1, (int?)0)], all.Select(r => (r.Revision, r.ClassIndex)));
        var page = await _store.RevisionsAsync(dataset, current.ItemKey, current.LabelerKey, 4, 2, default);
        Assert.Equal([3, 2], page.Select(r => r.Revision));
        Assert.Equal(5, (await _store.FindAsync(dataset, current.ItemKey, current.LabelerKey, default))!.Revision);
        Assert.Null(await _store.FindAsync(dataset, current.ItemKey, current.LabelerKey + 1000, default));
    }

    [Fact]
    public async Task A_retraction_with_content_is_refused()
    {
        var dataset = await Some.DatasetAsync(database, items: 1, labelers: 1);
        await Some.FailsAsync(
            ErrorKind.InvalidArgument, "annotations[0].retracted",
            () => WriteAsync(dataset, AnnotationWrite.Retraction("i0", "l0") with { Confidence = 1 }));
    }

    [Fact]
    public async Task Labels_come_before_their_items_which_are_filled_in_later()
    {
        var dataset = await Some.DatasetAsync(database, items: 0, labelers: 0);
        var items = database.Get<ItemStore>();
        AnnotationWrite[] batch = [.. Enumerable.Range(0, 20).Select(i => Some.Annotation(i % 10, i / 10, i % 3))];
        Assert.Equal(new AnnotationWriteResult(20, 0, 0), await _store.WriteAsync(dataset, batch, RegisterAll, null, default));
        var early = await items.GetAsync(dataset, "i3", default);
        Assert.Equal((false, Split.Train), (early.HasFeatures, early.Split));
        await items.UpsertAsync(dataset, [Some.Item("i3", Split.Test, gold: 1, features: [3, 4])], null, default);
        var late = await items.GetAsync(dataset, "i3", default);
        Assert.Equal((early.Key, true, Split.Test, (int?)1), (late.Key, late.HasFeatures, late.Split, late.GoldClass));
        Assert.Equal(2, (await _store.ListAsync(dataset, new AnnotationFilter("i3"), default, 10, default)).Count);
        Assert.Equal(new AnnotationWriteResult(0, 0, 20), await WriteAsync(dataset, batch));
        await Usage.AgreesAsync(database, dataset);
    }

    [Fact]
    public async Task An_export_is_one_moment_in_order_of_item_and_labeler()
    {
        var dataset = await Some.DatasetAsync(database, items: 30, labelers: 3);
        await WriteAsync(dataset, [.. Enumerable.Range(0, 90).Select(i => Some.Annotation(i / 3, i % 3, i % 3) with { DurationMs = i })]);
        await WriteAsync(dataset, AnnotationWrite.Retraction("i7", "l1"));
        var read = new List<AnnotationRecord>();
        Assert.Equal(89, await _store.ExportAsync(dataset, showRetracted: false, async (record, token) =>
        {
            if (read.Count == 0)
            {
                // Comes after the snapshot.
                await WriteAsync(dataset, Some.Annotation(29, 2, 0), AnnotationWrite.Retraction("i28", "l0"));
            }

            read.Add(record);
        }, default));
        Assert.Equal(read.OrderBy(r => r.ItemKey).ThenBy(r => r.LabelerKey), read);
        Assert.Equal(
            Enumerable.Range(0, 90).Where(i => i != 22).Select(i => ($"i{i / 3}", $"l{i % 3}", (int?)(i % 3), (int?)i)),
            read.Select(r => (r.ItemId, r.LabelerId, r.ClassIndex, r.DurationMs)));
        var retracted = new List<string>();
        Assert.Equal(90, await _store.ExportAsync(dataset, showRetracted: true, (record, _) =>
        {
            if (record.ClassIndex is null)
            {
                retracted.Add($"{record.ItemId} {record.LabelerId} {record.Revision}");
            }

            return ValueTask.CompletedTask;
        }, default));
        Assert.Equal(["i7 l1 2", "i28 l0 2"], retracted);
    }

    [Fact]
    public async Task Writers_that_register_the_same_items_and_labelers_at_once_agree_on_one_of_each()
    {
        var dataset = await Some.DatasetAsync(database, items: 0, labelers: 0);
        var stores = new[] { _store, PostgresFixture.Storage(database.ConnectionString).GetService(typeof(AnnotationStore)) as AnnotationStore };
        await Task.WhenAll(Enumerable.Range(0, 8).Select(writer => Task.Run(() => stores[writer % 2]!.WriteAsync(
            dataset, [.. Enumerable.Range(0, 200).Select(i => Some.Annotation(writer % 2 == 0 ? i : 199 - i, writer, 0))], RegisterAll, null, default))));
        var counts = await database.Get<DatasetStore>().CountAsync(dataset, default);
        Assert.Equal((200, 8, 1600), (counts.Items, counts.Labelers, counts.Annotations));
        Assert.Equal(8, (await database.Get<LabelerStore>().ListAsync(dataset, 0, 100, default)).Count);
        await Usage.AgreesAsync(database, dataset);
    }

    private Task<AnnotationWriteResult> WriteAsync(DatasetRecord dataset, params AnnotationWrite[] batch) =>
        _store.WriteAsync(dataset, batch, UnknownLabelers.Reject, null, default);
}
