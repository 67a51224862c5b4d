using LabelerService.Core.Datasets;
using LabelerService.Server.Images;

namespace LabelerService.Server.Tests.Images;

/// <summary>Header and decoder together, as a batch goes through them.</summary>
internal static class Decoding
{
    public static DatasetSchema Images(int height, int width, int channels) =>
        new(["a", "b"], LabelKind.Binary, ItemKind.Image, [height, width, channels]);

    /// <summary>The pixels of a file, or why it is refused.</summary>
    public static (byte[]? Pixels, string? Problem) Decode(byte[] file, int height, int width, int channels)
    {
        var schema = Images(height, width, channels);
        if (ImageHeader.Read(file).ProblemFor(schema) is { } refused)
        {
            return (null, refused);
        }

        var pixels = new byte[schema.FeatureLength];
        return ImagePixels.Decode(file, schema, pixels) is { } broken ? (null, broken) : (pixels, null);
    }

    public static byte[] Jpeg(int height, int width, bool colour, Func<int, int, byte> grey)
    {
        using var bitmap = new SkiaSharp.SKBitmap(new SkiaSharp.SKImageInfo(
            width, height, colour ? SkiaSharp.SKColorType.Rgba8888 : SkiaSharp.SKColorType.Gray8, SkiaSharp.SKAlphaType.Opaque));
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var value = grey(y, x);
                bitmap.SetPixel(x, y, new SkiaSharp.SKColor(value, colour ? (byte)(255 - value) : value, value));
            }
        }

        using var data = bitmap.Encode(SkiaSharp.SKEncodedImageFormat.Jpeg, 95);
        return data.ToArray();
    }
}
