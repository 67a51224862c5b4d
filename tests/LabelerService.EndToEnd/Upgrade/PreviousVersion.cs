using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.Upgrade;

/// <summary>Programs of the version that was released last, as <c>./labeler test upgrade</c> has built them.</summary>
internal static class PreviousVersion
{
    /// <summary>A server of it, with its own trainers, on a database.</summary>
    public static Task<RunningService> StartAsync(string database, int trainers) => RunningService.StartAsync(
        service =>
        {
            service.ServerAssembly = Find("LabelerService.Server");
            service.TrainerAssembly = Find("LabelerService.Trainer");
        },
        "--postgres", database, "--trainers", trainers.ToString());

    private static string Find(string project)
    {
        var folder = Environment.GetEnvironmentVariable("LABELER_PREVIOUS_BIN") is { Length: > 0 } given
            ? given
            : throw new InvalidOperationException("LABELER_PREVIOUS_BIN is not set. Run these tests with ./labeler test upgrade, which builds the previous version.");
        var pivot = Path.GetFileName(Path.GetDirectoryName(Assemblies.Server))!;
        var path = Path.Combine(folder, project, pivot, project + ".dll");
        return File.Exists(path) ? path : throw new FileNotFoundException($"The previous version's {project} is not built.", path);
    }
}
