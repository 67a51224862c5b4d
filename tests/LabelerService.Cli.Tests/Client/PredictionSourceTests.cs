using LabelerService.Cli.Client;
using LabelerService.Cli.Client.Predictions;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Tests.Client;

public sealed class PredictionSourceTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("labeler-sources-").FullName;

    [Fact]
    public async Task Lines_are_texts_named_by_their_number_and_come_in_batches_that_fit()
    {
        var path = Write("t.txt", "first\nsecond, with a comma\n\"third\"\n");
        using var source = await FileSource.TextsAsync(path, "new-", Texts, Version(), default);
        Assert.Equal(3, source.Count);
        var batches = new List<PredictionItems>();
        await foreach (var batch in source.ReadAsync(2, default))
        {
            batches.Add(batch);
        }

        Assert.Equal([["new-0", "new-1"], ["new-2"]], batches.Select(batch => batch.Keys));
        Assert.Equal(
            [["first", "second, with a comma"], ["\"third\""]],
            batches.Select(batch =>
            {
                var request = new BatchPredictRequest();
                batch.Fill(request);
                return request.Texts.Texts;
            }));
    }

    [Theory]
    [InlineData("one\n\nthree\n", "line 2")]
    [InlineData("one\n\u0001\u00ff", "line 1")]
    [InlineData("", "t.txt")]
    public async Task A_file_of_texts_with_a_fault_is_refused_whole(string content, string place)
    {
        // The second has a byte that is no UTF-8.
        var path = Path.Combine(_folder, "t.txt");
        await File.WriteAllBytesAsync(path, System.Text.Encoding.Latin1.GetBytes(content));
        var error = await Assert.ThrowsAsync<CommandException>(() => FileSource.TextsAsync(path, "", Texts, Version(), default));
        Assert.Contains(place, $"{error.Message} {string.Join(' ', error.Details)}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sequences_longer_than_the_version_takes_are_named_before_anything_is_asked()
    {
        var path = Write("s.jsonl", "{\"item\": \"a\", \"features\": [1, 2, 3, 4]}\n{\"item\": \"b\", \"features\": [1, 2, 3, 4, 5, 6]}\n");
        var dataset = new Dataset { Name = "datasets/d", Classes = { "a", "b" }, ItemType = new ItemType { Sequence = new ItemType.Types.Sequence { StepLength = 2 } } };
        var version = Version();
        version.Encoding = new ModelEncoding { Kind = ModelEncoding.Types.Kind.Sequence, StepLength = 2, MaxSteps = 2 };
        var error = await Assert.ThrowsAsync<CommandException>(() => FileSource.SequencesAsync(path, dataset, version, default));
        Assert.Contains("has 3 steps", $"{error.Message} {string.Join(' ', error.Details)}", StringComparison.Ordinal);
        version.Encoding.MaxSteps = 3;
        using var source = await FileSource.SequencesAsync(path, dataset, version, default);
        Assert.Equal(2, source.Count);
    }

    [Fact]
    public async Task Options_of_other_items_than_the_datasets_are_refused()
    {
        var path = Write("t.txt", "text\n");
        await Assert.ThrowsAsync<CommandException>(() => FileSource.SequencesAsync(path, Texts, Version(), default));
        await Assert.ThrowsAsync<CommandException>(() => FileSource.ImagesAsync([path], Texts, Version(), default));
        Assert.Throws<CommandException>(() => FeatureSource.Open(path, "", Texts, Version()));
    }

    [Fact]
    public void A_file_of_ids_is_checked_as_a_whole()
    {
        using var source = ItemIdSource.Open(Write("ids.txt", "a\nb\n"));
        Assert.Equal(2, source.Count);
        Assert.Throws<CommandException>(() => ItemIdSource.Open(Write("bad.txt", "a\n\nb\n")));
        Assert.Throws<CommandException>(() => ItemIdSource.Open(Write("none.txt", "")));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static Dataset Texts { get; } =
        new() { Name = "datasets/d", Classes = { "a", "b" }, ItemType = new ItemType { Text = new ItemType.Types.Text() } };

    private static ModelVersion Version() => new() { Name = "datasets/d/models/m/versions/1", Classes = { "a", "b" } };

    private string Write(string name, string content)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, content);
        return path;
    }
}
