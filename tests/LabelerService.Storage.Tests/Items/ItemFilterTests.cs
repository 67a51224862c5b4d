using CsCheck;
using LabelerService.Core.Datasets;
using LabelerService.Storage.Items;
using LabelerService.TestKit.Postgres;

namespace LabelerService.Storage.Tests.Items;

public sealed class ItemFilterTests(PostgresFixture database) : IClassFixture<PostgresFixture>
{
    private readonly ItemStore _store = database.Get<ItemStore>();

    [Fact]
    public async Task Every_combination_of_conditions_selects_what_it_says()
    {
        var dataset = await Some.DatasetAsync(database);
        string[] ids = ["a", "ab", "ab%", "ab_", "abc", "b", "A", "ä", "ab\uffff", "ab\U0010FFFF", "ab\ud7ff", "ab\ue000", "日本", "日本語", "*", "a*b"];
        var items = ids.Select((id, i) => (Id: id, Split: (Split)((i % 3) + 1), Gold: i % 4 == 0 ? (int?)null : (i % 4) - 1, Features: i % 2 == 0)).ToArray();
        await _store.UpsertAsync(
            dataset,
            [
                .. items.Select(item => item.Features
                    ? Some.Item(item.Id, item.Split, item.Gold) : new ItemWrite(item.Id, item.Split, default, GoldClass: item.Gold)),
            ],
            null, default);

        var condition = Gen.OneOf(
            Gen.Select(Gen.Bool, Gen.Int[1, 3]).Select((holds, split) => new ItemCondition(ItemProperty.Split, holds, split)),
            Gen.Select(Gen.Bool, Gen.Int[0, 2]).Select((holds, gold) => new ItemCondition(ItemProperty.GoldClass, holds, gold)),
            Gen.Select(Gen.Bool, Gen.Bool).Select((holds, gold) => new ItemCondition(gold ? ItemProperty.HasGold : ItemProperty.HasFeatures, holds)),
            Gen.Bool.Select(holds => new ItemCondition(ItemProperty.HasContent, holds)),
            Gen.Select(Gen.Bool, Gen.Int[0, ids.Length - 1], Gen.Bool).Select((holds, id, prefix) =>
                new ItemCondition(prefix ? ItemProperty.ItemIdPrefix : ItemProperty.ItemId, holds, Text: ids[id])));
        await condition.Array[0, 4].SampleAsync(
            async conditions =>
            {
                var found = await _store.ListAsync(dataset, new ItemFilter(Conditions: conditions), 0, 100, default);
                Assert.Equal(
                    items.Where(item => conditions.All(wanted => wanted.Holds == Meets(item, wanted))).Select(item => item.Id),
                    found.Select(item => item.ItemId));
            },
            iter: 300);

        static bool Meets((string Id, Split Split, int? Gold, bool Features) item, ItemCondition condition) => condition.Property switch
        {
            ItemProperty.Split => (int)item.Split == condition.Number,
            ItemProperty.GoldClass => item.Gold == condition.Number,
            ItemProperty.HasGold => item.Gold is not null,
            ItemProperty.HasFeatures => item.Features,
            ItemProperty.HasContent => false,
            ItemProperty.ItemId => item.Id == condition.Text,
            _ => item.Id.StartsWith(condition.Text, StringComparison.Ordinal),
        };
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("a", "b")]
    [InlineData("a\U0010FFFF", "b")]
    [InlineData("\U0010FFFF\U0010FFFF", null)]
    [InlineData("x\ud7ff", "x\ue000")]
    [InlineData("\uffff", "\U00010000")]
    public void The_range_of_a_prefix_ends_at_the_next_code_point(string prefix, string? after) => Assert.Equal(after, ItemFilter.After(prefix));
}
