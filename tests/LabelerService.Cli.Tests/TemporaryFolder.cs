namespace LabelerService.Cli.Tests;

/// <summary>A folder for a test's files.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("labeler-cli-").FullName;

    /// <summary>Path of a file in the folder.</summary>
    public string this[string name] => Path.Combine(_path, name);

    /// <summary>Writes a text file.</summary>
    public string Write(string name, string content)
    {
        File.WriteAllText(this[name], content);
        return this[name];
    }

    /// <summary>Names of the files in the folder.</summary>
    public IEnumerable<string> Files => Directory.EnumerateFiles(_path).Select(Path.GetFileName)!;

    public void Dispose() => Directory.Delete(_path, recursive: true);
}
