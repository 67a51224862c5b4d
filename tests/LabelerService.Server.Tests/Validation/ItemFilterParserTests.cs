using CsCheck;
using LabelerService.Core.Datasets;
using LabelerService.Core.Errors;
using LabelerService.Server.Validation;
using LabelerService.Storage.Items;

namespace LabelerService.Server.Tests.Validation;

[Trait("Suite", "security")]
public sealed class ItemFilterParserTests
{
    private static readonly DatasetSchema Schema = new(["cat", "dog x", "AND"], LabelKind.MultiClass, ItemKind.Vector, [2]);

    public static TheoryData<string, ItemCondition[]> Right => new()
    {
        { "", [] },
        { "   ", [] },
        { "split = TRAIN", [new(ItemProperty.Split, true, 1)] },
        { "split!=TEST", [new(ItemProperty.Split, false, 3)] },
        { "NOT split = VALIDATION", [new(ItemProperty.Split, false, 2)] },
        { "NOT split != VALIDATION", [new(ItemProperty.Split, true, 2)] },
        { "has_features=true AND has_content = false", [new(ItemProperty.HasFeatures), new(ItemProperty.HasContent, false)] },
        { "has_gold != true", [new(ItemProperty.HasGold, false)] },
        { "gold_class = cat", [new(ItemProperty.GoldClass, true, 0)] },
        { "gold_class != \"dog x\" AND gold_class != 'AND'", [new(ItemProperty.GoldClass, false, 1), new(ItemProperty.GoldClass, false, 2)] },
        { "item_id = photo-17", [new(ItemProperty.ItemId, Text: "photo-17")] },
        { "item_id = photo-*", [new(ItemProperty.ItemIdPrefix, Text: "photo-")] },
        { "item_id = 'a b*'", [new(ItemProperty.ItemIdPrefix, Text: "a b")] },
        { """item_id = "a\*\"\\" """, [new(ItemProperty.ItemId, Text: "a*\"\\")] },
        { "item_id = \"*\"", [new(ItemProperty.ItemIdPrefix)] },
        { "item_id = '; DROP TABLE items; --'", [new(ItemProperty.ItemId, Text: "; DROP TABLE items; --")] },
        { "item_id = 日本語", [new(ItemProperty.ItemId, Text: "日本語")] },
    };

    [Theory]
    [MemberData(nameof(Right))]
    public void Comparisons_are_read(string filter, ItemCondition[] conditions) => Assert.Equal(conditions, ItemFilterParser.Parse(filter, Schema));

    [Theory]
    [InlineData("color = red", 1)]
    [InlineData("split", 6)]
    [InlineData("split =", 8)]
    [InlineData("split = train", 9)]
    [InlineData("split > TRAIN", 7)]
    [InlineData("split = TRAIN OR split = TEST", 15)]
    [InlineData("split = TRAIN split = TEST", 15)]
    [InlineData("split = TRAIN AND", 18)]
    [InlineData("AND split = TRAIN", 1)]
    [InlineData("NOT", 4)]
    [InlineData("(split = TRAIN)", 1)]
    [InlineData("has_gold = 1", 12)]
    [InlineData("gold_class = cow", 14)]
    [InlineData("gold_class = ca*", 14)]
    [InlineData("item_id = \"open", 11)]
    [InlineData("item_id = 'open\\", 11)]
    [InlineData("item_id = 'a*b'", 13)]
    [InlineData("item_id = a*b", 13)]
    [InlineData("item_id = a;b", 12)]
    [InlineData("item_id = ''", 11)]
    [InlineData("item_id = \"nul\0\"", 11)]
    public void A_fault_is_named_with_its_position(string filter, int position)
    {
        var error = Assert.Throws<ServiceException>(() => ItemFilterParser.Parse(filter, Schema));
        Assert.Equal(ErrorKind.InvalidArgument, error.Kind);
        var violation = Assert.Single(error.Violations);
        Assert.Equal("filter", violation.Field);
        Assert.StartsWith($"at character {position}:", violation.Description, StringComparison.Ordinal);
    }

    [Fact]
    public void Length_and_number_of_comparisons_are_bounded()
    {
        Assert.Equal(16, ItemFilterParser.Parse(string.Join(" AND ", Enumerable.Repeat("has_gold=true", 16)), Schema).Count);
        Assert.Throws<ServiceException>(() => ItemFilterParser.Parse(string.Join(" AND ", Enumerable.Repeat("has_gold=true", 17)), Schema));
        Assert.Throws<ServiceException>(() => ItemFilterParser.Parse(new string(' ', 3000), Schema));
    }

    [Fact]
    public void Every_quoted_id_is_read_back_as_it_was() =>
        Gen.String[1, 60].Where(id => Storage.Database.TextRules.ExternalIdProblem(id) is null).Sample(id =>
        {
            var quoted = id.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("*", "\\*", StringComparison.Ordinal);
            var condition = Assert.Single(ItemFilterParser.Parse($"item_id=\"{quoted}\"", Schema));
            Assert.Equal(new ItemCondition(ItemProperty.ItemId, Text: id), condition);
        });

    [Fact]
    public void Any_text_gives_conditions_or_a_refusal()
    {
        string[] words = ["split", "item_id", "gold_class", "has_gold", "=", "!=", " ", "AND", "NOT", "TRAIN", "'", "\"", "*", "\\", "true", "(", "\ud800"];
        var piece = Gen.OneOf(Gen.Int[0, words.Length - 1].Select(word => words[word]), Gen.String[0, 3]);
        piece.Array[0, 20].Sample(
            pieces =>
            {
                try
                {
                    ItemFilterParser.Parse(string.Concat(pieces), Schema);
                }
                catch (ServiceException error)
                {
                    Assert.Equal(ErrorKind.InvalidArgument, error.Kind);
                }
            },
            iter: 100_000);
    }
}
