using System.Globalization;
using System.Text;
using System.Text.Json;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.CommandLine;

/// <summary>Insight as users ask for it: a crowd of careful labelers, one who answers at random and one who always says the same.</summary>
[Collection(SharedService.Name)]
public sealed class InsightCommandTests(ServiceFixture fixture) : IDisposable
{
    private const int Items = 150;
    private static readonly string[] Classes = ["no", "yes"];

    private readonly RunningService _service = fixture.Service;
    private readonly string _folder = Directory.CreateTempSubdirectory("labeler-insight-").FullName;
    private readonly int[] _truth = new int[Items];

    [Fact]
    public async Task Labels_alone_tell_the_classes_of_items_and_whom_to_trust()
    {
        var name = await ImportAsync();

        var file = Path.Combine(_folder, "consensus.csv");
        using (var written = Json(await RunAsync("consensus", name, "--out", file, "--json")))
        {
            Assert.Equal(Items, written.RootElement.GetProperty("items").GetInt32());
            Assert.Equal("hierarchical", written.RootElement.GetProperty("state").GetProperty("method").GetString());
        }

        var rows = (await File.ReadAllLinesAsync(file)).Skip(1).Select(line => line.Split(',')).ToDictionary(cells => cells[0], cells => cells[1]);
        var right = Enumerable.Range(0, Items).Count(i => rows[$"item-{i}"] == Classes[_truth[i]]);
        // Four careful labelers are right together on 0.972 of the items: three standard deviations below that.
        Assert.InRange(right, (int)(0.93 * Items), Items);

        using var labelers = Json(await RunAsync("labelers", name, "--json"));
        var flags = labelers.RootElement.GetProperty("labelers").EnumerateArray().ToDictionary(
            labeler => labeler.GetProperty("labeler").GetString()!,
            labeler => labeler.GetProperty("flags").EnumerateArray().Select(flag => flag.GetProperty("kind").GetString()!).ToArray());
        Assert.Contains("spammer", flags["random"]);
        Assert.Contains("constant", flags["always"]);
        Assert.All(flags.Where(pair => pair.Key.StartsWith("careful", StringComparison.Ordinal)), pair => Assert.Empty(pair.Value));

        var shown = await RunAsync("labelers", name, "--labeler", "random", "--intervals");
        Assert.Matches(@"(?m)^\s*accuracy\s+0\.\d{3} \(0\.\d{3} – 0\.\d{3}\)\s*$", shown.Succeeded());
        Assert.Contains("flag: spammer", shown.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Labels_alone_tell_what_is_wrong_and_what_to_label_next()
    {
        var name = await ImportAsync();

        using var suspects = Json(await RunAsync("suspects", name, "--limit", "20", "--json"));
        var annotations = suspects.RootElement.GetProperty("annotations").EnumerateArray().ToArray();
        Assert.Equal(20, annotations.Length);
        Assert.All(annotations, suspect => Assert.NotEmpty(suspect.GetProperty("reasons").EnumerateArray()));
        var wrong = annotations.Count(suspect =>
            suspect.GetProperty("label").GetString() != Classes[_truth[ItemNumber(suspect.GetProperty("item").GetString()!)]]);
        Assert.InRange(wrong, 18, 20);

        using var agreement = Json(await RunAsync("agreement", name, "--pairs", "100", "--json"));
        Assert.Equal(15, agreement.RootElement.GetProperty("pairs").GetArrayLength());
        var alpha = agreement.RootElement.GetProperty("krippendorff_alpha");
        Assert.InRange(
            alpha.GetProperty("value").GetDouble(), alpha.GetProperty("low").GetDouble(), alpha.GetProperty("high").GetDouble());

        // Everybody has labelled everything: only somebody new can be asked.
        using (var nobody = Json(await RunAsync("next", name, "--count", "5", "--json")))
        {
            Assert.Empty(nobody.RootElement.GetProperty("suggestions").EnumerateArray());
        }

        var more = Path.Combine(_folder, "more.csv");
        await File.WriteAllTextAsync(more, "item,labeler,label\nitem-new,careful-0,yes\nitem-new,random,no\n");
        (await RunAsync("import", "labels", name, "--file", more, "--unknown-items", "register")).Succeeded();
        var table = Path.Combine(_folder, "next.csv");
        using var next = Json(await RunAsync("next", name, "--count", "5", "--max-per-item", "2", "--labeler", "careful-1:cost=2", "--labeler",
            "careful-2:cost=2", "--labeler", "always", "--out", table, "--json"));
        var suggestions = next.RootElement.GetProperty("suggestions").EnumerateArray().ToArray();
        Assert.Equal(2, suggestions.Length);
        Assert.All(suggestions, suggestion => Assert.Equal("item-new", suggestion.GetProperty("item").GetString()));
        Assert.All(suggestions, suggestion => Assert.StartsWith("careful", suggestion.GetProperty("labeler").GetString(), StringComparison.Ordinal));
        Assert.Equal(3, (await File.ReadAllLinesAsync(table)).Length);
    }

    [Fact]
    public async Task Wrong_settings_end_with_1_and_say_what_is_possible()
    {
        var name = await ImportAsync();

        var method = await RunAsync("consensus", name, "--method", "magic");
        Assert.Equal(1, method.ExitCode);
        Assert.Contains("settings.method", method.Error, StringComparison.Ordinal);
        Assert.Contains("hierarchical", method.Error, StringComparison.Ordinal);

        var model = await RunAsync("consensus", name, "--method", "model");
        Assert.Equal(1, model.ExitCode);
        Assert.Contains("settings.model", model.Error, StringComparison.Ordinal);

        var labeler = await RunAsync("labelers", name, "--labeler", "nobody");
        Assert.Equal(1, labeler.ExitCode);
        Assert.Contains("nobody", labeler.Error, StringComparison.Ordinal);

        using var aggregators = Json(await RunAsync("aggregators", "--json"));
        Assert.Contains(
            aggregators.RootElement.GetProperty("aggregators").EnumerateArray(), entry => entry.GetProperty("method").GetString() == "glad");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static int ItemNumber(string item) => int.Parse(item["item-".Length..], CultureInfo.InvariantCulture);

    private static JsonDocument Json(CliProcess.Outcome outcome) => JsonDocument.Parse(outcome.Succeeded());

    private Task<CliProcess.Outcome> RunAsync(params string[] arguments) => CliInProcess.RunAsync(_service, arguments);

    private async Task<string> ImportAsync()
    {
        var random = new Random(5);
        var labels = new StringBuilder("item,labeler,label\n");
        for (var i = 0; i < Items; i++)
        {
            _truth[i] = random.Next(2);
            for (var labeler = 0; labeler < 4; labeler++)
            {
                var said = random.NextDouble() < 0.9 ? _truth[i] : 1 - _truth[i];
                labels.Append($"item-{i},careful-{labeler},{Classes[said]}\n");
            }

            labels.Append($"item-{i},random,{Classes[random.Next(2)]}\nitem-{i},always,yes\n");
        }

        var file = Path.Combine(_folder, "labels.csv");
        await File.WriteAllTextAsync(file, labels.ToString());
        var name = $"insight-{Guid.NewGuid():N}"[..20];
        (await RunAsync("dataset", "create", name, "--classes", string.Join(',', Classes), "--item-type", "vector:1")).Succeeded();
        (await RunAsync("import", "labels", name, "--file", file, "--unknown-items", "register")).Succeeded();
        return name;
    }
}
