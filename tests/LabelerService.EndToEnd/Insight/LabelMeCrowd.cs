using Google.Protobuf.WellKnownTypes;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.Insight;

/// <summary>
/// The labels and gold classes of the LabelMe sample: 1,000 items, 59 labelers, 2,547 labels, 8 classes. A majority vote is right about 77 of
/// 100 items.
/// </summary>
public sealed class LabelMeCrowd(ServiceFixture fixture) : IAsyncLifetime
{
    public const int Items = 1_000;
    public const int Labels = 2_547;
    public const int LabelerCount = 59;
    public const int Classes = 8;
    private static readonly string Sample = Path.Combine(Assemblies.Repository, "samples", "labelme");

    internal RunningService Service => fixture.Service;

    /// <summary>A dataset that no test changes.</summary>
    internal string Dataset { get; private set; } = "";

    /// <summary>Gold class of each item.</summary>
    internal IReadOnlyDictionary<string, string> Gold { get; } = Rows("gold_train.csv").ToDictionary(row => row[0], row => row[1]);

    public async Task InitializeAsync() => Dataset = await CreateAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    /// <summary>A dataset with all of it.</summary>
    internal async Task<string> CreateAsync()
    {
        var dataset = await Service.CreateDatasetAsync(4, [.. Enumerable.Range(0, Classes).Select(k => $"class-{k}")]);
        await Service.CreateItemsAsync(dataset, Items, "train-");
        var start = new DateTime(2025, 1, 1, 8, 0, 0, DateTimeKind.Utc);
        await Service.AnnotateAsync(dataset, [.. Rows("labels.csv").Select((row, i) => new Annotation
        {
            ItemId = row[0],
            LabelerId = row[1],
            ClassName = row[2],
            AnnotateTime = Timestamp.FromDateTime(start.AddMinutes(i)),
            Duration = Duration.FromTimeSpan(TimeSpan.FromSeconds(2 + (i % 5))),
        })]);
        var gold = new BatchSetGoldClassesRequest { Parent = dataset };
        gold.GoldClasses.AddRange(Gold.Select(entry => new GoldClass { ItemId = entry.Key, ClassName = entry.Value }));
        await Service.Items.BatchSetGoldClassesAsync(gold);
        return dataset;
    }

    private static IEnumerable<string[]> Rows(string file) => File.ReadLines(Path.Combine(Sample, file)).Skip(1).Select(line => line.Split(','));
}
