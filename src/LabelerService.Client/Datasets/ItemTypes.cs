using LabelerService.Contracts.V1;

namespace LabelerService.Client;

/// <summary>What an item of a dataset can be.</summary>
public static class ItemTypes
{
    /// <summary>A text.</summary>
    public static ItemType Text => new() { Text = new ItemType.Types.Text() };

    /// <summary>A dense vector.</summary>
    /// <param name="length">Number of values, 1 to 65,536.</param>
    public static ItemType Vector(int length) => new() { Vector = new ItemType.Types.Vector { Length = length } };

    /// <summary>An image.</summary>
    /// <param name="height">Rows, 1 to 4,096.</param>
    /// <param name="width">Columns, 1 to 4,096.</param>
    /// <param name="channels">Values a pixel: 1 or 3.</param>
    public static ItemType Image(int height, int width, int channels) =>
        new() { Image = new ItemType.Types.Image { Height = height, Width = width, Channels = channels } };

    /// <summary>A sequence of steps.</summary>
    /// <param name="stepLength">Number of values a step, 1 to 4,096.</param>
    public static ItemType Sequence(int stepLength) => new() { Sequence = new ItemType.Types.Sequence { StepLength = stepLength } };
}
