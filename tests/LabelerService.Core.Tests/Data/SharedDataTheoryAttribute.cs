namespace LabelerService.Core.Tests.Data;

/// <summary>
/// A test on the data sets of the shared folder (<c>shared/data</c> beside or above the repository, or <c>LABELER_SHARED_DATA</c>).
/// Where they are not there the test is skipped, and says so.
/// </summary>
internal sealed class SharedDataTheoryAttribute : TheoryAttribute
{
    public SharedDataTheoryAttribute(string folder)
    {
        Folder = folder;
        if (SharedData.Folder(folder) is null)
        {
            Skip = $"shared/data/{folder} was not found beside or above {AppContext.BaseDirectory}; set LABELER_SHARED_DATA to the data folder.";
        }
    }

    public string Folder { get; }
}

internal static class SharedData
{
    public static string? Folder(string name)
    {
        if (Environment.GetEnvironmentVariable("LABELER_SHARED_DATA") is { Length: > 0 } root)
        {
            return Existing(Path.Combine(root, name));
        }

        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (Existing(Path.Combine(at.FullName, "shared", "data", name)) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    private static string? Existing(string path) => Directory.Exists(path) ? path : null;
}
