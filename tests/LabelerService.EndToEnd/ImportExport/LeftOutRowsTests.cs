using System.Text;
using System.Text.Json;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.ImportExport;

/// <summary><c>--on-error skip</c>: every good row is stored, every bad one is named, whoever finds it bad.</summary>
[Collection(SharedService.Name)]
public sealed class LeftOutRowsTests(ServiceFixture fixture) : IDisposable
{
    private const int Items = 60;

    private readonly RunningService _service = fixture.Service;
    private readonly ExchangeFiles _files = new(fixture.Service);

    [Fact]
    public async Task Rows_that_the_file_or_the_service_make_bad_are_left_out_of_labels()
    {
        var dataset = await CreateAsync();
        var (text, good, bad) = (new StringBuilder("item,labeler,label,confidence\n"), 0, new List<string>());
        // More than two messages; bad rows in all of them, and more in one than a refusal names.
        for (var i = 0; i < 25_000; i++)
        {
            var line = i + 2;
            switch (i % 500)
            {
                case 3:
                    text.Append($"i{i % Items},l{i},bird,\n");
                    bad.Add($"line {line}");
                    break;
                case 7:
                    text.Append($"nowhere-{i},l{i},a,0.5\n");
                    bad.Add($"line {line}");
                    break;
                case 8:
                    text.Append($"nowhere,l{i},a,0.5\n");
                    bad.Add($"line {line}");
                    break;
                case 9:
                    text.Append($"i{i % Items},l{i},a,1.5\n");
                    bad.Add($"line {line}");
                    break;
                case 11:
                    text.Append($"i{i % Items},l\"{i},a,\n");
                    bad.Add($"line {line}");
                    break;
                default:
                    text.Append($"i{i % Items},l{i},b,0.25\n");
                    good++;
                    break;
            }
        }

        var path = _files.Write("labels.csv", text.ToString());
        var outcome = await _files.RunAsync(
            "import", "labels", dataset, "--file", path, "--on-error", "skip", "--rejects", _files["rejects.csv"], "--json");

        Assert.Equal(3, outcome.ExitCode);
        using var document = JsonDocument.Parse(outcome.Output);
        Assert.Equal(good, document.RootElement.GetProperty("labels").GetInt32());
        Assert.Equal(good, document.RootElement.GetProperty("created").GetInt32());
        Assert.Equal(bad.Count, document.RootElement.GetProperty("left_out").GetInt32());
        Assert.Equal(20, document.RootElement.GetProperty("problems").GetArrayLength());
        Assert.Equal(good, (await _service.CountAsync(dataset)).Annotations);
        var rejected = await File.ReadAllLinesAsync(_files["rejects.csv"]);
        Assert.Equal(bad.Order(), rejected.Skip(1).Select(line => line.Split(',')[1]).Order());

        // Left out again, stored already: nothing changes.
        using var again = JsonDocument.Parse((await _files.RunAsync("import", "labels", dataset, "--file", path, "--on-error", "skip", "--json")).Output);
        Assert.Equal(good, again.RootElement.GetProperty("unchanged").GetInt32());
    }

    [Fact]
    public async Task Without_it_nothing_is_stored()
    {
        var dataset = await CreateAsync();
        var path = _files.Write("labels.csv", "item,labeler,label\ni1,l,a\ni2,l,bird\n");

        var outcome = await _files.RunAsync("import", "labels", dataset, "--file", path);

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains($"{path} line 3", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(0, (await _service.CountAsync(dataset)).Annotations);
    }

    [Fact]
    public async Task Labels_may_come_before_their_items_where_they_are_allowed_to()
    {
        var dataset = await CreateAsync();
        var path = _files.Write("labels.jsonl", """
            {"item":"new","labeler":"l","label":"a"}
            {"item":"i1","labeler":"l","label":"b"}
            """);

        var refused = await _files.RunAsync("import", "labels", dataset, "--file", path);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains($"{path} line 1", refused.Error, StringComparison.Ordinal);
        (await _files.RunAsync("import", "labels", dataset, "--file", path, "--unknown-items", "register")).Succeeded();

        Assert.Equal((Items + 1, 2), ((await _service.CountAsync(dataset)).Items, (await _service.CountAsync(dataset)).Annotations));
    }

    [Fact]
    public async Task Unknown_labelers_can_be_refused_row_by_row()
    {
        var dataset = await CreateAsync();
        await _service.Labelers.BatchCreateLabelersAsync(
            new BatchCreateLabelersRequest { Parent = dataset, Labelers = { new Labeler { LabelerId = "known" } } });
        var path = _files.Write("labels.csv", "item,labeler,label\ni1,known,a\ni1,stranger,a\ni2,stranger,b\ni2,known,b\n");

        var outcome = await _files.RunAsync(
            "import", "labels", dataset, "--file", path, "--unknown-labelers", "reject", "--on-error", "skip", "--json");

        Assert.Equal(3, outcome.ExitCode);
        using var document = JsonDocument.Parse(outcome.Output);
        Assert.Equal(["line 3", "line 4"], document.RootElement.GetProperty("problems").EnumerateArray()
            .Select(problem => problem.GetProperty("where").GetString()![(path.Length + 1)..]));
        Assert.Equal((2, 1), ((await _service.CountAsync(dataset)).Annotations, (await _service.CountAsync(dataset)).Labelers));
    }

    [Fact]
    public async Task Gold_classes_and_items_are_left_out_alike()
    {
        var dataset = await CreateAsync();
        var gold = _files.Write("gold.csv", "item,label\ni1,a\nnowhere,a\ni2,bird\ni3,c\n");
        var items = _files.Write("items.jsonl", """
            {"item":"x1","features":[1,2,3,4],"split":"test","gold":"b"}
            {"item":"x2","features":[1,2,3]}
            {"item":"x3","features":[1,2,3,1e39]}
            {"item":"x1","features":[4,3,2,1]}
            {"item":"x5","text":"no text here"}
            not json
            {"item":"x6","features":[0,0,0,0]}
            """);

        var goldOutcome = await _files.RunAsync("import", "gold", dataset, "--file", gold, "--on-error", "skip", "--json");
        var itemOutcome = await _files.RunAsync("import", "items", dataset, "--file", items, "--on-error", "skip", "--json");

        Assert.Equal((3, 3), (goldOutcome.ExitCode, itemOutcome.ExitCode));
        using var goldDocument = JsonDocument.Parse(goldOutcome.Output);
        using var itemDocument = JsonDocument.Parse(itemOutcome.Output);
        Assert.Equal((2, 2), (goldDocument.RootElement.GetProperty("changed").GetInt32(), goldDocument.RootElement.GetProperty("left_out").GetInt32()));
        Assert.Equal((2, 5), (itemDocument.RootElement.GetProperty("created").GetInt32(), itemDocument.RootElement.GetProperty("left_out").GetInt32()));
        var counts = await _service.CountAsync(dataset);
        Assert.Equal((Items + 2, 3), (counts.Items, counts.GoldItems));
    }

    public void Dispose() => _files.Dispose();

    private async Task<string> CreateAsync()
    {
        var dataset = await _service.CreateDatasetAsync();
        await _service.CreateItemsAsync(dataset, Items);
        return dataset;
    }
}
