using LabelerService.Core.Tensors;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.ImportExport;

/// <summary>The LabelMe sample goes in, out, into another dataset and out again, in every format.</summary>
[Collection(SharedService.Name)]
public sealed class LabelMeTests(ServiceFixture fixture) : IDisposable
{
    private static readonly string Sample = Path.Combine(Assemblies.Repository, "samples", "labelme");

    private readonly RunningService _service = fixture.Service;
    private readonly ExchangeFiles _files = new(fixture.Service);

    [Fact]
    public async Task The_sample_comes_back_exactly()
    {
        var (source, copy) = (await CreateAsync(), await CreateAsync());
        foreach (var split in new[] { "train", "validation", "test" })
        {
            (await _files.RunAsync(
                "import", "items", source, "--features", Path.Combine(Sample, $"items_{split}.npy"), "--id-prefix", $"{split}-", "--split", split)).Succeeded();
            (await _files.RunAsync("import", "gold", source, "--file", Path.Combine(Sample, $"gold_{split}.csv"))).Succeeded();
            // As arrays with keys.
            await _files.ExportAsync("items", source, $"{split}.npy", "--ids", _files[$"{split}.txt"], "--split", split);
            (await _files.RunAsync(
                "import", "items", copy, "--features", _files[$"{split}.npy"], "--ids", _files[$"{split}.txt"], "--split", split)).Succeeded();
            await _files.ExportAsync("items", copy, $"{split}-again.npy", "--ids", _files[$"{split}-again.txt"], "--split", split);
            _files.AssertSame($"{split}.npy", $"{split}-again.npy");
            _files.AssertSame($"{split}.txt", $"{split}-again.txt");
            Assert.Equal(Values(Path.Combine(Sample, $"items_{split}.npy")), Values(_files[$"{split}.npy"]));
        }

        (await _files.RunAsync("import", "labels", source, "--file", Path.Combine(Sample, "labels.csv"))).Succeeded();
        foreach (var (what, file) in new[]
        {
            ("labels", "labels.csv"), ("labels", "labels.tsv"), ("labels", "labels.jsonl"), ("labels", "labels.parquet"), ("labels", "labels.json"),
            ("gold", "gold.csv"), ("gold", "gold.parquet"), ("items", "items.jsonl"), ("items", "items.parquet"),
        })
        {
            await _files.ExportAsync(what, source, file);
            await _files.ImportAsync(what, copy, file);
            await _files.ExportAsync(what, copy, $"again-{file}");
            // Labels are by item and labeler, and labelers are as the first file had them: only the first import can change the order.
            Assert.Equal(Lines(file), Lines($"again-{file}"));
        }

        var counts = await _service.CountAsync($"datasets/{copy}");
        Assert.Equal((2688, 2547, 59, 2688), (counts.Items, counts.Annotations, counts.Labelers, counts.GoldItems));
    }

    public void Dispose() => _files.Dispose();

    private static float[] Values(string path)
    {
        using var stream = File.OpenRead(path);
        return NpyReader.Open(stream).ReadToEnd();
    }

    private string[] Lines(string file) => Path.GetExtension(file) is ".parquet" or ".json"
        ? [Convert.ToHexString(File.ReadAllBytes(_files[file]))]
        : [.. File.ReadAllLines(_files[file])];

    private async Task<string> CreateAsync()
    {
        var name = Requests.NewId("lm");
        var classes = string.Join(',', Enumerable.Range(0, 8).Select(i => $"class-{i}"));
        (await _files.RunAsync("dataset", "create", name, "--classes", classes, "--item-type", "vector:512")).Succeeded();
        return name;
    }
}
