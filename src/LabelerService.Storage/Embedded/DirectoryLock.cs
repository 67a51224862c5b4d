using System.Globalization;
using LabelerService.Core.Errors;

namespace LabelerService.Storage.Embedded;

/// <summary>
/// Lets one process at a time own a directory. The lock is the kernel's (flock): it goes with the process, however that ends, and is
/// never stale. A second file tells people who holds it.
/// </summary>
internal sealed class DirectoryLock : IDisposable
{
    private readonly FileStream _file;

    private DirectoryLock(FileStream file) => _file = file;

    /// <exception cref="ServiceException">FailedPrecondition: another process owns the directory; the message names both.</exception>
    public static DirectoryLock Acquire(string directory)
    {
        var path = Path.Combine(directory, "owner.lock");
        FileStream file;
        try
        {
            file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            throw new ServiceException(
                ErrorKind.FailedPrecondition, "DATA_DIRECTORY_IN_USE",
                $"{directory} is in use by process {Holder(directory)}. Stop that process, or choose another directory with --data.");
        }

        File.WriteAllText(HolderFile(directory), Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        return new DirectoryLock(file);
    }

    public void Dispose() => _file.Dispose();

    // Beside the lock, not in it: .NET opens no file for reading that another process has locked.
    private static string HolderFile(string directory) => Path.Combine(directory, "owner.pid");

    private static string Holder(string directory)
    {
        try
        {
            return File.ReadAllText(HolderFile(directory)) is { Length: > 0 } pid ? pid : "(unknown)";
        }
        catch (IOException)
        {
            return "(unknown)";
        }
    }
}
