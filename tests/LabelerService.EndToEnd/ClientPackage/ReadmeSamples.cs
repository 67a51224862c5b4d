using LabelerService.Client;
using LabelerService.Contracts.V1;

namespace LabelerService.EndToEnd.ClientPackage;

/// <summary>The code of src/LabelerService.Client/README.md: a test compares it, and runs it against a real service.</summary>
internal static class ReadmeSamples
{
    /// <summary>Runs all samples in the README's order.</summary>
    /// <returns>What they left: counts of the upload, the run as it ended, and what was read.</returns>
    public static async Task<Outcome> RunAsync(
        Uri server, string? apiKey, string[] classes, ReadOnlyMemory<float> features, IAsyncEnumerable<Annotation> said)
    {
        using var client = new LabelerClient(new ConnectionSettings(server, apiKey) { UserAgent = "annotator/1.0" });

        await client.Datasets.CreateAsync("scenes", classes, ItemTypes.Vector(512));

        // ItemContent: Features, Rows (of a matrix), Sequence, Text or Image.
        var items = ItemContent.Rows(features, 512).Select((content, row) => new NewItem($"photo-{row}", content));
        await client.Items.UploadAsync("scenes", items.ToAsyncEnumerable());

        var progress = new Progress<UploadProgress>(done => Console.Error.WriteLine($"{done.Stored} stored, {done.Breaks} breaks"));
        var counts = await client.Annotations.UploadAsync("scenes", said, progress: progress);

        var run = await client.Training.StartAsync("scenes", "dn", settings: new Dictionary<string, string> { ["epochs"] = "5" });
        await foreach (var news in client.Training.WatchAsync(run.Name))
        {
            Console.Error.WriteLine($"{news.Sequence} {news.State} {news.Progress?.Phase} {news.Progress?.Epoch}");
        }

        run = await client.Training.WaitAsync(run.Name);

        var one = await client.Predictions.PredictAsync(run.ModelVersion, ItemContent.Stored("photo-0"));
        Console.WriteLine($"{one.Class} {one.Probabilities.Span[one.ClassIndex]:0.00}, {one.Disagreement:0.000} nats of disagreement");

        var many = await client.Predictions.PredictAsync(run.ModelVersion, ItemContent.Rows(features, 512).Take(100).ToList());

        await foreach (var prediction in client.Predictions.PredictAsync(run.ModelVersion, ItemContent.Rows(features, 512).ToAsyncEnumerable()))
        {
            Console.WriteLine(prediction.Class);
        }

        await client.Insight.RefreshAsync("scenes", [InsightPart.Consensus, InsightPart.Labelers, InsightPart.Suspects]);
        await foreach (var item in client.Insight.ConsensusAsync("scenes", ItemConsensusOrder.ProbabilityWrong).Take(10))
        {
            Console.WriteLine($"{item.ItemId} {item.ClassName} wrong with {item.ProbabilityWrong:0.00}");
        }

        var labelers = await client.Insight.LabelersAsync("scenes").ToListAsync();
        var suspects = await client.Insight.SuspectsAsync("scenes", minimum: 0.9).ToListAsync();
        var next = await client.Insight.NextAsync("scenes", count: 20);

        try
        {
            await client.Datasets.CreateAsync("scenes", ["only one"], ItemTypes.Text);
        }
        catch (LabelerException error) when (error.FromService)
        {
            Console.Error.WriteLine($"{error.Status} {error.Reason} {error.ErrorId}");
            foreach (var violation in error.Violations)
            {
                Console.Error.WriteLine($"  {violation.Field}: {violation.Description}");
            }
        }

        return new Outcome(counts, run, one, many, labelers, suspects, next);
    }

    internal sealed record Outcome(
        AnnotationWriteCounts Counts, TrainingRun Run, PredictedItem One, IReadOnlyList<PredictedItem> Many, List<LabelerInsight> Labelers,
        List<SuspectedAnnotation> Suspects, IReadOnlyList<SuggestedAnnotation> Next);
}
