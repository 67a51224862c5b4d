using System.Text.Json;

namespace LabelerService.Cli.Tests.Configuration;

public sealed class SettingsTests : IDisposable
{
    private const string Key = "lbl_abcdef_0123456789abcdef0123456789abcdef0123456789a";
    private readonly TemporaryFolder _folder = new();

    private string File => _folder["config.json"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_is_set_counts_for_the_next_command_and_only_the_owner_can_read_it()
    {
        Assert.Equal(0, (await RunAsync("config set server http://first:8081")).ExitCode);
        Assert.Equal(0, (await RunAsync($"config set api-key {Key}")).ExitCode);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(File));
        Assert.Equal(("http://first:8081", File), await ShownAsync("server"));
        Assert.Equal(("lbl_abcdef_…", File), await ShownAsync("api-key"));
    }

    [Fact]
    public async Task An_option_counts_before_the_environment_and_this_before_the_file()
    {
        await RunAsync("config set server http://file:8081");

        Assert.Equal(("http://file:8081", File), await ShownAsync("server"));
        Assert.Equal(("http://variable:8081", "LABELER_SERVER"), await ShownAsync("server", ("LABELER_SERVER", "http://variable:8081")));
        Assert.Equal(
            ("http://option:8081", "--server"), await ShownAsync("server --server http://option:8081", ("LABELER_SERVER", "http://variable:8081")));
    }

    [Fact]
    public async Task The_key_of_the_file_goes_to_the_server_of_the_file_only()
    {
        await RunAsync("config set server http://first:8081");
        await RunAsync($"config set api-key {Key}");

        Assert.Equal("lbl_abcdef_…", (await ShownAsync("api-key --server http://first:8081")).Value);
        Assert.Null((await ShownAsync("api-key --server http://elsewhere:8081")).Value);
        Assert.Null((await ShownAsync("api-key", ("LABELER_SERVER", "http://elsewhere:8081"))).Value);
        Assert.Equal("lbl_other_…", (await ShownAsync("api-key --server http://elsewhere:8081", ("LABELER_API_KEY", "lbl_other_secret"))).Value);
    }

    [Fact]
    public async Task Keys_are_never_shown_and_can_come_from_standard_input()
    {
        var outcome = await RunAsync("config set api-key -", input: Key + "\n");

        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains(Key, await System.IO.File.ReadAllTextAsync(File), StringComparison.Ordinal);
        var shown = await RunAsync("config show");
        Assert.DoesNotContain(Key, outcome.Output + outcome.Error + shown.Output + shown.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_setting_can_be_forgotten()
    {
        await RunAsync("config set server http://first:8081");
        Assert.Equal(0, (await RunAsync("config unset server")).ExitCode);

        Assert.Equal(("http://localhost:8081", "default"), await ShownAsync("server"));
        Assert.Equal(0, (await RunAsync("config unset server")).ExitCode);
    }

    [Theory]
    [InlineData("{", "cannot be read as settings")]
    [InlineData("[]", "cannot be read as settings")]
    [InlineData("{\"server\": 5}", "cannot be read as settings")]
    [InlineData("{\"sever\": \"http://a:1\"}", "\"sever\" is no setting")]
    public async Task A_broken_file_is_named_and_nothing_runs(string content, string said)
    {
        await System.IO.File.WriteAllTextAsync(File, content);

        var outcome = await RunAsync("dataset list");

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains(said, outcome.Error, StringComparison.Ordinal);
        Assert.Contains(File, outcome.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("config set server localhost", "\"localhost\"")]
    [InlineData("config set sever http://a:1", "a setting is one of")]
    [InlineData("config set server", "VALUE is missing")]
    [InlineData("config set ca /nowhere/ca.pem", "does not exist")]
    public async Task What_cannot_be_right_is_not_kept(string line, string said)
    {
        var outcome = await RunAsync(line);

        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains(said, outcome.Error, StringComparison.Ordinal);
        Assert.False(System.IO.File.Exists(File));
    }

    private Task<CommandLine.Outcome> RunAsync(string line, string input = "", params (string Name, string Value)[] environment) => CommandLine.RunAsync(
        line.Split(' '), environment.ToDictionary(entry => entry.Name, entry => entry.Value).Append(new("LABELER_CONFIG", File)).ToDictionary(), input);

    private async Task<(string? Value, string From)> ShownAsync(string setting, params (string Name, string Value)[] environment)
    {
        var (name, options) = setting.Split(' ', 2) is [var word, var rest] ? (word, rest + " ") : (setting, "");
        var outcome = await RunAsync($"config show {options}--json", "", environment);
        using var document = JsonDocument.Parse(outcome.Output);
        var entry = document.RootElement.GetProperty("settings").EnumerateArray().Single(row => row.GetProperty("setting").GetString() == name);
        return (entry.GetProperty("value").GetString(), entry.GetProperty("from").GetString()!);
    }
}
