using LabelerService.Core.Datasets;
using LabelerService.Core.Errors;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Items;
using LabelerService.TestKit.Postgres;

namespace LabelerService.Storage.Tests.Items;

public sealed class ItemStoreTests(PostgresFixture database) : IClassFixture<PostgresFixture>
{
    private readonly ItemStore _store = database.Get<ItemStore>();

    [Fact]
    public async Task Writing_the_same_batch_again_changes_nothing()
    {
        var dataset = await Some.DatasetAsync(database);
        ItemWrite[] batch = [Some.Item("a"), Some.Item("b", Split.Test, 2, 3, 4)];
        Assert.Equal(new ItemUpsertResult(2, 0, 0), await _store.UpsertAsync(dataset, batch, null, default));
        var before = await _store.ListAsync(dataset, new ItemFilter(), 0, 10, default);

        Assert.Equal(new ItemUpsertResult(0, 0, 2), await _store.UpsertAsync(dataset, batch, null, default));

        Assert.Equal(before, await _store.ListAsync(dataset, new ItemFilter(), 0, 10, default));
    }

    [Fact]
    public async Task Other_features_split_or_gold_update_and_keep_the_key()
    {
        var dataset = await Some.DatasetAsync(database);
        await _store.UpsertAsync(dataset, [Some.Item("a"), Some.Item("b"), Some.Item("c"), Some.Item("d")], null, default);
        var before = await _store.ListAsync(dataset, new ItemFilter(), 0, 10, default);

        var result = await _store.UpsertAsync(
            dataset, [Some.Item("d"), Some.Item("c", gold: 1), Some.Item("b", Split.Test), Some.Item("a", features: [9, 9])], null, default);

        Assert.Equal(new ItemUpsertResult(0, 3, 1), result);
        var after = await _store.ListAsync(dataset, new ItemFilter(), 0, 10, default);
        Assert.Equal(before.Select(item => (item.Key, item.ItemId)), after.Select(item => (item.Key, item.ItemId)));
        Assert.Equal((Split.Test, (int?)1), (after[1].Split, after[2].GoldClass));
        Assert.Equal((float[])[9f, 9f], (await _store.GetFeaturesAsync(dataset, ["a"], default))[0].Features);
    }

    [Fact]
    public async Task Empty_features_and_no_gold_keep_what_is_stored()
    {
        var dataset = await Some.DatasetAsync(database);
        await _store.UpsertAsync(dataset, [Some.Item("a", gold: 2, features: [5, 6])], null, default);
        var result = await _store.UpsertAsync(dataset, [new ItemWrite("a", Split.Train, default)], null, default);
        Assert.Equal(new ItemUpsertResult(0, 0, 1), result);
        var stored = (await _store.GetFeaturesAsync(dataset, ["a"], default))[0];
        Assert.Equal([5f, 6f], stored.Features);
        Assert.Equal(2, stored.GoldClass);
    }

    [Fact]
    public async Task Keys_ascend_in_the_order_of_the_batch_not_of_the_ids()
    {
        var dataset = await Some.DatasetAsync(database);
        await _store.UpsertAsync(dataset, [Some.Item("z"), Some.Item("m"), Some.Item("a")], null, default);
        Assert.Equal(["z", "m", "a"], (await _store.ListAsync(dataset, new ItemFilter(), 0, 10, default)).Select(item => item.ItemId));
    }

    [Fact]
    public async Task An_id_twice_in_a_batch_is_refused_and_nothing_is_stored()
    {
        var dataset = await Some.DatasetAsync(database);
        await Some.FailsAsync(
            ErrorKind.InvalidArgument, "items[2].item_id",
            () => _store.UpsertAsync(dataset, [Some.Item("a"), Some.Item("b"), Some.Item("a")], null, default));
        Assert.Empty(await _store.ListAsync(dataset, new ItemFilter(), 0, 10, default));
    }

    public static TheoryData<ItemWrite, string> Wrong => new()
    {
        { Some.Item(""), "items[1].item_id" },
        { Some.Item(new string('x', 257)), "items[1].item_id" },
        { Some.Item(new string('é', 129)), "items[1].item_id" },
        { Some.Item("nul\0"), "items[1].item_id" },
        { Some.Item("half\ud83d"), "items[1].item_id" },
        { Some.Item("x", features: [1]), "items[1].features" },
        { Some.Item("x", features: [1, 2, 3]), "items[1].features" },
        { Some.Item("x", features: [1, float.NaN]), "items[1].features" },
        { Some.Item("x", features: [float.NegativeInfinity, 1]), "items[1].features" },
        { new ItemWrite("x", Split.Train, new byte[7]), "items[1].features" },
        { new ItemWrite("x", Split.Train, new byte[] { 0, 0x7c, 0, 0 }, FeatureEncoding.Float16), "items[1].features" },
        { new ItemWrite("x", Split.Train, new byte[8], (FeatureEncoding)9), "items[1].features" },
        { new ItemWrite("x", (Split)7, new byte[8]), "items[1].split" },
        { Some.Item("x", gold: 3), "items[1].gold_class" },
        { Some.Item("x", gold: -1), "items[1].gold_class" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task A_wrong_item_is_named_and_nothing_is_stored(ItemWrite wrong, string field)
    {
        var dataset = await Some.DatasetAsync(database);
        await Some.FailsAsync(ErrorKind.InvalidArgument, field, () => _store.UpsertAsync(dataset, [Some.Item("good"), wrong], null, default));
        Assert.Empty(await _store.ListAsync(dataset, new ItemFilter(), 0, 10, default));
    }

    [Fact]
    public async Task At_most_twenty_violations_are_reported()
    {
        var dataset = await Some.DatasetAsync(database);
        var exception = await Some.FailsAsync(
            ErrorKind.InvalidArgument, () => _store.UpsertAsync(dataset, [.. Enumerable.Range(0, 500).Select(_ => Some.Item(""))], null, default));
        Assert.Equal(20, exception.Violations.Count);
    }

    [Fact]
    public async Task Float16_features_read_as_float32()
    {
        var dataset = await Some.DatasetAsync(database);
        byte[] packed = [0x00, 0x3c, 0x00, 0xc1];
        await _store.UpsertAsync(dataset, [new ItemWrite("half", Split.Train, packed, FeatureEncoding.Float16)], null, default);
        Assert.Equal((float[])[1f, -2.5f], (await _store.GetFeaturesAsync(dataset, ["half"], default))[0].Features);
    }

    [Fact]
    public async Task A_slice_of_a_larger_buffer_is_stored_as_the_slice()
    {
        var dataset = await Some.DatasetAsync(database);
        var buffer = FeaturePacking.Pack([7, 8, 9, 10]);
        await _store.UpsertAsync(dataset, [new ItemWrite("slice", Split.Train, buffer.AsMemory(4, 8))], null, default);
        Assert.Equal((float[])[8f, 9f], (await _store.GetFeaturesAsync(dataset, ["slice"], default))[0].Features);
    }

    [Fact]
    public async Task Features_come_in_the_order_asked_for_repetitions_included()
    {
        var dataset = await Some.DatasetAsync(database);
        await _store.UpsertAsync(dataset, [Some.Item("a", features: [1, 1]), Some.Item("b", features: [2, 2])], null, default);
        var features = await _store.GetFeaturesAsync(dataset, ["b", "a", "b"], default);
        Assert.Equal([2f, 1f, 2f], features.Select(item => item.Features[0]));
    }

    [Fact]
    public async Task Missing_items_are_named_by_index()
    {
        var dataset = await Some.DatasetAsync(database);
        await _store.UpsertAsync(dataset, [Some.Item("a"), new ItemWrite("bare", Split.Train, default)], null, default);
        var exception = await Some.FailsAsync(
            ErrorKind.NotFound, "item_ids[1]", () => _store.GetFeaturesAsync(dataset, ["a", "b", "c"], default));
        Assert.Equal(["item_ids[1]", "item_ids[2]"], exception.Violations.Select(violation => violation.Field));
        await Some.FailsAsync(ErrorKind.FailedPrecondition, "item_ids[0]", () => _store.GetFeaturesAsync(dataset, ["bare"], default));
    }

    [Fact]
    public async Task Filters_and_pages_select_the_right_items()
    {
        var dataset = await Some.DatasetAsync(database);
        await _store.UpsertAsync(
            dataset,
            [.. Enumerable.Range(0, 60).Select(i => Some.Item($"i{i}", (Split)((i % 3) + 1), i % 2 == 0 ? 1 : null))], null, default);

        List<string> seen = [];
        for (long after = 0; ;)
        {
            var page = await _store.ListAsync(dataset, new ItemFilter(Split.Validation, HasGold: true), after, 4, default);
            if (page.Count == 0)
            {
                break;
            }

            seen.AddRange(page.Select(item => item.ItemId));
            after = page[^1].Key;
        }

        Assert.Equal(Enumerable.Range(0, 60).Where(i => i % 3 == 1 && i % 2 == 0).Select(i => $"i{i}"), seen);
        Assert.Equal(30, (await _store.ListAsync(dataset, new ItemFilter(HasGold: false), 0, 100, default)).Count);
    }

    [Fact]
    public async Task A_stream_of_a_split_yields_each_item_with_features_once()
    {
        var dataset = await Some.DatasetAsync(database);
        await _store.UpsertAsync(
            dataset,
            [
                .. Enumerable.Range(0, 50).Select(i => Some.Item($"i{i}", i % 2 == 0 ? Split.Train : Split.Test, features: [i, 0])),
                new ItemWrite("bare", Split.Train, default),
            ],
            null, default);
        List<float> seen = [];
        await foreach (var item in _store.StreamFeaturesAsync(dataset, Split.Train, 0, default))
        {
            seen.Add(item.Features[0]);
        }

        Assert.Equal(Enumerable.Range(0, 25).Select(i => 2f * i), seen);
    }

    [Fact]
    public async Task Concurrent_batches_over_the_same_items_in_opposite_orders_all_succeed()
    {
        var dataset = await Some.DatasetAsync(database);
        var ids = Enumerable.Range(0, 200).Select(i => $"i{i}").ToArray();
        var writers = Enumerable.Range(0, 6).Select(writer => Task.Run(async () =>
        {
            for (var round = 0; round < 5; round++)
            {
                var order = writer % 2 == 0 ? ids : [.. ids.Reverse()];
                await _store.UpsertAsync(dataset, [.. order.Select(id => Some.Item(id, features: [writer, round]))], null, default);
            }
        }));
        await Task.WhenAll(writers);
        Assert.Equal(200, (await database.Get<DatasetStore>().CountAsync(dataset, default)).Items);
    }

    [Fact]
    public async Task A_stream_of_batches_is_stored_whole_or_not_at_all()
    {
        var dataset = await Some.DatasetAsync(database);
        await Assert.ThrowsAsync<IOException>(() => _store.UpsertAllAsync(dataset, Batches(broken: true), default));
        Assert.Empty(await _store.ListAsync(dataset, new ItemFilter(), 0, 10, default));
        Assert.Equal(new ItemUpsertResult(3, 1, 0), await _store.UpsertAllAsync(dataset, Batches(broken: false), default));
        Assert.Equal(3, (await _store.ListAsync(dataset, new ItemFilter(), 0, 10, default)).Count);

        static async IAsyncEnumerable<IReadOnlyList<ItemWrite>> Batches(bool broken)
        {
            yield return [Some.Item("a"), Some.Item("b")];
            await Task.Yield();
            yield return [Some.Item("c"), Some.Item("a", features: [3, 3])];
            if (broken)
            {
                throw new IOException("The client went away.");
            }
        }
    }
}
