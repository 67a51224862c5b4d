namespace LabelerService.Core.Encodings;

/// <summary>Vectors and images as they are.</summary>
public sealed class ValuesEncoder : IItemEncoder
{
    /// <summary>Takes an encoding of kind <see cref="ItemEncodingKind.Values"/>.</summary>
    public ValuesEncoder(ItemEncoding encoding)
    {
        if (encoding.Kind != ItemEncodingKind.Values || encoding.FeatureLength < 1)
        {
            throw new ArgumentException($"{encoding.Kind} of {encoding.FeatureLength} is no encoding of values.", nameof(encoding));
        }

        Encoding = encoding;
    }

    /// <inheritdoc/>
    public ItemEncoding Encoding { get; }

    /// <inheritdoc/>
    public string? Problem(RawItem item) => item switch
    {
        { Text: not null } => "must be values, not a text",
        { Values.Length: var length } when length != Encoding.FeatureLength => $"must have {Encoding.FeatureLength} values (it has {length})",
        _ => RawValues.Problem(item.Values.Span),
    };

    /// <inheritdoc/>
    public void Encode(ReadOnlySpan<RawItem> items, Span<float> rows, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ArgumentOutOfRangeException.ThrowIfNotEqual(rows.Length, checked(items.Length * Encoding.FeatureLength));
        for (var i = 0; i < items.Length; i++)
        {
            items[i].Values.Span.CopyTo(rows[..Encoding.FeatureLength]);
            rows = rows[Encoding.FeatureLength..];
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
