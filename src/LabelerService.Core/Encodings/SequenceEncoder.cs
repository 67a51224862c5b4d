namespace LabelerService.Core.Encodings;

/// <summary>
/// Sequences as rows of one length: the number of steps, the steps one after the other, zeros for those that are not there. The graph reads
/// the length, so the zeros never count as steps.
/// </summary>
public sealed class SequenceEncoder : IItemEncoder
{
    /// <summary>Most steps of a sequence that models read.</summary>
    public const int MostSteps = 4096;

    /// <summary>Takes an encoding of kind <see cref="ItemEncodingKind.Sequence"/> whose longest sequence is known.</summary>
    public SequenceEncoder(ItemEncoding encoding)
    {
        if (encoding.Kind != ItemEncodingKind.Sequence || encoding.StepLength < 1 || encoding.MaxSteps < 1
            || encoding.FeatureLength != 1 + ((long)encoding.MaxSteps * encoding.StepLength))
        {
            throw new ArgumentException(
                $"{encoding.Kind} of {encoding.FeatureLength} is no encoding of {encoding.MaxSteps} steps of {encoding.StepLength}.", nameof(encoding));
        }

        Encoding = encoding;
    }

    /// <inheritdoc/>
    public ItemEncoding Encoding { get; }

    /// <inheritdoc/>
    public string? Problem(RawItem item)
    {
        var (length, step) = (item.Values.Length, Encoding.StepLength);
        if (item.Text is not null)
        {
            return "must be a sequence, not a text";
        }

        if (length == 0 || length % step != 0)
        {
            return $"must be whole steps of {step} values, at least one (it has {length} values)";
        }

        return length / step > Encoding.MaxSteps
            ? $"must have at most {Encoding.MaxSteps} steps (it has {length / step})"
            : RawValues.Problem(item.Values.Span);
    }

    /// <inheritdoc/>
    public void Encode(ReadOnlySpan<RawItem> items, Span<float> rows, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ArgumentOutOfRangeException.ThrowIfNotEqual(rows.Length, checked(items.Length * Encoding.FeatureLength));
        for (var i = 0; i < items.Length; i++)
        {
            var row = rows[..Encoding.FeatureLength];
            var values = items[i].Values.Span;
            row[0] = values.Length / Encoding.StepLength;
            values.CopyTo(row[1..]);
            row[(1 + values.Length)..].Clear();
            rows = rows[Encoding.FeatureLength..];
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
