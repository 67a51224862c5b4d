namespace LabelerService.TestKit;

/// <summary>Directories for tests that PostgreSQL's account can pass through.</summary>
public static class ScratchDirectory
{
    /// <summary>Creates a new directory under /tmp, open for passage (mode 711).</summary>
    public static string Create(string prefix)
    {
        var directory = Directory.CreateTempSubdirectory(prefix).FullName;
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(
                directory,
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        }

        return directory;
    }
}
