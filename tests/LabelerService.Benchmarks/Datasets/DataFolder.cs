using LabelerService.Benchmarks.CommandLine;

namespace LabelerService.Benchmarks.Datasets;

/// <summary>Where the data sets are: the public ones in a folder of their own, a copy of one in the repository.</summary>
internal sealed class DataFolder(string? repository, string? data)
{
    /// <summary>The folder that the command line, or the environment, names; else what lies beside the repository.</summary>
    public static DataFolder Of(BenchRun run)
    {
        var repository = run.Host.Variable("LABELER_HOME");
        var given = run.Get(run.Host.Data) ?? run.Host.Variable("LABELER_BENCH_DATA");
        if (given is not null && !Directory.Exists(given))
        {
            throw new BenchUsageException($"there is no folder {given}");
        }

        return new DataFolder(repository, given ?? (repository is null ? null : Path.Combine(repository, "..", "shared", "data")));
    }

    /// <summary>The folder of a public data set, or null where it is not here.</summary>
    public string? Public(string name) => Existing(data, name);

    /// <summary>The folder of a sample of the repository, or null where it is not here.</summary>
    public string? Sample(string name) => Existing(repository, "samples", name);

    /// <summary>The folder of a public data set.</summary>
    /// <exception cref="FileNotFoundException">It is not here.</exception>
    public string Required(string name) => Public(name) ?? throw new FileNotFoundException(
        $"the {name} data are not in {(data is null ? "any known folder" : Path.GetFullPath(data))}; give --data DIR or LABELER_BENCH_DATA a "
        + $"folder that has {name}/");

    private static string? Existing(string? root, params string[] parts)
    {
        var path = root is null ? null : Path.Combine([root, .. parts]);
        return Directory.Exists(path) ? path : null;
    }
}
