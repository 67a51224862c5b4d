using LabelerService.Cli.Client;

namespace LabelerService.Cli.Demo;

/// <summary>A fresh folder for a demo's data, removed at the end.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    // Others may pass through but not look: for root the embedded PostgreSQL runs as another user, in a folder of its own inside.
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private readonly bool _keep;

    public TemporaryFolder(bool keep)
    {
        _keep = keep;
        Path = Directory.CreateTempSubdirectory("labeler-demo-").FullName;
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(Path, Mode);
        }
    }

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>Removes the folder unless it is to be kept.</summary>
    /// <exception cref="CommandException">It cannot be removed.</exception>
    public void Dispose()
    {
        if (_keep)
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
