using LabelerService.Cli.Client.Import;
using LabelerService.Cli.Files;
using LabelerService.Cli.Files.Import;
using LabelerService.Cli.Rendering;
using LabelerService.Contracts;
using LabelerService.Contracts.V1;
using LabelerService.Formats.Rows;
using LabelerService.Formats.Tables;

namespace LabelerService.Cli.Demo;

/// <summary>The LabelMe sample: puts it into a service through the API, as any client would.</summary>
internal sealed class DemoSample(string folder, TimeProvider time)
{
    /// <summary>Id of the dataset.</summary>
    public const string DatasetId = "labelme";

    private const int Classes = 8;
    private const int FeatureLength = 512;

    private static readonly (Split Split, string Name)[] Splits =
        [(Split.Train, "train"), (Split.Validation, "validation"), (Split.Test, "test")];

    /// <summary>Creates the dataset and stores items, labels and gold classes.</summary>
    /// <returns>The dataset with its counts.</returns>
    public async Task<Dataset> ImportAsync(ServiceConnection service, ProgressItem progress, CancellationToken cancellationToken)
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
        var classes = new ClassNames([.. dataset.Classes]);
        var labels = ImportFiles.Open(
            Path.Combine(folder, "labels.csv"), format: null, new LabelSchema(time.GetUtcNow()), new ReadOptions(),
            row => classes.Problem("label", row.Label));
        await labels.CheckAsync(_ => { }, cancellationToken);
        await new AnnotationUpload(service, new AnnotationMessages(classes)).SendAsync(
            dataset.Name, labels, new UnknownKeys(), _ => { }, cancellationToken);

        progress.Set(0.9, "gold classes");
        foreach (var (_, name) in Splits)
        {
            var gold = ImportFiles.Open(
                Path.Combine(folder, $"gold_{name}.csv"), format: null, new GoldSchema(), new ReadOptions(),
                row => classes.Problem("label", row.Label));
            await gold.CheckAsync(_ => { }, cancellationToken);
            await new GoldUpload(service, classes).SendAsync(dataset.Name, gold, rejects: null, (_, _) => { }, cancellationToken);
        }

        return await service.Datasets.GetDatasetAsync(
            new GetDatasetRequest { Name = ResourceName.Dataset(DatasetId) }, cancellationToken: cancellationToken);
    }
}
