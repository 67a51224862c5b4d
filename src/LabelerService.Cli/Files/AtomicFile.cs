using LabelerService.Cli.Client;

namespace LabelerService.Cli.Files;

/// <summary>A file that appears under its name only when it is complete: until then it is another file beside it.</summary>
internal sealed class AtomicFile : IAsyncDisposable
{
    private readonly string _path;
    private readonly string _temporary;

    private AtomicFile(string path, string temporary, FileStream stream)
    {
        _path = path;
        _temporary = temporary;
        Stream = stream;
    }

    /// <summary>What to write to.</summary>
    public FileStream Stream { get; }

    /// <summary>Starts a file in the folder of <paramref name="path"/>.</summary>
    /// <exception cref="CommandException">It cannot be written there.</exception>
    public static AtomicFile Create(string path)
    {
        var full = Path.GetFullPath(path);
        var folder = Path.GetDirectoryName(full) ?? throw new CommandException($"{path} is no file name");
        var temporary = Path.Combine(folder, $".{Path.GetFileName(full)}.{Environment.ProcessId}.tmp");
        try
        {
            return new AtomicFile(full, temporary, new FileStream(temporary, FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1 << 16));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"{path} cannot be written: {exception.Message}");
        }
    }

    /// <summary>Puts the file, complete and on disk, in its place.</summary>
    public async Task CompleteAsync(CancellationToken cancellationToken)
    {
        await Stream.FlushAsync(cancellationToken);
        Stream.Flush(flushToDisk: true);
        await Stream.DisposeAsync();
        File.Move(_temporary, _path, overwrite: true);
    }

    /// <summary>Removes the file if it was not completed.</summary>
    public async ValueTask DisposeAsync()
    {
        await Stream.DisposeAsync();
        File.Delete(_temporary);
    }
}
