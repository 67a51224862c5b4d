using LabelerService.Core.Datasets;
using LabelerService.Core.Encodings;

namespace LabelerService.Extraction.Tests;

internal static class Cases
{
    public static DatasetSchema Vectors(int length) => new(["a", "b"], LabelKind.Binary, ItemKind.Vector, [length]);

    public static DatasetSchema Images(int height, int width, int channels) => new(["a", "b"], LabelKind.Binary, ItemKind.Image, [height, width, channels]);

    public static RawItem[] Items(int count, int length, int seed = 3)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => new RawItem(Enumerable.Range(0, length).Select(_ => random.NextSingle()).ToArray()))];
    }

    public static float[] Extract(OnnxExtractor extractor, ReadOnlySpan<RawItem> items)
    {
        var rows = new float[items.Length * extractor.Encoding.FeatureLength];
        extractor.Encode(items, rows, CancellationToken.None);
        return rows;
    }
}
