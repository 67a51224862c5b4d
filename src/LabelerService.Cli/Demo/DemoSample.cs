using LabelerService.Cli.Client;
using LabelerService.Cli.Files;
using LabelerService.Cli.Rendering;
using LabelerService.Contracts;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Demo;

/// <summary>The LabelMe sample: puts it into a service through the API, as any client would.</summary>
internal sealed class DemoSample(string folder)
{
    /// <summary>Id of the dataset.</summary>
    public const string DatasetId = "labelme";

    private const int Classes = 8;
    private const int FeatureLength = 512;

    private static readonly (Split Split, string Name)[] Splits =
        [(Split.Train, "train"), (Split.Validation, "validation"), (Split.Test, "test")];

    /// <summary>Creates the dataset and stores items, labels and gold classes.</summary>
    /// <returns>The dataset with its counts.</returns>
    public async Task<Dataset> ImportAsync(ServiceConnection service, ProgressBoard.ProgressItem progress, CancellationToken cancellationToken)
    {
        progress.Set(0, "creating the dataset");
        var dataset = new Dataset
        {
            DisplayName = "LabelMe scenes",
            ItemType = new ItemType { Vector = new ItemType.Types.Vector { Length = FeatureLength } },
        };
        dataset.Classes.Add(Enumerable.Range(0, Classes).Select(i => $"class-{i}"));
        dataset = await service.Datasets.CreateDatasetAsync(
            new CreateDatasetRequest { DatasetId = DatasetId, Dataset = dataset, RequestId = ServiceConnection.NewRequestId() },
            cancellationToken: cancellationToken);

        foreach (var (split, name) in Splits)
        {
            progress.Set(0.1 + (0.2 * (int)split), $"{name} items");
            using var file = FeatureFile.Open(Path.Combine(folder, $"items_{name}.npy"));
            using var keys = ItemKeys.Numbered($"{name}-");
            await new ItemUpload(service).SendAsync(dataset.Name, file, keys, split, file.IsHalf, _ => { }, cancellationToken);
        }

        progress.Set(0.8, "labels");
        var labelPath = Path.Combine(folder, "labels.csv");
        var labels = new LabelFile(labelPath, dataset.Classes, gold: false);
        labels.Check(cancellationToken);
        await new AnnotationUpload(service).SendAsync(dataset.Name, labels.Read(cancellationToken), labelPath, _ => { }, cancellationToken);

        progress.Set(0.9, "gold classes");
        foreach (var (_, name) in Splits)
        {
            var goldPath = Path.Combine(folder, $"gold_{name}.csv");
            var gold = new LabelFile(goldPath, dataset.Classes, gold: true);
            gold.Check(cancellationToken);
            await new GoldUpload(service).SendAsync(dataset.Name, gold.Read(cancellationToken), goldPath, _ => { }, cancellationToken);
        }

        return await service.Datasets.GetDatasetAsync(
            new GetDatasetRequest { Name = ResourceName.Dataset(DatasetId) }, cancellationToken: cancellationToken);
    }
}
