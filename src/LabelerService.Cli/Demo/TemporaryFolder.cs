using LabelerService.Cli.Client;

namespace LabelerService.Cli.Demo;

/// <summary>A fresh folder for a demo's data, removed at the end.</summary>
internal sealed class TemporaryFolder(bool keep) : IDisposable
{
    /// <summary>Where it is.</summary>
    public string Path { get; } = Directory.CreateTempSubdirectory("labeler-demo-").FullName;

    /// <exception cref="CommandException">It cannot be removed.</exception>
    public void Dispose()
    {
        if (keep)
        {
            return;
        }

        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"the demo's data in {Path} could not be removed: {exception.Message}");
        }
    }
}
