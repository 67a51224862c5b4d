using System.Buffers;
using System.Runtime.InteropServices;
using LabelerService.Core.Datasets;
using SkiaSharp;

namespace LabelerService.Server.Images;

/// <summary>Decodes one image file into bytes of shape [H, W, C], the values that are in the file: no scaling, no colour management.</summary>
internal static class ImagePixels
{
    private const string Cut = "is cut short or broken: its pixels cannot be decoded";

    /// <summary>Decodes a file whose header has been checked against the schema.</summary>
    /// <param name="file">The file.</param>
    /// <param name="schema">Schema of the dataset.</param>
    /// <param name="pixels">Receives the values, as many as the dataset's images have.</param>
    /// <returns>Why the file cannot be taken; null if it could be.</returns>
    public static string? Decode(ReadOnlySpan<byte> file, DatasetSchema schema, byte[] pixels)
    {
        var (height, width, channels) = (schema.ItemShape[0], schema.ItemShape[1], schema.ItemShape[2]);
        using var data = SKData.CreateCopy(file);
        using var codec = SKCodec.Create(data);
        if (codec is null)
        {
            return Cut;
        }

        // What the decoder found must be what the header said: it is what the buffers are sized for.
        if (codec.Info.Width != width || codec.Info.Height != height)
        {
            return Cut;
        }

        if (codec.EncodedOrigin is not (SKEncodedOrigin.TopLeft or SKEncodedOrigin.Default))
        {
            return "is turned by its EXIF orientation; turn the pixels and remove it";
        }

        if (codec.FrameCount > 1)
        {
            return "is animated; send its frames as items";
        }

        if (channels == 1 && codec.Info is { ColorType: SKColorType.Gray8, AlphaType: SKAlphaType.Opaque })
        {
            return Decode(codec, new SKImageInfo(width, height, SKColorType.Gray8, SKAlphaType.Opaque), pixels) ? null : Cut;
        }

        var four = ArrayPool<byte>.Shared.Rent(4 * width * height);
        try
        {
            return !Decode(codec, new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Unpremul), four)
                ? Cut
                : Take(four.AsSpan(0, 4 * width * height), channels, pixels);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(four);
        }
    }

    private static bool Decode(SKCodec codec, SKImageInfo info, byte[] target)
    {
        var handle = GCHandle.Alloc(target, GCHandleType.Pinned);
        try
        {
            return codec.GetPixels(info, handle.AddrOfPinnedObject()) == SKCodecResult.Success;
        }
        finally
        {
            handle.Free();
        }
    }

    private static string? Take(ReadOnlySpan<byte> four, int channels, Span<byte> pixels)
    {
        for (int from = 0, to = 0; from < four.Length; from += 4, to += channels)
        {
            if (four[from + 3] != byte.MaxValue)
            {
                return "is transparent; put it on a background first";
            }

            // One channel is only asked for where red, green and blue are the same.
            four.Slice(from, channels).CopyTo(pixels[to..]);
        }

        return null;
    }
}
