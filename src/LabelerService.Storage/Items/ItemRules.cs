using System.Text.Unicode;
using LabelerService.Core.Datasets;

namespace LabelerService.Storage.Items;

/// <summary>What the data of one item may be, by the kind of the dataset's items.</summary>
public static class ItemRules
{
    /// <summary>Longest text of an item, in bytes of UTF-8.</summary>
    public const int MaxTextBytes = 64 * 1024;

    /// <summary>Most steps of a sequence.</summary>
    public const int MaxSteps = 65_536;

    /// <summary>Largest image file, and largest sequence, in bytes.</summary>
    public const int MaxItemBytes = 8 * 1024 * 1024;

    /// <summary>What is wrong with packed features; null if nothing. Empty ones say nothing and are right everywhere.</summary>
    public static string? FeatureProblem(DatasetSchema schema, ReadOnlySpan<byte> features, FeatureEncoding encoding)
    {
        if (encoding is not (FeatureEncoding.Float32 or FeatureEncoding.Float16 or FeatureEncoding.UInt8))
        {
            return "must be float32, float16 or uint8";
        }

        if (features.IsEmpty)
        {
            return null;
        }

        if (encoding == FeatureEncoding.UInt8 && schema.ItemKind != ItemKind.Image)
        {
            return "must be float32 or float16: uint8 is for images";
        }

        var size = FeaturePacking.Size(encoding);
        if (features.Length % size != 0)
        {
            return $"must be whole values of {size} bytes (it has {features.Length} bytes)";
        }

        if (LengthProblem(schema, features.Length, features.Length / size) is { } length)
        {
            return length;
        }

        return FeaturePacking.IndexOfNonFinite(features, encoding) is var at && at >= 0 ? $"must be finite (value {at} is NaN or infinite)" : null;
    }

    /// <summary>What is wrong with the content of an item; null if nothing.</summary>
    public static string? ContentProblem(DatasetSchema schema, ItemWrite item)
    {
        if (item.Content is not { } content)
        {
            return null;
        }

        return (schema.ItemKind, content.Type) switch
        {
            (ItemKind.Text, ContentType.Text) => TextProblem(content.Bytes.Span),
            (ItemKind.Image, ContentType.Png or ContentType.Jpeg) => ImageProblem(content.Bytes.Length, item),
            _ => $"must be what the dataset's items are ({schema.ItemKind}), not {content.Type}",
        };
    }

    /// <summary>What is wrong with a text in UTF-8; null if nothing.</summary>
    public static string? TextProblem(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length is 0 or > MaxTextBytes)
        {
            return $"must have 1 to {MaxTextBytes} bytes of UTF-8 (it has {utf8.Length})";
        }

        if (utf8.Contains((byte)0))
        {
            return "must not contain the NUL character";
        }

        return Utf8.IsValid(utf8) ? null : "must be valid UTF-8";
    }

    private static string? LengthProblem(DatasetSchema schema, int bytes, int values)
    {
        switch (schema.ItemKind)
        {
            case ItemKind.Text:
                return "must be empty: the items of this dataset are texts";
            case ItemKind.Sequence:
                var step = schema.ItemShape[0];
                if (values % step != 0)
                {
                    return $"must be whole steps of {step} values (it has {values})";
                }

                return values / step > MaxSteps || bytes > MaxItemBytes
                    ? $"must have at most {MaxSteps} steps and {MaxItemBytes} bytes (it has {values / step} and {bytes})"
                    : null;
            default:
                return values == schema.FeatureLength ? null : $"must have {schema.FeatureLength} values (it has {values})";
        }
    }

    private static string? ImageProblem(int bytes, ItemWrite item)
    {
        if (bytes is 0 or > MaxItemBytes)
        {
            return $"must have 1 to {MaxItemBytes} bytes (it has {bytes})";
        }

        return item.Encoding == FeatureEncoding.UInt8 && !item.Features.IsEmpty ? null : "must come with its pixels as uint8 features";
    }
}
