using LabelerService.Core.Errors;
using LabelerService.Core.Training;

namespace LabelerService.Storage.Queries;

/// <summary>
/// Features of large datasets in files, one a state of a dataset's features. A file's name says which state it holds, its checksum that it
/// is whole; one that is damaged is written anew. Files may be removed at any time: whoever has one mapped keeps what it mapped.
/// </summary>
internal sealed class FeatureCache(FeatureCacheOptions options, TimeProvider time)
{
    private const string Extension = ".features";
    private static readonly TimeSpan Abandoned = TimeSpan.FromDays(1);

    /// <summary>Whether features of this size are kept in a file.</summary>
    public bool Takes(long bytes) => bytes >= options.Threshold;

    /// <summary>Bytes that the files may take together.</summary>
    public long Capacity => options.Capacity;

    /// <summary>The file of a state; null if there is none that is whole.</summary>
    public FeatureFile? Find(string state, int rows, int length, CancellationToken cancel)
    {
        var path = PathOf(state);
        var file = FeatureFile.TryOpen(path, rows, length, cancel);
        if (file is not null)
        {
            File.SetLastWriteTimeUtc(path, time.GetUtcNow().UtcDateTime);
        }

        return file;
    }

    /// <summary>Starts the file of a state.</summary>
    /// <exception cref="ServiceException">FailedPrecondition: the folder cannot be written to.</exception>
    public FeatureFileWriter Create(string state, int length)
    {
        try
        {
            Directory.CreateDirectory(options.Directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            return new FeatureFileWriter(PathOf(state), length);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ServiceException(
                ErrorKind.FailedPrecondition, "FEATURE_CACHE_UNUSABLE",
                $"The folder for features, {options.Directory}, cannot be written to: {error.Message} Name another with --feature-cache.");
        }
    }

    /// <summary>Removes the files not used for longest until the rest fit, and what a killed process left half written.</summary>
    public void Trim(string newest)
    {
        var bytes = 0L;
        var now = time.GetUtcNow().UtcDateTime;
        foreach (var file in new DirectoryInfo(options.Directory).GetFiles().OrderByDescending(file => file.LastWriteTimeUtc))
        {
            var isWhole = file.Extension == Extension;
            bytes += isWhole ? file.Length : 0;
            if (isWhole ? bytes > options.Capacity && file.FullName != PathOf(newest) : now - file.LastWriteTimeUtc > Abandoned)
            {
                file.Delete();
            }
        }
    }

    private string PathOf(string state) => Path.Combine(Path.GetFullPath(options.Directory), state + Extension);
}
