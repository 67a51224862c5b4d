using LabelerService.Contracts.V1;

namespace LabelerService.Benchmarks.Rolling;

/// <summary>What the calls are about: vectors of two values, three classes, a model of a few labelers.</summary>
internal static class RollingDataset
{
    private const int AnnotatedItems = 300;
    private static readonly string[] Classes = ["a", "b", "c"];

    /// <summary>Settings of runs that take a second.</summary>
    public static IReadOnlyDictionary<string, string> Quick { get; } =
        new Dictionary<string, string> { ["epochs"] = "3", ["bootstrap_resamples"] = "0" };

    public static string Item(int number) => $"item-{number}";

    /// <summary>The row of that number: another labeler each time all items were named, so that no row revises another.</summary>
    public static Annotation Said(string who, int row, int items) =>
        new() { ItemId = Item(row % items), LabelerId = $"{who}-{row / items}", ClassName = Classes[(row * 7 + row / items) % Classes.Length] };

    /// <summary>Creates the dataset with its items, and a model.</summary>
    /// <returns>Name of the model's version.</returns>
    public static async Task<string> PrepareAsync(LabelerClient client, string dataset, int items, CancellationToken cancel)
    {
        await client.Datasets.CreateAsync(dataset, Classes, ItemTypes.Vector(2), cancellationToken: cancel);
        var contents = Enumerable.Range(0, items).Select(i => new NewItem(Item(i), ItemContent.Features(new float[] { i % 3, (i / 3) % 5 })));
        await client.Items.UploadAsync(dataset, contents.ToAsyncEnumerable(), cancellationToken: cancel);
        var said = Enumerable.Range(0, AnnotatedItems).SelectMany(i => Enumerable.Range(0, 3).Select(
            labeler => new Annotation { ItemId = Item(i), LabelerId = $"first-{labeler}", ClassName = Classes[(i + (i % 11 == labeler ? 1 : 0)) % 3] }));
        await client.Annotations.UploadAsync(dataset, said.ToAsyncEnumerable(), cancellationToken: cancel);
        var run = await client.Training.StartAsync(dataset, "dn", settings: Quick, cancellationToken: cancel);
        run = await client.Training.WaitAsync(run.Name, cancellationToken: cancel);
        return run.State == TrainingRun.Types.State.Succeeded
            ? run.ModelVersion
            : throw new IOException($"no model: {run.State} {run.FailureMessage}");
    }
}
