using LabelerService.Core.Datasets;
using LabelerService.Core.Errors;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Ingest;
using LabelerService.Storage.Items;
using LabelerService.Storage.Labelers;
using LabelerService.TestKit.Postgres;

namespace LabelerService.Storage.Tests.Ingest;

public sealed class AnnotationStoreTests(PostgresFixture database) : IClassFixture<PostgresFixture>
{
    private readonly AnnotationStore _store = database.Get<AnnotationStore>();

    [Fact]
    public async Task All_fields_read_back_as_written()
    {
        var dataset = await Some.DatasetAsync(database, items: 1, labelers: 1);
        var at = new DateTimeOffset(2024, 2, 29, 12, 34, 56, 789, TimeSpan.FromHours(2)).AddMicroseconds(123);
        await WriteAsync(dataset, new AnnotationWrite("i0", "l0", 2, 0.75f, 1234, at));
        var read = Assert.Single(await AllAsync(dataset));
        Assert.Equal(
            ("i0", "l0", (int?)2, 1, (float?)0.75f, (int?)1234, (DateTimeOffset?)at),
            (read.ItemId, read.LabelerId, read.ClassIndex, read.Revision, read.Confidence, read.DurationMs, read.AnnotatedAt));
    }

    [Fact]
    public async Task Retrying_the_same_batch_changes_nothing()
    {
        var dataset = await Some.DatasetAsync(database, items: 10, labelers: 3);
        AnnotationWrite[] batch = [.. Enumerable.Range(0, 30).Select(i => Some.Annotation(i / 3, i % 3, i % 3) with { Confidence = 0.1f })];
        Assert.Equal(new AnnotationWriteResult(30, 0, 0), await WriteAsync(dataset, batch));
        var before = await AllAsync(dataset);
        Assert.Equal(new AnnotationWriteResult(0, 0, 30), await WriteAsync(dataset, batch));
        Assert.Equal(before, await AllAsync(dataset));
    }

    [Fact]
    public async Task A_revision_replaces_and_the_earlier_one_is_in_the_history()
    {
        var dataset = await Some.DatasetAsync(database, items: 1, labelers: 1);
        await WriteAsync(dataset, Some.Annotation(0, 0, 0) with { Confidence = 0.5f });
        Assert.Equal(new AnnotationWriteResult(0, 1, 0), await WriteAsync(dataset, Some.Annotation(0, 0, 1)));
        Assert.Equal(new AnnotationWriteResult(0, 1, 0), await WriteAsync(dataset, Some.Annotation(0, 0, 2)));
        var history = await _store.HistoryAsync(dataset, "i0", "l0", default);
        Assert.Equal([(1, 0, 0.5f), (2, 1, null), (3, 2, (float?)null)], history.Select(h => (h.Revision, h.ClassIndex!.Value, h.Confidence)));
        Assert.Equal(2, Assert.Single(await AllAsync(dataset)).ClassIndex);
    }

    [Fact]
    public async Task A_split_has_the_current_annotations_of_its_items_with_features()
    {
        var dataset = await Some.DatasetAsync(database, items: 2, labelers: 2);
        await database.Get<ItemStore>().UpsertAsync(
            dataset,
            [
                Some.Item("i2", Split.Test), Some.Item("i3", Split.Test), new ItemWrite("i4", Split.Test, ReadOnlyMemory<byte>.Empty),
            ],
            null, default);
        Assert.False(await _store.AnyInSplitAsync(dataset, Split.Test, default));
        await WriteAsync(
            dataset, Some.Annotation(3, 1, 2), Some.Annotation(0, 0, 1), Some.Annotation(2, 1, 0), Some.Annotation(2, 0, 2),
            Some.Annotation(3, 0, 1), Some.Annotation(4, 0, 1));
        await _store.RetractAsync(dataset, "i3", "l0", null, default);

        var read = await _store.ReadSplitAsync(dataset, Split.Test, default);

        Assert.Equal([2, 0, 2], read.Select(annotation => annotation.ClassIndex));
        Assert.Equal(read.OrderBy(annotation => annotation.ItemKey).ThenBy(annotation => annotation.LabelerKey), read);
        Assert.Equal([2, 1], read.CountBy(annotation => annotation.ItemKey).Select(pair => pair.Value));
        Assert.True(await _store.AnyInSplitAsync(dataset, Split.Test, default));
        Assert.Empty(await _store.ReadSplitAsync(dataset, Split.Validation, default));
    }

    [Fact]
    public async Task A_retraction_leaves_the_current_view_and_stays_in_the_history()
    {
        var dataset = await Some.DatasetAsync(database, items: 1, labelers: 1);
        await WriteAsync(dataset, Some.Annotation(0, 0, 1));
        Assert.Equal(new AnnotationWriteResult(0, 0, 0, 1), await _store.RetractAsync(dataset, "i0", "l0", null, default));
        Assert.Empty(await AllAsync(dataset));
        Assert.Equal(0, await _store.CountAsync(dataset, default));

        var retraction = Assert.Single(await _store.ListAsync(dataset, new AnnotationFilter(ShowRetracted: true), default, 10, default));
        Assert.Equal((null, 2), (retraction.ClassIndex, retraction.Revision));
        Assert.Equal(new AnnotationWriteResult(0, 0, 1), await _store.RetractAsync(dataset, "i0", "l0", null, default));
        Assert.Equal(new AnnotationWriteResult(0, 1, 0), await WriteAsync(dataset, Some.Annotation(0, 0, 1)));

        var history = await _store.HistoryAsync(dataset, "i0", "l0", default);
        Assert.Equal([(1, 1), (2, null), (3, (int?)1)], history.Select(h => (h.Revision, h.ClassIndex)));
        await Some.FailsAsync(ErrorKind.NotFound, () => _store.RetractAsync(dataset, "i0", "nobody", null, default));
    }

    [Fact]
    public async Task Unknown_items_and_labelers_are_named_and_nothing_is_stored()
    {
        var dataset = await Some.DatasetAsync(database, items: 2, labelers: 2);
        var exception = await Some.FailsAsync(
            ErrorKind.NotFound,
            () => WriteAsync(dataset, Some.Annotation(0, 0, 0), Some.Annotation(9, 0, 0), Some.Annotation(1, 7, 0), Some.Annotation(9, 7, 0)));
        Assert.Equal(
            ["annotations[1].item_id", "annotations[2].labeler_id", "annotations[3].item_id", "annotations[3].labeler_id"],
            exception.Violations.Select(violation => violation.Field).Order(StringComparer.Ordinal));
        Assert.Empty(await AllAsync(dataset));
    }

    [Fact]
    public async Task At_most_twenty_unknown_ids_are_reported_by_their_index_in_the_callers_batch()
    {
        var dataset = await Some.DatasetAsync(database, items: 1, labelers: 1);
        AnnotationWrite[] batch = [Some.Annotation(0, 0, 0), Some.Annotation(0, 0, 0), .. Enumerable.Range(1, 400).Select(i => Some.Annotation(i, 0, 0))];
        var exception = await Some.FailsAsync(ErrorKind.NotFound, () => WriteAsync(dataset, batch));
        Assert.Equal(Enumerable.Range(2, 20).Select(i => $"annotations[{i}].item_id"), exception.Violations.Select(violation => violation.Field));
    }

    [Fact]
    public async Task An_unknown_item_behind_many_new_labelers_is_named_and_nothing_is_stored()
    {
        var dataset = await Some.DatasetAsync(database, items: 1, labelers: 0);
        AnnotationWrite[] batch = [.. Enumerable.Range(0, 30).Select(labeler => Some.Annotation(0, labeler, 0)), Some.Annotation(8, 0, 0)];
        var exception = await Some.FailsAsync(
            ErrorKind.NotFound, () => _store.WriteAsync(dataset, batch, UnknownLabelers.Register, null, default));
        Assert.Equal("annotations[30].item_id", Assert.Single(exception.Violations).Field);
        Assert.Empty(await AllAsync(dataset));
    }

    [Fact]
    public async Task Unknown_labelers_can_be_registered_with_the_batch()
    {
        var dataset = await Some.DatasetAsync(database, items: 2, labelers: 1);
        var result = await _store.WriteAsync(
            dataset, [Some.Annotation(0, 0, 0), Some.Annotation(0, 1, 1), Some.Annotation(1, 1, 2), Some.Annotation(1, 2, 0)],
            UnknownLabelers.Register, null, default);
        Assert.Equal(new AnnotationWriteResult(4, 0, 0), result);
        var labelers = await database.Get<LabelerStore>().ListAsync(dataset, 0, 10, default);
        Assert.Equal([("l0", 1L), ("l1", 2L), ("l2", 1L)], labelers.Select(labeler => (labeler.LabelerId, labeler.AnnotationCount)));
    }

    [Fact]
    public async Task No_labeler_is_registered_by_a_batch_that_is_refused()
    {
        var dataset = await Some.DatasetAsync(database, items: 1, labelers: 0);
        var exception = await Some.FailsAsync(
            ErrorKind.NotFound,
            () => _store.WriteAsync(dataset, [Some.Annotation(0, 5, 0), Some.Annotation(8, 5, 0)], UnknownLabelers.Register, null, default));
        Assert.Equal("annotations[1].item_id", Assert.Single(exception.Violations).Field);
        Assert.Empty(await database.Get<LabelerStore>().ListAsync(dataset, 0, 10, default));
    }

    [Fact]
    public async Task The_same_pair_twice_counts_once_if_equal_and_is_refused_if_not()
    {
        var dataset = await Some.DatasetAsync(database, items: 1, labelers: 1);
        await Some.FailsAsync(
            ErrorKind.InvalidArgument, "annotations[1]", () => WriteAsync(dataset, Some.Annotation(0, 0, 0), Some.Annotation(0, 0, 1)));
        Assert.Empty(await AllAsync(dataset));
        Assert.Equal(
            new AnnotationWriteResult(1, 0, 2),
            await WriteAsync(dataset, Some.Annotation(0, 0, 0), Some.Annotation(0, 0, 0), Some.Annotation(0, 0, 0)));
    }

    public static TheoryData<AnnotationWrite, string> Wrong => new()
    {
        { new AnnotationWrite("", "l0", 0), "annotations[1].item_id" },
        { new AnnotationWrite("i0", "", 0), "annotations[1].labeler_id" },
        { new AnnotationWrite("i\0", "l0", 0), "annotations[1].item_id" },
        { new AnnotationWrite("i0", "\udc00", 0), "annotations[1].labeler_id" },
        { new AnnotationWrite(new string('x', 257), "l0", 0), "annotations[1].item_id" },
        { new AnnotationWrite("i0", "l0", 3), "annotations[1].class_index" },
        { new AnnotationWrite("i0", "l0", -1), "annotations[1].class_index" },
        { new AnnotationWrite("i0", "l0", 70_000), "annotations[1].class_index" },
        { new AnnotationWrite("i0", "l0", 0, float.NaN), "annotations[1].confidence" },
        { new AnnotationWrite("i0", "l0", 0, 1.01f), "annotations[1].confidence" },
        { new AnnotationWrite("i0", "l0", 0, DurationMs: -1), "annotations[1].duration" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task A_wrong_annotation_is_named_and_nothing_is_stored(AnnotationWrite wrong, string field)
    {
        var dataset = await Some.DatasetAsync(database, items: 1, labelers: 2);
        await Some.FailsAsync(ErrorKind.InvalidArgument, field, () => WriteAsync(dataset, Some.Annotation(0, 1, 0), wrong));
        Assert.Empty(await AllAsync(dataset));
    }

    [Fact]
    public async Task A_repeated_request_gets_its_first_answer_even_after_a_later_revision()
    {
        var dataset = await Some.DatasetAsync(database, items: 1, labelers: 1);
        var request = Some.Request();
        AnnotationWrite[] first = [Some.Annotation(0, 0, 0)];
        Assert.Equal(new AnnotationWriteResult(1, 0, 0), await _store.WriteAsync(dataset, first, UnknownLabelers.Reject, request, default));
        await WriteAsync(dataset, Some.Annotation(0, 0, 1));

        Assert.Equal(new AnnotationWriteResult(1, 0, 0), await _store.WriteAsync(dataset, first, UnknownLabelers.Reject, request, default));

        Assert.Equal(1, Assert.Single(await AllAsync(dataset)).ClassIndex);
    }

    [Fact]
    public async Task Each_filter_lists_its_annotations_in_pages_without_gap_or_repetition()
    {
        var dataset = await Some.DatasetAsync(database, items: 20, labelers: 5);
        await WriteAsync(dataset, [.. Enumerable.Range(0, 100).Select(i => Some.Annotation(i / 5, i % 5, i % 3))]);
        await _store.RetractAsync(dataset, "i3", "l2", null, default);
        Assert.Equal(99, (await PagesAsync(dataset, new AnnotationFilter())).Count);
        Assert.Equal(["l0", "l1", "l3", "l4"], (await PagesAsync(dataset, new AnnotationFilter("i3"))).Select(a => a.LabelerId));
        Assert.Equal(
            Enumerable.Range(0, 20).Where(i => i != 3).Select(i => $"i{i}"),
            (await PagesAsync(dataset, new AnnotationFilter(LabelerId: "l2"))).Select(a => a.ItemId));
        Assert.Equal("i4", Assert.Single(await PagesAsync(dataset, new AnnotationFilter("i4", "l2"))).ItemId);
        Assert.Empty(await PagesAsync(dataset, new AnnotationFilter("nothing")));
    }

    [Fact]
    public async Task An_empty_batch_is_nothing()
    {
        var dataset = await Some.DatasetAsync(database, items: 1, labelers: 1);
        Assert.Equal(new AnnotationWriteResult(0, 0, 0), await WriteAsync(dataset));
    }

    [Fact]
    public async Task Ten_thousand_annotations_go_in_one_batch()
    {
        var dataset = await Some.DatasetAsync(database, items: 1000, labelers: 10);
        var result = await WriteAsync(dataset, [.. Enumerable.Range(0, 10_000).Select(i => Some.Annotation(i / 10, i % 10, i % 3))]);
        Assert.Equal(new AnnotationWriteResult(10_000, 0, 0), result);
        Assert.Equal(10_000, await _store.CountAsync(dataset, default));
    }

    private Task<AnnotationWriteResult> WriteAsync(DatasetRecord dataset, params AnnotationWrite[] batch) =>
        _store.WriteAsync(dataset, batch, UnknownLabelers.Reject, null, default);

    private Task<IReadOnlyList<AnnotationRecord>> AllAsync(DatasetRecord dataset) =>
        _store.ListAsync(dataset, new AnnotationFilter(), default, 1_000_000, default);

    private async Task<List<AnnotationRecord>> PagesAsync(DatasetRecord dataset, AnnotationFilter filter)
    {
        List<AnnotationRecord> all = [];
        for (var after = default(AnnotationCursor); ;)
        {
            var page = await _store.ListAsync(dataset, filter, after, 3, default);
            if (page.Count == 0)
            {
                return all;
            }

            all.AddRange(page);
            after = new AnnotationCursor(page[^1].ItemKey, page[^1].LabelerKey);
        }
    }
}
