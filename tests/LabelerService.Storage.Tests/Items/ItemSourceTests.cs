using System.Text;
using LabelerService.Core.Datasets;
using LabelerService.Core.Errors;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Ingest;
using LabelerService.Storage.Items;
using LabelerService.TestKit.Postgres;

namespace LabelerService.Storage.Tests.Items;

/// <summary>What models look at, of texts and sequences: read by id, by key, by split and by filter.</summary>
public sealed class ItemSourceTests(PostgresFixture database) : IClassFixture<PostgresFixture>
{
    private const int Step = 100;
    private readonly ItemStore _items = database.Get<ItemStore>();

    [Fact]
    public async Task Texts_are_read_as_texts_and_items_without_one_are_left_out()
    {
        var dataset = await DatasetAsync("source-texts", ItemKind.Text);
        await _items.UpsertAsync(
            dataset, [Text("a", "Grüße 🧪"), new ItemWrite("bare", Split.Train, default), Text("b", "two", Split.Test), Text("c", "three")], null, default);

        Assert.Equal(["two", "Grüße 🧪"], (await _items.GetFeaturesAsync(dataset, ["b", "a"], default)).Select(item => item.Raw.Text));
        var bare = await Assert.ThrowsAsync<ServiceException>(() => _items.GetFeaturesAsync(dataset, ["bare"], default));
        Assert.Equal("ITEM_WITHOUT_FEATURES", bare.Reason);
        Assert.Contains("no text", bare.Message, StringComparison.Ordinal);

        var all = await _items.StreamFeaturesAsync(dataset, null, 0, default).ToListAsync();
        Assert.Equal(["Grüße 🧪", "two", "three"], all.Select(item => item.Text));
        Assert.All(all, item => Assert.Empty(item.Features));
        Assert.Equal(["a", "c"], await _items.StreamFeaturesAsync(dataset, Split.Train, 0, default).Select(item => item.ItemId).ToListAsync());
        Assert.Equal(
            ["b", "c"],
            await _items.StreamFeaturesByKeyAsync(dataset, [all[2].Key, all[1].Key, -1], default).Select(item => item.ItemId).ToListAsync());
        Assert.Equal(
            ["c"], (await _items.ListFeaturesAsync(dataset, new ItemFilter(Split.Train), all[0].Key, all[2].Key, 5, default)).Select(item => item.ItemId));
        var times = await _items.ReadFeatureTimesAsync(dataset, all.Select(item => item.Key).ToArray(), default);
        Assert.Equal(all.Select(item => item.Key), times.Keys);
    }

    [Fact]
    public async Task Annotations_of_a_split_are_those_of_its_texts()
    {
        var dataset = await DatasetAsync("source-annotations", ItemKind.Text);
        var annotations = database.Get<AnnotationStore>();
        Assert.False(await annotations.AnyInSplitAsync(dataset, Split.Train, default));
        await _items.UpsertAsync(dataset, [Text("a", "one"), new ItemWrite("bare", Split.Train, default)], null, default);
        await annotations.WriteAsync(
            dataset, [new AnnotationWrite("a", "l", 1), new AnnotationWrite("bare", "l", 0)], UnknownLabelers.Register, null, default);
        Assert.Equal(1, Assert.Single(await annotations.ReadSplitAsync(dataset, Split.Train, default)).ClassIndex);
        Assert.True(await annotations.AnyInSplitAsync(dataset, Split.Train, default));
    }

    [Fact]
    public async Task Long_sequences_come_a_page_of_bytes_at_a_time_and_all_of_them_come()
    {
        var dataset = await DatasetAsync("source-sequences", ItemKind.Sequence, Step);
        // Three to a page: the fourth would begin beyond it.
        var length = ((ItemSource.PageBytes / sizeof(float) / Step / 3) + 1) * Step;
        for (var i = 0; i < 5; i++)
        {
            var values = new float[i == 4 ? Step : length];
            Array.Fill(values, i);
            await _items.UpsertAsync(dataset, [new ItemWrite($"s{i}", Split.Train, FeaturePacking.Pack(values))], null, default);
        }

        var first = await _items.ListFeaturesAsync(dataset, new ItemFilter(), 0, long.MaxValue, 100, default);
        Assert.Equal(["s0", "s1", "s2"], first.Select(item => item.ItemId));
        var rest = await _items.ListFeaturesAsync(dataset, new ItemFilter(), first[^1].Key, long.MaxValue, 100, default);
        Assert.Equal(["s3", "s4"], rest.Select(item => item.ItemId));
        Assert.Empty(await _items.ListFeaturesAsync(dataset, new ItemFilter(), rest[^1].Key, long.MaxValue, 100, default));

        var streamed = await _items.StreamFeaturesAsync(dataset, Split.Train, 0, default).ToListAsync();
        Assert.Equal([length, length, length, length, Step], streamed.Select(item => item.Features.Length));
        Assert.Equal([0f, 1f, 2f, 3f, 4f], streamed.Select(item => item.Raw.Values.Span[0]));
        Assert.Equal(5, await _items.StreamFeaturesByKeyAsync(dataset, [.. streamed.Select(item => item.Key)], default).CountAsync());
    }

    private async Task<DatasetRecord> DatasetAsync(string id, ItemKind kind, params int[] shape) =>
        await database.Get<DatasetStore>().CreateAsync(
            new DatasetWrite(id, new DatasetSchema(["0", "1"], LabelKind.Binary, kind, shape)), null, default);

    private static ItemWrite Text(string id, string text, Split split = Split.Train) =>
        new(id, split, default, Content: new ItemContent(ContentType.Text, Encoding.UTF8.GetBytes(text)));
}
