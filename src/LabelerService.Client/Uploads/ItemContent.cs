namespace LabelerService.Client;

/// <summary>What an item is made of: what it is stored with, and what it is predicted from.</summary>
/// <remarks>Memory that is handed over is read when the item is sent; leave it as it is until then.</remarks>
public sealed class ItemContent
{
    private ItemContent(Kind kind) => Is = kind;

    internal enum Kind
    {
        Features,
        Sequence,
        Text,
        Image,
        Stored,
    }

    internal Kind Is { get; }

    internal ReadOnlyMemory<float> Values { get; private init; }

    internal int StepLength { get; private init; }

    internal string String { get; private init; } = "";

    internal ReadOnlyMemory<byte> Bytes { get; private init; }

    /// <summary>Bytes on the wire at most, without tags.</summary>
    internal long Size => (sizeof(float) * (long)Values.Length) + (3L * String.Length) + Bytes.Length;

    /// <summary>A vector, or an image as height × width × channels values, as long as the dataset's items are.</summary>
    /// <param name="values">The values, all finite.</param>
    public static ItemContent Features(ReadOnlyMemory<float> values) => new(Kind.Features) { Values = values };

    /// <summary>A matrix of vectors, row by row.</summary>
    /// <param name="values">The values, row-major: shape [N, <paramref name="length"/>].</param>
    /// <param name="length">Values a row.</param>
    /// <returns>One content for each row; no values are copied.</returns>
    /// <exception cref="ArgumentException">The values are not whole rows.</exception>
    public static IReadOnlyList<ItemContent> Rows(ReadOnlyMemory<float> values, int length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        return values.Length % length == 0
            ? [.. Enumerable.Range(0, values.Length / length).Select(row => Features(values.Slice(row * length, length)))]
            : throw new ArgumentException($"{values.Length} values are not whole rows of {length}.", nameof(values));
    }

    /// <summary>A sequence of steps.</summary>
    /// <param name="values">The values, step by step: shape [T, <paramref name="stepLength"/>].</param>
    /// <param name="stepLength">Values a step, as the dataset says.</param>
    /// <exception cref="ArgumentException">The values are not whole steps.</exception>
    public static ItemContent Sequence(ReadOnlyMemory<float> values, int stepLength)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(stepLength, 1);
        return values.Length % stepLength == 0
            ? new ItemContent(Kind.Sequence) { Values = values, StepLength = stepLength }
            : throw new ArgumentException($"{values.Length} values are not whole steps of {stepLength}.", nameof(values));
    }

    /// <summary>A text.</summary>
    /// <param name="text">1 to 65,536 bytes of UTF-8, without NUL.</param>
    public static ItemContent Text(string text) => new(Kind.Text) { String = text };

    /// <summary>An image file.</summary>
    /// <param name="file">The bytes of a PNG or JPEG file of the dataset's height and width.</param>
    public static ItemContent Image(ReadOnlyMemory<byte> file) => new(Kind.Image) { Bytes = file };

    /// <summary>What the service has stored under a key; for predictions.</summary>
    /// <param name="itemId">Key of the item.</param>
    public static ItemContent Stored(string itemId) => new(Kind.Stored) { String = itemId };
}
