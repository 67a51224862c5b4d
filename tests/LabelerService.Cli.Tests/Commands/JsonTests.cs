using System.CommandLine;
using System.Text.Json;
using LabelerService.Cli.Completion;
using LabelerService.Cli.Rendering;
using LabelerService.Cli.Tests.Client;

namespace LabelerService.Cli.Tests.Commands;

/// <summary>With <c>--json</c> standard output is one document, whatever the command and whatever the service says.</summary>
public sealed partial class JsonTests : IAsyncLifetime, IDisposable
{
    // The demo is a whole service; what the launcher runs is not run here.
    private static readonly string[] Elsewhere = ["demo", "serve", "backup", "restore", "partition", "trainer", "bench", "test"];

    private readonly TemporaryFolder _folder = new();
    private BlankService _service = null!;

    public static TheoryData<string, string> Leaves
    {
        get
        {
            var leaves = new TheoryData<string, string>();
            foreach (var command in CommandTree.All(CommandTree.Create()).Where(command => command.Action is not null && !Elsewhere.Contains(command.Name)))
            {
                leaves.Add(CommandTree.Path(command), Example(command));
            }

            return leaves;
        }
    }

    public async Task InitializeAsync() => _service = await BlankService.StartAsync();

    public Task DisposeAsync() => _service.DisposeAsync().AsTask();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Leaves))]
    public async Task Standard_output_is_one_document_and_standard_error_no_progress(string path, string example)
    {
        // Files of the example are in a folder of ours; nothing waits for what never comes.
        var words = ShellWords.Split(example.Split(" | ")[0].Split(" > ")[0].Split(" < ")[0].Split(")\"")[0]).Where(word => word.Length > 0).Skip(1)
            .Where(word => word is not ("--wait" or "--json" or "--events"))
            .Select(word => FileName().IsMatch(word) ? _folder[Path.GetFileName(word)] : word);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(3));

        var outcome = await CommandLine.RunAsync(
            [.. words, "--server", _service.Address, "--json"], new() { ["LABELER_CONFIG"] = _folder["config.json"], ["PATH"] = "" }, "", limit.Token);

        Assert.NotEqual(2, outcome.ExitCode);
        using var document = JsonDocument.Parse(outcome.Output);
        Assert.Equal(JsonValueKind.Object, document.RootElement.ValueKind);
        Assert.DoesNotMatch(@"\d of \d|\d/s|\d s left|→", outcome.Error);
        Assert.True(outcome.ExitCode == 0 || document.RootElement.TryGetProperty("error", out _) || path == "doctor", $"{path} failed without saying why");
    }

    [System.Text.RegularExpressions.GeneratedRegex(@"^[a-z0-9/-]+\.[a-z]+$")]
    private static partial System.Text.RegularExpressions.Regex FileName();

    private static string Example(Command command)
    {
        var path = $"labeler {CommandTree.Path(command)} ";
        return HelpWithExamples.Of(command).Select(example => example[example.IndexOf("labeler ", StringComparison.Ordinal)..] + " ")
            .Where(example => example.StartsWith(path, StringComparison.Ordinal))
            // What asks a person first has an example that does not.
            .OrderByDescending(example => example.Contains("--yes", StringComparison.Ordinal)).First().TrimEnd();
    }
}
