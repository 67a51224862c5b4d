using LabelerService.Client;
using LabelerService.Contracts.V1;
using LabelerService.Core.Tensors;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.ClientPackage;

/// <summary>The client package against a real service: the README's code, and uploads through the death of the service.</summary>
public sealed class ClientPackageTests
{
    private const int Length = 512;

    [Fact]
    public async Task The_code_of_the_readme_goes_from_upload_to_insight_on_the_LabelMe_sample()
    {
        await using var service = await RunningService.StartAsync();
        var (features, said) = await SampleAsync();

        var outcome = await ReadmeSamples.RunAsync(
            new Uri(service.GrpcAddress), null, [.. Enumerable.Range(0, 8).Select(index => $"class-{index}")], features, said.ToAsyncEnumerable());

        Assert.Equal(said.Count, outcome.Counts.Created);
        Assert.Equal(TrainingRun.Types.State.Succeeded, outcome.Run.State);
        Assert.Equal(100, outcome.Many.Count);
        Assert.Equal(outcome.Many[0].Class, outcome.One.Class);
        Assert.All(outcome.Many, prediction => Assert.Equal(1, prediction.Probabilities.ToArray().Sum(), 1e-4));
        Assert.Equal(said.Select(annotation => annotation.LabelerId).Distinct().Count(), outcome.Labelers.Count);
        Assert.All(outcome.Suspects, suspect => Assert.InRange(suspect.ProbabilityWrong, 0.9, 1));
        Assert.Equal(20, outcome.Next.Count);
    }

    [Fact]
    public void The_readme_shows_the_code_that_is_run()
    {
        var readme = File.ReadAllText(Path.Combine(Assemblies.Repository, "src", "LabelerService.Client", "README.md"));
        var run = Trimmed(File.ReadAllText(
            Path.Combine(Assemblies.Repository, "tests", "LabelerService.EndToEnd", "ClientPackage", "ReadmeSamples.cs")));
        var samples = readme.Split("```csharp\n").Skip(1).Select(rest => rest[..rest.IndexOf("```", StringComparison.Ordinal)]).ToArray();

        Assert.Equal(6, samples.Length);
        Assert.All(samples, sample => Assert.Contains(Trimmed(sample), run, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Kill_minus_9_in_the_middle_of_uploads_loses_nothing_and_doubles_nothing()
    {
        const int items = 3_000;
        await using var service = await RunningService.StartAsync("--trainers", "0");
        using var client = new LabelerClient(new Uri(service.GrpcAddress));
        await client.Datasets.CreateAsync("kill", ["a", "b"], ItemTypes.Vector(Length));
        var again = Task.CompletedTask;
        async IAsyncEnumerable<T> DyingAsync<T>(IEnumerable<T> rows, int at)
        {
            foreach (var (row, value) in rows.Index())
            {
                if (row == at)
                {
                    await service.KillAsync();
                    again = service.StartAgainAsync();
                }

                yield return value;
            }
        }

        var vectors = Enumerable.Range(0, items).Select(row => new NewItem($"i{row}", ItemContent.Features(new float[Length])));
        var stored = await client.Items.UploadAsync("kill", DyingAsync(vectors, items / 2));
        await again;

        // Everybody changes their mind: a message that is committed twice would leave a third revision.
        var said = new[] { "a", "b" }.SelectMany(says => Enumerable.Range(0, items).Select(row => Said.Class($"i{row}", "anna", says)));
        var progress = new Sum();
        var counts = await client.Annotations.UploadAsync(
            "kill", DyingAsync(said, items * 3 / 2), new AnnotationUploadOptions { MessageRows = 100 }, progress);
        await again;

        Assert.Equal(items, stored.Created);
        Assert.Equal((items, items, 0L), (counts.Created, counts.Revised, counts.Unchanged));
        Assert.Equal(2 * items, progress.Last!.Stored);
        Assert.InRange(progress.Last.Breaks, 1, int.MaxValue);
        var kept = await client.Annotations.ExportAsync("kill").ToListAsync();
        Assert.Equal(Enumerable.Range(0, items).Select(row => $"i{row}").Order(), kept.Select(annotation => annotation.ItemId).Order());
        Assert.All(kept, annotation => Assert.Equal(("b", 2), (annotation.ClassName, annotation.Revision)));
    }

    private static async Task<(ReadOnlyMemory<float> Features, List<Annotation> Annotations)> SampleAsync()
    {
        await using var file = File.OpenRead(Path.Combine(Assemblies.Samples, "items_train.npy"));
        var lines = await File.ReadAllLinesAsync(Path.Combine(Assemblies.Samples, "labels.csv"));
        var said = lines.Skip(1).Select(line => line.Split(',')).Select(
            cells => Said.Class(cells[0].Replace("train-", "photo-", StringComparison.Ordinal), cells[1], cells[2]));
        return (NpyReader.Open(file).ReadToEnd(), said.ToList());
    }

    private static string Trimmed(string code) => string.Join('\n', code.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0));

    private sealed class Sum : IProgress<UploadProgress>
    {
        public UploadProgress? Last { get; private set; }

        public void Report(UploadProgress value) => Last = value;
    }
}
