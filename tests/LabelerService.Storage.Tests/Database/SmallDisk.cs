using System.Diagnostics;
using LabelerService.TestKit;

namespace LabelerService.Storage.Tests.Database;

/// <summary>A file system of a few megabytes, in memory, which really fills up. Only root can mount one.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly string _scratch = ScratchDirectory.Create("labeler-disk-");

    public SmallDisk(int megabytes)
    {
        Directory = Path.Combine(_scratch, "disk");
        System.IO.Directory.CreateDirectory(Directory);
        Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m,mode=711", "tmpfs", Directory);
    }

    /// <summary>Where it is mounted.</summary>
    public string Directory { get; }

    /// <summary>A folder on it that belongs to PostgreSQL's account.</summary>
    public string CreateFolder(string name)
    {
        var folder = System.IO.Directory.CreateDirectory(Path.Combine(Directory, name)).FullName;
        if (Storage.Embedded.PostgresUser.Current() is { } user)
        {
            Run("chown", $"{user.UserId}:{user.GroupId}", folder);
        }

        Run("chmod", "700", folder);
        return folder;
    }

    /// <summary>Makes it larger, under whoever uses it.</summary>
    public void Grow(int megabytes) => Run("mount", "-o", $"remount,size={megabytes}m", Directory);

    public void Dispose()
    {
        Run("umount", Directory);
        System.IO.Directory.Delete(_scratch, recursive: true);
    }

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, UseShellExecute = false })!;
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {error}");
    }
}

/// <summary>A test that mounts a file system; skipped, and said so, where the tests do not run as root.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SmallDiskFactAttribute : FactAttribute
{
    public SmallDiskFactAttribute() => Skip = Environment.IsPrivilegedProcess ? null! : "Only root can mount a file system that fills up.";
}
