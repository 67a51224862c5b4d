using CsCheck;
using LabelerService.Core.Datasets;
using LabelerService.Storage.Ingest;
using LabelerService.Storage.Items;
using LabelerService.TestKit.Postgres;

namespace LabelerService.Storage.Tests.Items;

/// <summary>What a labeler has not annotated yet.</summary>
public sealed class ItemsToAnnotateTests(PostgresFixture database) : IClassFixture<PostgresFixture>
{
    private const int Items = 12;
    private readonly ItemStore _items = database.Get<ItemStore>();
    private readonly AnnotationStore _annotations = database.Get<AnnotationStore>();

    [Fact]
    public async Task Items_are_left_exactly_where_the_labeler_says_nothing_whatever_others_say()
    {
        var step = Gen.Select(Gen.Int[0, Items - 1], Gen.Int[0, 1], Gen.Int[-1, 2]);
        await step.Array[0, 25].SampleAsync(
            async steps =>
            {
                var dataset = await Some.DatasetAsync(database, Items, labelers: 2);
                var said = new HashSet<(int Item, int Labeler)>();
                foreach (var (item, labeler, classIndex) in steps)
                {
                    var annotation = classIndex < 0 ? AnnotationWrite.Retraction($"i{item}", $"l{labeler}") : Some.Annotation(item, labeler, classIndex);
                    await _annotations.WriteAsync(dataset, [annotation], UnknownLabelers.Reject, null, default);
                    _ = classIndex < 0 ? said.Remove((item, labeler)) : said.Add((item, labeler));
                }

                for (var labeler = 0; labeler < 3; labeler++)
                {
                    // The third is not registered.
                    var left = await _items.ListUnannotatedAsync(dataset, $"l{labeler}", new ItemFilter(), 0, 100, default);
                    Assert.Equal(
                        Enumerable.Range(0, Items).Where(item => !said.Contains((item, labeler))).Select(item => $"i{item}"), left.Select(item => item.ItemId));
                    Assert.Equal(Items - left.Count, await _items.CountAnnotatedAsync(dataset, $"l{labeler}", default));
                }
            },
            iter: 15, threads: 1);
    }

    [Fact]
    public async Task A_list_goes_on_after_a_key_and_keeps_to_its_filter()
    {
        var dataset = await Some.DatasetAsync(database, items: 0, labelers: 1);
        await _items.UpsertAsync(
            dataset, [.. Enumerable.Range(0, Items).Select(i => Some.Item($"i{i}", i % 2 == 0 ? Split.Train : Split.Test))], null, default);
        await _annotations.WriteAsync(dataset, [Some.Annotation(2, 0, 1), Some.Annotation(3, 0, 1)], UnknownLabelers.Reject, null, default);
        var filter = new ItemFilter(Split.Train);
        var first = await _items.ListUnannotatedAsync(dataset, "l0", filter, 0, 2, default);
        Assert.Equal(["i0", "i4"], first.Select(item => item.ItemId));
        var rest = await _items.ListUnannotatedAsync(dataset, "l0", filter, first[^1].Key, 100, default);
        Assert.Equal(["i6", "i8", "i10"], rest.Select(item => item.ItemId));

        var found = await _items.FindAsync(dataset, [first[1].Key, first[0].Key, long.MaxValue], default);
        Assert.Equal(["i0", "i4"], found.Select(item => item.ItemId).Order(StringComparer.Ordinal));
    }
}
