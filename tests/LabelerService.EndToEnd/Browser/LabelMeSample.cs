using LabelerService.Contracts.V1;
using LabelerService.Core.Tensors;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.Browser;

/// <summary>The LabelMe sample in a service, as the demo leaves it: 2,688 items in three splits, 2,547 annotations by 59 labelers, gold everywhere.</summary>
internal static class LabelMeSample
{
    public const string DatasetId = "labelme";
    private const int ClassCount = 8;
    private const int FeatureLength = 512;

    /// <summary>Creates the dataset and fills it through the API.</summary>
    /// <returns>Its name.</returns>
    public static async Task<string> ImportAsync(RunningService service)
    {
        var dataset = new Dataset
        {
            DisplayName = "LabelMe scenes",
            ItemType = new ItemType { Vector = new ItemType.Types.Vector { Length = FeatureLength } },
            Classes = { Enumerable.Range(0, ClassCount).Select(k => $"class-{k}") },
        };
        dataset = await service.Datasets.CreateDatasetAsync(new CreateDatasetRequest { DatasetId = DatasetId, Dataset = dataset });
        foreach (var (split, name) in new[] { (Split.Train, "train"), (Split.Validation, "validation"), (Split.Test, "test") })
        {
            var batch = new ItemBatch { Split = split, Features = Features($"items_{name}.npy") };
            batch.ItemIds.Add(Enumerable.Range(0, (int)batch.Features.Shape[0]).Select(i => $"{name}-{i}"));
            await service.Items.BatchCreateItemsAsync(new BatchCreateItemsRequest { Parent = dataset.Name, Batch = batch });
        }

        await service.AnnotateAsync(dataset.Name, [.. Rows("labels.csv").Select(row => Requests.Says(row[1], row[0], row[2]))]);
        var gold = new BatchSetGoldClassesRequest { Parent = dataset.Name };
        foreach (var file in new[] { "gold_train.csv", "gold_validation.csv", "gold_test.csv" })
        {
            gold.GoldClasses.Add(Rows(file).Select(row => new GoldClass { ItemId = row[0], ClassName = row[1] }));
        }

        await service.Items.BatchSetGoldClassesAsync(gold);
        return dataset.Name;
    }

    private static Tensor Features(string file)
    {
        using var stream = File.OpenRead(Path.Combine(Assemblies.Samples, file));
        var reader = NpyReader.Open(stream);
        return Requests.Floats(reader.ReadToEnd(), [.. reader.Header.Shape.Select(side => (long)side)]);
    }

    private static IEnumerable<string[]> Rows(string file) => File.ReadLines(Path.Combine(Assemblies.Samples, file)).Skip(1).Select(line => line.Split(','));
}
