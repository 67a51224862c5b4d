using LabelerService.Core.Errors;
using LabelerService.Storage.Items;
using LabelerService.TestKit.Postgres;

namespace LabelerService.Storage.Tests.Items;

public sealed class GoldStoreTests(PostgresFixture database) : IClassFixture<PostgresFixture>
{
    private readonly GoldStore _store = database.Get<GoldStore>();

    [Fact]
    public async Task Gold_is_set_changed_and_cleared()
    {
        var dataset = await Some.DatasetAsync(database, items: 3, labelers: 0);
        Assert.Equal(
            new GoldWriteResult(2, 0), await _store.SetAsync(dataset, [new GoldWrite("i0", 1), new GoldWrite("i1", 2)], null, default));
        Assert.Equal(
            new GoldWriteResult(1, 1), await _store.SetAsync(dataset, [new GoldWrite("i0", null), new GoldWrite("i1", 2)], null, default));
        var items = await database.Get<ItemStore>().ListAsync(dataset, new ItemFilter(), 0, 10, default);
        Assert.Equal([null, 2, null], items.Select(item => item.GoldClass));
    }

    [Fact]
    public async Task An_unknown_item_is_named_by_index_and_nothing_is_stored()
    {
        var dataset = await Some.DatasetAsync(database, items: 1, labelers: 0);
        await Some.FailsAsync(
            ErrorKind.NotFound, "gold_classes[1].item_id",
            () => _store.SetAsync(dataset, [new GoldWrite("i0", 1), new GoldWrite("nobody", 1)], null, default));
        Assert.Empty(await database.Get<ItemStore>().ListAsync(dataset, new ItemFilter(HasGold: true), 0, 10, default));
    }

    [Fact]
    public async Task Two_classes_for_one_item_or_a_class_outside_the_schema_are_refused()
    {
        var dataset = await Some.DatasetAsync(database, items: 1, labelers: 0);
        await Some.FailsAsync(
            ErrorKind.InvalidArgument, "gold_classes[1].item_id",
            () => _store.SetAsync(dataset, [new GoldWrite("i0", 1), new GoldWrite("i0", 2)], null, default));
        await Some.FailsAsync(
            ErrorKind.InvalidArgument, "gold_classes[0].class_index", () => _store.SetAsync(dataset, [new GoldWrite("i0", 3)], null, default));
        Assert.Equal(
            new GoldWriteResult(1, 1), await _store.SetAsync(dataset, [new GoldWrite("i0", 1), new GoldWrite("i0", 1)], null, default));
    }
}
