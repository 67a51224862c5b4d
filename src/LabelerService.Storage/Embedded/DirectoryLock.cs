using System.Globalization;
using System.Text;
using LabelerService.Core.Errors;

namespace LabelerService.Storage.Embedded;

/// <summary>
/// Lets one process at a time own a directory. The lock is the kernel's (flock): it goes with the process, however that ends, and is
/// never stale. The file's content only tells people who holds it.
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
                $"{directory} is in use by process {Holder(path)}. Stop that process, or choose another directory with --data.");
        }

        file.SetLength(0);
        file.Write(Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture)));
        file.Flush();
        return new DirectoryLock(file);
    }

    public void Dispose() => _file.Dispose();

    private static string Holder(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var reader = new StreamReader(file, Encoding.ASCII);
            return reader.ReadToEnd() is { Length: > 0 } pid ? pid : "(unknown)";
        }
        catch (IOException)
        {
            return "(unknown)";
        }
    }
}
