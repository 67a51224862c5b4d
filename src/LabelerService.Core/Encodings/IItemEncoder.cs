namespace LabelerService.Core.Encodings;

/// <summary>The content of an item as it is stored or sent.</summary>
/// <param name="Values">Values of a vector or an image, or T · d values of a sequence; empty for a text.</param>
/// <param name="Text">A text; null for all else.</param>
public readonly record struct RawItem(ReadOnlyMemory<float> Values, string? Text = null);

/// <summary>Makes rows of items as an <see cref="ItemEncoding"/> says. Safe for concurrent use.</summary>
public interface IItemEncoder : IDisposable
{
    /// <summary>What it makes.</summary>
    public ItemEncoding Encoding { get; }

    /// <summary>Why an item cannot be encoded, for people; null if it can.</summary>
    public string? Problem(RawItem item);

    /// <summary>Encodes items that have no <see cref="Problem"/>.</summary>
    /// <param name="items">The items, n.</param>
    /// <param name="rows">Receives the rows, row-major [n, D].</param>
    /// <param name="cancellationToken">Observed between blocks of items.</param>
    public void Encode(ReadOnlySpan<RawItem> items, Span<float> rows, CancellationToken cancellationToken);
}
