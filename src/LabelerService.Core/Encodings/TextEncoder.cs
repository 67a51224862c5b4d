using System.Buffers;
using System.Security.Cryptography;
using LabelerService.Core.Text;

namespace LabelerService.Core.Encodings;

/// <summary>
/// Texts as what a <see cref="TextFeaturizer"/> makes of them. It is kept beside the model as an artefact of its own, so that what is predicted
/// later is seen as the training texts were.
/// </summary>
public sealed class TextEncoder : IItemEncoder
{
    /// <summary>Longest text, in bytes of UTF-8.</summary>
    public const int MaximumBytes = 64 * 1024;

    private readonly TextFeaturizer _featurizer;

    private TextEncoder(TextFeaturizer featurizer, string sha256)
    {
        _featurizer = featurizer;
        Encoding = new ItemEncoding { Kind = ItemEncodingKind.Text, FeatureLength = featurizer.Dimensions, ArtefactSha256 = sha256 };
    }

    /// <inheritdoc/>
    public ItemEncoding Encoding { get; }

    /// <summary>Learns from texts.</summary>
    /// <param name="texts">The texts of the training split; never others.</param>
    /// <param name="options">How texts become vectors.</param>
    /// <param name="cancellationToken">Observed between texts.</param>
    public static TextEncoder Fit(IReadOnlyList<string> texts, TextFeaturizerOptions options, CancellationToken cancellationToken = default)
    {
        var featurizer = TextFeaturizer.Fit(texts, options, cancellationToken);
        return new TextEncoder(featurizer, HashOf(featurizer.ToBytes()));
    }

    /// <summary>Writes the encoder for <see cref="Read"/>: the bytes whose hash <see cref="ItemEncoding.ArtefactSha256"/> is.</summary>
    public byte[] ToBytes() => _featurizer.ToBytes();

    /// <summary>Reads what <see cref="ToBytes"/> wrote.</summary>
    /// <exception cref="InvalidDataException">The bytes are not that, or damaged.</exception>
    public static TextEncoder Read(ReadOnlySpan<byte> bytes) => new(TextFeaturizer.Read(bytes), HashOf(bytes));

    /// <inheritdoc/>
    public string? Problem(RawItem item)
    {
        if (item.Text is not { } text)
        {
            return "must be a text";
        }

        if (text.Length == 0)
        {
            return "must not be empty";
        }

        // A character takes three bytes at most.
        return text.Length > MaximumBytes / 3 && System.Text.Encoding.UTF8.GetByteCount(text) is > MaximumBytes and var bytes
            ? $"must have at most {MaximumBytes} bytes of UTF-8 (it has {bytes})"
            : null;
    }

    /// <inheritdoc/>
    public void Encode(ReadOnlySpan<RawItem> items, Span<float> rows, CancellationToken cancellationToken)
    {
        var texts = ArrayPool<string>.Shared.Rent(items.Length);
        try
        {
            for (var i = 0; i < items.Length; i++)
            {
                texts[i] = items[i].Text ?? throw new ArgumentException($"Item {i} has no text.", nameof(items));
            }

            _featurizer.Transform(texts.AsSpan(0, items.Length), rows, cancellationToken);
        }
        finally
        {
            ArrayPool<string>.Shared.Return(texts, clearArray: true);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private static string HashOf(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
