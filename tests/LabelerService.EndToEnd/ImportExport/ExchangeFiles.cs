using LabelerService.EndToEnd.CommandLine;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.ImportExport;

/// <summary>A folder for files on their way between datasets, and the command line that moves them.</summary>
internal sealed class ExchangeFiles(RunningService service) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("labeler-exchange-").FullName;

    /// <summary>Path of a file.</summary>
    public string this[string name] => Path.Combine(_folder, name);

    /// <summary>Writes a file.</summary>
    public string Write(string name, string content)
    {
        File.WriteAllText(this[name], content);
        return this[name];
    }

    /// <summary>Writes a file.</summary>
    public string Write(string name, byte[] content)
    {
        File.WriteAllBytes(this[name], content);
        return this[name];
    }

    /// <summary>Names of the files in the folder.</summary>
    public IEnumerable<string?> Names => Directory.EnumerateFiles(_folder).Select(Path.GetFileName);

    /// <summary>Runs a command.</summary>
    public Task<CliProcess.Outcome> RunAsync(params string[] arguments) => CliInProcess.RunAsync(service, arguments);

    /// <summary>Exports to a file.</summary>
    public async Task<string> ExportAsync(string what, string dataset, string file, params string[] more)
    {
        (await RunAsync(["export", what, dataset, "--out", this[file], .. more])).Succeeded();
        return this[file];
    }

    /// <summary>Imports from a file.</summary>
    public async Task ImportAsync(string what, string dataset, string file, params string[] more) =>
        (await RunAsync(["import", what, dataset, "--file", this[file], .. more])).Succeeded();

    /// <summary>Asserts that two files have the same bytes.</summary>
    public void AssertSame(string left, string right)
    {
        var (a, b) = (File.ReadAllBytes(this[left]), File.ReadAllBytes(this[right]));
        Assert.True(a.AsSpan().SequenceEqual(b), $"{left} ({a.Length} bytes) and {right} ({b.Length} bytes) differ");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
