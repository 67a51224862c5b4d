using System.Text;
using CsCheck;
using LabelerService.Core.Datasets;
using LabelerService.Core.Errors;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Items;
using LabelerService.TestKit.Postgres;

namespace LabelerService.Storage.Tests.Items;

/// <summary>Images, texts and sequences as they are stored.</summary>
public sealed class ItemKindTests(PostgresFixture database) : IClassFixture<PostgresFixture>
{
    private static int _datasets;
    private readonly ItemStore _store = database.Get<ItemStore>();

    [Fact]
    public async Task The_same_content_changes_nothing_and_another_replaces_features_and_content()
    {
        var dataset = await DatasetAsync(ItemKind.Image, 1, 2, 1);
        Assert.Equal(new ItemUpsertResult(1, 0, 0), await _store.UpsertAsync(dataset, [Image("a", [1, 2, 3], 0, 255)], null, default));
        Assert.Equal(new ItemUpsertResult(0, 0, 1), await _store.UpsertAsync(dataset, [Image("a", [1, 2, 3], 0, 255)], null, default));
        Assert.Equal((float[])[0f, 1f], (await _store.GetFeaturesAsync(dataset, ["a"], default))[0].Features);

        Assert.Equal(new ItemUpsertResult(0, 1, 0), await _store.UpsertAsync(dataset, [Image("a", [9], 0, 51)], null, default));
        var stored = await FindAsync(dataset, "a");
        Assert.Equal([9], stored.Content);
        Assert.Equal((float[])[0f, 0.2f], (await _store.GetFeaturesAsync(dataset, ["a"], default))[0].Features);

        // Bare features replace the image, too: the two never tell different stories.
        await _store.UpsertAsync(dataset, [Some.Item("a", features: [0.5f, 0.25f])], null, default);
        stored = await FindAsync(dataset, "a");
        Assert.Null(stored.Content);
        Assert.Null(stored.Item.ContentType);
        Assert.Equal(FeatureEncoding.Float32, stored.Encoding);
    }

    [Fact]
    public async Task An_item_that_labels_registered_is_filled_later_and_keeps_its_key()
    {
        var dataset = await DatasetAsync(ItemKind.Text);
        await _store.UpsertAsync(dataset, [new ItemWrite("t", Split.Train, default)], null, default);
        var before = await _store.GetAsync(dataset, "t", default);
        Assert.Equal(new ItemUpsertResult(0, 1, 0), await _store.UpsertAsync(dataset, [Text("t", "Grüße 🧪")], null, default));
        var after = await FindAsync(dataset, "t");
        Assert.Equal(before.Key, after.Item.Key);
        Assert.Equal("Grüße 🧪", Encoding.UTF8.GetString(after.Content!));
        Assert.Equal(ContentType.Text, after.Item.ContentType);
        Assert.False(after.Item.HasFeatures);

        // Another split alone keeps the text.
        Assert.Equal(new ItemUpsertResult(0, 1, 0), await _store.UpsertAsync(dataset, [new ItemWrite("t", Split.Test, default)], null, default));
        Assert.Equal("Grüße 🧪", Encoding.UTF8.GetString((await FindAsync(dataset, "t")).Content!));
    }

    [Fact]
    public async Task Sequences_of_any_length_come_back_as_they_were()
    {
        var dataset = await DatasetAsync(ItemKind.Sequence, 3);
        var number = 0;
        await Gen.Select(Gen.Int[1, 40], Gen.Bool).SelectMany((steps, half) => Gen.Float[-60_000f, 60_000f].Array[steps * 3].Select(values => (half, values)))
            .SampleAsync(
                async sequence =>
                {
                    byte[] packed = sequence.half
                        ? System.Runtime.InteropServices.MemoryMarshal.AsBytes(sequence.values.Select(value => (Half)value).ToArray().AsSpan()).ToArray()
                        : FeaturePacking.Pack(sequence.values);
                    var id = $"s{Interlocked.Increment(ref number)}";
                    var encoding = sequence.half ? FeatureEncoding.Float16 : FeatureEncoding.Float32;
                    await _store.UpsertAsync(dataset, [new ItemWrite(id, Split.Train, packed, encoding)], null, default);
                    var stored = await FindAsync(dataset, id);
                    Assert.Equal(packed, stored.Features);
                    Assert.Equal(encoding, stored.Encoding);
                },
                iter: 40);
    }

    public static TheoryData<ItemKind, ItemWrite, string> Wrong => new()
    {
        { ItemKind.Text, Text("x", ""), "items[0].content" },
        { ItemKind.Text, Text("x", "a\0b"), "items[0].content" },
        { ItemKind.Text, Text("x", new string('x', ItemRules.MaxTextBytes + 1)), "items[0].content" },
        { ItemKind.Text, new ItemWrite("x", Split.Train, default, Content: new ItemContent(ContentType.Text, new byte[] { 0xC3, 0x28 })), "items[0].content" },
        { ItemKind.Text, new ItemWrite("x", Split.Train, default, Content: new ItemContent(ContentType.Text, new byte[] { 0xED, 0xA0, 0x80 })), "items[0].content" },
        { ItemKind.Text, Some.Item("x"), "items[0].features" },
        { ItemKind.Text, Image("x", [1], 1, 2, 3), "items[0].content" },
        { ItemKind.Vector, Text("x", "text"), "items[0].content" },
        { ItemKind.Vector, new ItemWrite("x", Split.Train, new byte[3], FeatureEncoding.UInt8), "items[0].features" },
        { ItemKind.Image, Image("x", [1], 1, 2), "items[0].features" },
        { ItemKind.Image, Image("x", [], 1, 2, 3), "items[0].content" },
        { ItemKind.Image, new ItemWrite("x", Split.Train, default, Content: new ItemContent(ContentType.Png, new byte[4])), "items[0].content" },
        { ItemKind.Sequence, Some.Item("x", features: [1, 2, 3, 4]), "items[0].features" },
        { ItemKind.Sequence, Some.Item("x", features: [1, 2, float.NaN]), "items[0].features" },
        { ItemKind.Sequence, Some.Item("x", features: new float[3 * (ItemRules.MaxSteps + 1)]), "items[0].features" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task What_the_dataset_cannot_hold_is_refused(ItemKind kind, ItemWrite wrong, string field)
    {
        var dataset = await (kind == ItemKind.Image ? DatasetAsync(kind, 1, 3, 1) : kind == ItemKind.Text ? DatasetAsync(kind) : DatasetAsync(kind, 3));
        await Some.FailsAsync(ErrorKind.InvalidArgument, field, () => _store.UpsertAsync(dataset, [wrong], null, default));
        Assert.Empty(await _store.ListAsync(dataset, new ItemFilter(), 0, 10, default));
    }

    [Fact]
    public async Task An_export_yields_what_is_stored_and_nothing_written_meanwhile()
    {
        var dataset = await DatasetAsync(ItemKind.Text);
        await _store.UpsertAsync(
            dataset, [.. Enumerable.Range(0, 200).Select(i => Text($"t{i}", $"text {i}") with { Split = (Split)((i % 3) + 1), GoldClass = i % 5 == 0 ? 1 : null })],
            null, default);
        await _store.UpsertAsync(dataset, [new ItemWrite("bare", Split.Train, default)], null, default);

        var seen = new List<StoredItem>();
        await _store.ExportAsync(
            dataset, new ItemExport(null, Features: true, Contents: true),
            async (item, token) =>
            {
                if (seen.Count == 0)
                {
                    await _store.UpsertAsync(dataset, [Text("t150", "changed"), Text("late", "late")], null, token);
                    await _store.DeleteAsync(dataset, ["t199"], allowMissing: false, null, token);
                }

                seen.Add(item);
            },
            default);
        Assert.Equal(
            [.. Enumerable.Range(0, 200).Select(i => ($"t{i}", (string?)$"text {i}", i % 5 == 0)), ("bare", null, false)],
            seen.Select(item => (item.Item.ItemId, item.Content is { } text ? Encoding.UTF8.GetString(text) : null, item.Item.GoldClass == 1)));

        var records = new List<ItemRecord>();
        await _store.ExportAsync(dataset, new ItemExport(Split.Validation, false, false), (item, _) => Add(records, item), default);
        Assert.Equal(await _store.ListAsync(dataset, new ItemFilter(Split.Validation), 0, 1000, default), records);

        static Task Add(List<ItemRecord> to, StoredItem item)
        {
            Assert.Null(item.Content);
            to.Add(item.Item);
            return Task.CompletedTask;
        }
    }

    [Fact]
    public async Task Counters_follow_every_change_of_items_and_bytes()
    {
        var dataset = await DatasetAsync(ItemKind.Text);
        await _store.UpsertAsync(dataset, [Text("a", "12345"), Text("b", "1")], null, default);
        Assert.Equal((2, 6), await UsageAsync(dataset));
        await _store.UpsertAsync(dataset, [Text("a", "12"), Text("b", "1"), Text("c", "123")], null, default);
        Assert.Equal((3, 6), await UsageAsync(dataset));
        await _store.UpsertAllAsync(dataset, Batches(), default);
        Assert.Equal((4, 20), await UsageAsync(dataset));
        await _store.DeleteAsync(dataset, ["a", "d", "none"], allowMissing: true, null, default);
        Assert.Equal((2, 4), await UsageAsync(dataset));

        static async IAsyncEnumerable<IReadOnlyList<ItemWrite>> Batches()
        {
            yield return [Text("d", "1234")];
            await Task.Yield();
            yield return [Text("d", "123456789012"), new ItemWrite("b", Split.Test, default)];
            yield return [Text("a", "1234")];
        }
    }

    [Fact]
    public async Task Counters_are_exact_under_writers_of_the_same_items()
    {
        var dataset = await DatasetAsync(ItemKind.Text);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(writer => Task.Run(async () =>
        {
            var random = new Random(writer);
            for (var round = 0; round < 20; round++)
            {
                await _store.UpsertAsync(
                    dataset, [.. Enumerable.Range(0, 30).Select(i => Text($"t{i}", new string('x', random.Next(1, 100))))], null, default);
            }
        })));
        Assert.Equal((30, await Sum("SELECT sum(octet_length(content)) FROM items WHERE dataset_id = $1", dataset)), await UsageAsync(dataset));
    }

    [Fact]
    public async Task A_quota_of_items_or_bytes_refuses_the_whole_batch()
    {
        var dataset = await DatasetAsync(ItemKind.Text);
        dataset = await database.Get<DatasetStore>().UpdateAsync(
            dataset.Id, new DatasetChange(Quota: new DatasetQuota(MaxItems: 3, MaxBytes: 20)), null, default);
        await _store.UpsertAsync(dataset, [Text("a", "1234567890"), Text("b", "1")], null, default);
        var items = await Some.FailsAsync(ErrorKind.ResourceExhausted, () => _store.UpsertAsync(dataset, [Text("c", "1"), Text("d", "1")], null, default));
        Assert.Equal(ServiceException.QuotaExceeded, items.Reason);
        await Some.FailsAsync(ErrorKind.ResourceExhausted, () => _store.UpsertAsync(dataset, [Text("b", "12345678901")], null, default));
        await Some.FailsAsync(ErrorKind.ResourceExhausted, () => _store.UpsertAllAsync(dataset, Batches(), default));
        Assert.Equal((2, 11), await UsageAsync(dataset));
        await _store.UpsertAsync(dataset, [Text("b", "1234567890")], null, default);
        Assert.Equal((2, 20), await UsageAsync(dataset));

        static async IAsyncEnumerable<IReadOnlyList<ItemWrite>> Batches()
        {
            yield return [Text("c", "1")];
            await Task.Yield();
            yield return [Text("d", "1")];
        }
    }

    private static ItemWrite Text(string id, string text) =>
        new(id, Split.Train, default, Content: new ItemContent(ContentType.Text, Encoding.UTF8.GetBytes(text)));

    private static ItemWrite Image(string id, byte[] file, params byte[] pixels) =>
        new(id, Split.Train, pixels, FeatureEncoding.UInt8, Content: new ItemContent(ContentType.Png, file));

    private Task<DatasetRecord> DatasetAsync(ItemKind kind, params int[] shape) => database.Get<DatasetStore>().CreateAsync(
        new DatasetWrite($"kind-{Interlocked.Increment(ref _datasets)}", new DatasetSchema(["a", "b"], LabelKind.Binary, kind, shape)), null, default);

    private async Task<StoredItem> FindAsync(DatasetRecord dataset, string id)
    {
        var record = await _store.GetAsync(dataset, id, default);
        return (await _store.FindAsync(dataset, record.Key, features: true, contents: true, default))!;
    }

    private async Task<(long Items, long Bytes)> UsageAsync(DatasetRecord dataset) =>
        (await Sum("SELECT sum(items) FROM dataset_usage WHERE dataset_id = $1", dataset),
            await Sum("SELECT sum(bytes) FROM dataset_usage WHERE dataset_id = $1", dataset));

    private async Task<long> Sum(string sql, DatasetRecord dataset)
    {
        await using var source = Npgsql.NpgsqlDataSource.Create(database.ConnectionString);
        await using var command = source.CreateCommand(sql);
        command.Parameters.AddWithValue(dataset.Key);
        return Convert.ToInt64(await command.ExecuteScalarAsync(), System.Globalization.CultureInfo.InvariantCulture);
    }
}
