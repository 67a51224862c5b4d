using CsCheck;
using LabelerService.Cli.Commands;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Tests.Commands;

public class ItemTypeTextTests
{
    private static readonly Gen<string> Types = Gen.OneOf(
        Gen.Int[1, 65_536].Select(length => $"vector:{length}"),
        Gen.Select(Gen.Int[1, 4096], Gen.Int[1, 4096], Gen.Bool, (h, w, colour) => $"image:{h}x{w}x{(colour ? 3 : 1)}"),
        Gen.Const("text"),
        Gen.Int[1, 4096].Select(length => $"sequence:{length}"));

    [Fact]
    public void Every_item_type_reads_back_as_it_was_written() =>
        Types.Sample(text => ItemTypeText.Of(ItemTypeText.Parse(text)) == text);

    [Theory]
    [InlineData("")]
    [InlineData("vector")]
    [InlineData("vector:")]
    [InlineData("vector:-1")]
    [InlineData("vector:0")]
    [InlineData("vector:65537")]
    [InlineData("vector:1x2")]
    [InlineData("vector: 512")]
    [InlineData("Vector:512")]
    [InlineData("image:28x28")]
    [InlineData("image:28x28x2")]
    [InlineData("image:28x28x1x1")]
    [InlineData("image:4097x1x1")]
    [InlineData("text:5")]
    [InlineData("text:")]
    [InlineData("sequence:4097")]
    [InlineData("sequence")]
    [InlineData("audio:3")]
    public void Anything_else_is_no_item_type(string text) => Assert.Null(ItemTypeText.Parse(text));

    [Fact]
    public void An_image_has_as_many_values_as_its_sides_multiply_to() =>
        Assert.Equal(28 * 30 * 3, ItemTypeText.FeatureLength(ItemTypeText.Parse("image:28x30x3")));

    [Fact]
    public void Text_has_no_fixed_length() => Assert.Null(ItemTypeText.FeatureLength(new ItemType { Text = new ItemType.Types.Text() }));
}
