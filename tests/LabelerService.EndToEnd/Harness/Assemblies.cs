namespace LabelerService.EndToEnd.Harness;

/// <summary>Where this build's executables and the repository's files are.</summary>
public static class Assemblies
{
    // artifacts/bin/<project>/<pivot>/: every project of a build has the same pivot.
    private static readonly DirectoryInfo Here = new(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));

    public static string Server { get; } = Find("LabelerService.Server");

    public static string Trainer { get; } = Find("LabelerService.Trainer");

    public static string Cli { get; } = Find("LabelerService.Cli");

    public static string Repository { get; } = Here.Parent!.Parent!.Parent!.Parent!.FullName;

    public static string Samples { get; } = Path.Combine(Repository, "samples", "labelme");

    private static string Find(string project)
    {
        var path = Path.Combine(Here.Parent!.Parent!.FullName, project, Here.Name, project + ".dll");
        return File.Exists(path) ? path : throw new FileNotFoundException($"{project} is not built: build the solution first.", path);
    }
}
