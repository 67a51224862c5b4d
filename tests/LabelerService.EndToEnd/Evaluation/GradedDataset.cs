using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.Evaluation;

/// <summary>
/// Three grades of one scale that overlap a little, labelled by five labelers who are each right with a known probability and else name a
/// neighbouring grade. All splits have annotations; only test has gold.
/// </summary>
internal static class GradedDataset
{
    public const int TestItems = 240;
    public const int LabelsPerItem = 2;
    private const int Length = 4;
    private static readonly double[] Accuracies = [0.95, 0.9, 0.8, 0.75, 0.7];

    /// <summary>Stores it.</summary>
    /// <returns>Its name.</returns>
    public static async Task<string> CreateAsync(RunningService service)
    {
        var dataset = await service.Datasets.CreateDatasetAsync(new CreateDatasetRequest
        {
            DatasetId = Requests.NewId(),
            Dataset = new Dataset
            {
                Classes = { "none", "mild", "severe" },
                LabelKind = Dataset.Types.LabelKind.Ordinal,
                ItemType = new ItemType { Vector = new ItemType.Types.Vector { Length = Length } },
            },
        });
        var random = new Random(5);
        await StoreAsync(service, dataset.Name, "train", 400, Split.Train, random);
        await StoreAsync(service, dataset.Name, "valid", 80, Split.Validation, random);
        await StoreAsync(service, dataset.Name, "test", TestItems, Split.Test, random);
        return dataset.Name;
    }

    private static async Task StoreAsync(RunningService service, string dataset, string prefix, int count, Split split, Random random)
    {
        var values = new float[count * Length];
        var batch = new ItemBatch { Split = split };
        var gold = new BatchSetGoldClassesRequest { Parent = dataset };
        var annotations = new List<Annotation>();
        for (var i = 0; i < count; i++)
        {
            var grade = random.Next(3);
            for (var d = 0; d < Length; d++)
            {
                values[(i * Length) + d] = (float)(grade - 1 + (2 * (random.NextDouble() - 0.5)));
            }

            batch.ItemIds.Add($"{prefix}{i}");
            gold.GoldClasses.Add(new GoldClass { ItemId = $"{prefix}{i}", ClassIndex = grade });
            foreach (var labeler in Enumerable.Range(0, Accuracies.Length).OrderBy(_ => random.Next()).Take(LabelsPerItem))
            {
                var said = random.NextDouble() < Accuracies[labeler] ? grade : grade == 1 ? 2 * random.Next(2) : 1;
                annotations.Add(new Annotation { ItemId = $"{prefix}{i}", LabelerId = $"labeler{labeler}", ClassIndex = said });
            }
        }

        batch.Features = Requests.Floats(values, count, Length);
        await service.Items.BatchCreateItemsAsync(new BatchCreateItemsRequest { Parent = dataset, Batch = batch });
        if (split == Split.Test)
        {
            await service.Items.BatchSetGoldClassesAsync(gold);
        }

        await service.AnnotateAsync(dataset, [.. annotations]);
    }
}
