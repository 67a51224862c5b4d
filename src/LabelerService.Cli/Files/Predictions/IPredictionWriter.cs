using LabelerService.Cli.Client;

namespace LabelerService.Cli.Files.Predictions;

/// <summary>Writes predictions to a file, batch by batch.</summary>
internal interface IPredictionWriter : IAsyncDisposable
{
    /// <summary>Appends a batch.</summary>
    public Task WriteAsync(PredictionRows rows, CancellationToken cancellationToken);

    /// <summary>Ends the file's content.</summary>
    public Task CompleteAsync(CancellationToken cancellationToken);
}

/// <summary>The kinds of file that predictions are written to, by their extension.</summary>
internal static class PredictionWriters
{
    /// <summary>What <see cref="Create"/> takes, for messages.</summary>
    public const string Extensions = ".csv, .npy or .parquet";

    /// <summary>Whether an extension is known.</summary>
    public static bool IsKnown(string path) => Extension(path) is ".csv" or ".npy" or ".parquet";

    /// <summary>Whether a file of this kind has room for what each labeler says.</summary>
    public static bool HoldsLabelers(string path) => Extension(path) is not ".npy";

    /// <summary>The writer for a path's extension.</summary>
    /// <param name="path">Decides the kind of file.</param>
    /// <param name="stream">What is written to; stays the caller's to dispose.</param>
    /// <param name="rows">Rows there will be.</param>
    /// <param name="raw">Whether text goes to CSV even where a spreadsheet would run it as a formula.</param>
    public static IPredictionWriter Create(string path, Stream stream, int rows, bool raw) => Extension(path) switch
    {
        ".csv" => new CsvPredictionWriter(stream, raw),
        ".npy" => new NpyPredictionWriter(stream, rows),
        ".parquet" => new ParquetPredictionWriter(stream),
        var other => throw new UsageException($"predictions cannot be written to a {other} file: use {Extensions}"),
    };

    private static string Extension(string path) => Path.GetExtension(path).ToLowerInvariant();
}
