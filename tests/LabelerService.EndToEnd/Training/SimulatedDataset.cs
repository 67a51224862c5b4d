using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.Training;

/// <summary>A dataset of two well separated clusters, labelled by five labelers who are each right with a known probability.</summary>
internal sealed record SimulatedDataset(string Dataset, string TestItem)
{
    public const int Length = 6;
    public const int Labelers = 5;
    private const int TrainItems = 300;
    private const int OtherItems = 100;
    private const int LabelsPerItem = 3;
    private static readonly double[] Accuracies = [0.95, 0.9, 0.8, 0.7, 0.6];

    public static async Task<SimulatedDataset> CreateAsync(RunningService service)
    {
        var random = new Random(7);
        var dataset = await service.CreateDatasetAsync(Length, "no", "yes");
        var train = await StoreAsync(service, dataset, "train", TrainItems, Split.Train, random);
        await StoreAsync(service, dataset, "valid", OtherItems, Split.Validation, random);
        await StoreAsync(service, dataset, "test", OtherItems, Split.Test, random);
        var annotations = new List<Annotation>();
        for (var i = 0; i < TrainItems; i++)
        {
            foreach (var labeler in Enumerable.Range(0, Labelers).OrderBy(_ => random.Next()).Take(LabelsPerItem))
            {
                var right = random.NextDouble() < Accuracies[labeler];
                annotations.Add(new Annotation
                {
                    ItemId = $"train{i}",
                    LabelerId = $"labeler{labeler}",
                    ClassIndex = right ? train[i] : 1 - train[i],
                });
            }
        }

        await service.AnnotateAsync(dataset, [.. annotations]);
        return new SimulatedDataset(dataset, "test0");
    }

    private static async Task<int[]> StoreAsync(
        RunningService service, string dataset, string prefix, int count, Split split, Random random)
    {
        var classes = new int[count];
        var values = new float[count * Length];
        var batch = new ItemBatch { Split = split };
        var gold = new BatchSetGoldClassesRequest { Parent = dataset };
        for (var i = 0; i < count; i++)
        {
            classes[i] = random.Next(2);
            for (var d = 0; d < Length; d++)
            {
                values[(i * Length) + d] = (float)((classes[i] == 0 ? -1 : 1) + (1.5 * (random.NextDouble() - 0.5)));
            }

            batch.ItemIds.Add($"{prefix}{i}");
            gold.GoldClasses.Add(new GoldClass { ItemId = $"{prefix}{i}", ClassIndex = classes[i] });
        }

        batch.Features = Requests.Floats(values, count, Length);
        await service.Items.BatchCreateItemsAsync(new BatchCreateItemsRequest { Parent = dataset, Batch = batch });
        if (split != Split.Train)
        {
            await service.Items.BatchSetGoldClassesAsync(gold);
        }

        return classes;
    }
}
