namespace LabelerService.Benchmarks.Datasets;

/// <summary>The data sets that models are compared on. A new one is a file with a reader and a line here.</summary>
internal static class DatasetCatalogue
{
    /// <summary>Name and reader of each.</summary>
    public static IReadOnlyDictionary<string, Func<DataFolder, BenchDataset>> All { get; } =
        new Dictionary<string, Func<DataFolder, BenchDataset>>(StringComparer.Ordinal)
        {
            ["labelme"] = LabelMeData.Read,
            ["sentiment"] = SentimentData.Read,
            ["mnist"] = MnistData.Read,
        };
}
