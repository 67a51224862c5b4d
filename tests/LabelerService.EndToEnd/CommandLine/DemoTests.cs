using System.Text.Json;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.CommandLine;

/// <summary>The demo: the main job on real data, on a service of its own.</summary>
public sealed class DemoTests
{
    [Fact]
    public async Task The_demo_trains_on_LabelMe_and_leaves_nothing_behind()
    {
        var before = DemoFolders();

        var outcome = await CliProcess.RunAsync(service: null, "demo", "--json");

        using var document = JsonDocument.Parse(outcome.Succeeded());
        var root = document.RootElement;
        Assert.Equal("labelme", root.GetProperty("dataset").GetString());
        Assert.Equal(2688, root.GetProperty("items").GetInt32());
        Assert.Equal(2547, root.GetProperty("annotations").GetInt32());
        Assert.Equal(59, root.GetProperty("labelers").GetInt32());
        var (bn, dn, wdn) = (Accuracy(root, "bn"), Accuracy(root, "dn"), Accuracy(root, "wdn"));
        Assert.True(bn >= 0.80 && dn >= bn + 0.02 && wdn >= 0.84, $"BN {bn:0.000}, DN {dn:0.000}, WDN {wdn:0.000}");
        var predictions = root.GetProperty("predictions").EnumerateArray().ToArray();
        Assert.Equal(5, predictions.Length);
        Assert.All(predictions, prediction => Assert.Equal(3, prediction.GetProperty("labelers").GetArrayLength()));
        Assert.All(predictions, prediction => Assert.StartsWith("class-", prediction.GetProperty("gold").GetString(), StringComparison.Ordinal));

        Assert.Equal(before, DemoFolders());
        Assert.Empty(RunningService.FindProcesses("labeler-demo-"));
    }

    private static double Accuracy(JsonElement root, string model) =>
        root.GetProperty("models").GetProperty(model).GetProperty("accuracy").GetDouble();

    private static string[] DemoFolders() => Directory.GetDirectories(Path.GetTempPath(), "labeler-demo-*");
}
