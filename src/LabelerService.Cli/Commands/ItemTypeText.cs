using System.Globalization;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Commands;

/// <summary>What an item is, as text: <c>vector:512</c>, <c>image:28x28x1</c>, <c>text</c>, <c>sequence:9</c>.</summary>
internal static class ItemTypeText
{
    /// <summary>The rule, for messages.</summary>
    public const string Rule =
        "an item type is vector:LENGTH, image:HEIGHTxWIDTHxCHANNELS (1 or 3 channels), text, or sequence:STEP_LENGTH, for example vector:512";

    /// <summary>Reads it; null if it is no item type.</summary>
    public static ItemType? Parse(string text)
    {
        var (kind, size) = text.Split(':', 2) is [var before, var after] ? (before, after) : (text, null);
        var sides = size?.Split('x').Select(Side).ToArray() ?? [];
        if (sides.Contains(0))
        {
            return null;
        }

        return (kind, sides) switch
        {
            ("vector", [<= 65_536 and var length]) => new ItemType { Vector = new ItemType.Types.Vector { Length = length } },
            ("image", [<= 4_096 and var height, <= 4_096 and var width, 1 or 3]) => new ItemType
            {
                Image = new ItemType.Types.Image { Height = height, Width = width, Channels = sides[2] },
            },
            ("text", []) when size is null => new ItemType { Text = new ItemType.Types.Text() },
            ("sequence", [<= 4_096 and var length]) => new ItemType { Sequence = new ItemType.Types.Sequence { StepLength = length } },
            _ => null,
        };
    }

    /// <summary>Writes it.</summary>
    public static string Of(ItemType? type) => type?.KindCase switch
    {
        ItemType.KindOneofCase.Vector => $"vector:{type.Vector.Length}",
        ItemType.KindOneofCase.Image => $"image:{type.Image.Height}x{type.Image.Width}x{type.Image.Channels}",
        ItemType.KindOneofCase.Text => "text",
        ItemType.KindOneofCase.Sequence => $"sequence:{type.Sequence.StepLength}",
        _ => "unknown",
    };

    /// <summary>Values of one item where that is fixed (vector, image); otherwise null.</summary>
    public static int? FeatureLength(ItemType? type) => type?.KindCase switch
    {
        ItemType.KindOneofCase.Vector => type.Vector.Length,
        ItemType.KindOneofCase.Image => type.Image.Height * type.Image.Width * type.Image.Channels,
        _ => null,
    };

    // A whole number from 1; 0 stands for anything else.
    private static int Side(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var side) ? side : 0;
}
