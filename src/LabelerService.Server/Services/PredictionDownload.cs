using LabelerService.Core.Errors;
using LabelerService.Core.Models;
using LabelerService.Formats.Tables;
using LabelerService.Server.Inference.Jobs;
using LabelerService.Server.Validation;
using LabelerService.Storage.Predictions;

namespace LabelerService.Server.Services;

/// <summary>
/// Sends a job's predictions as a file, all of one snapshot. A piece goes out when the client has room for it, and only then is more read:
/// memory holds a piece, or a row group where the format has them.
/// </summary>
/// <param name="send">Sends a piece; returns when there is room for the next.</param>
internal sealed class PredictionDownload(Func<ReadOnlyMemory<byte>, CancellationToken, Task> send)
{
    // A snapshot keeps the database from clearing up: a client that has fallen asleep must not hold one.
    private static readonly TimeSpan StallLimit = TimeSpan.FromSeconds(60);

    private static readonly Dictionary<string, string> ContentTypes = new(StringComparer.Ordinal)
    {
        ["parquet"] = "application/vnd.apache.parquet",
        ["jsonl"] = "application/jsonl",
        ["csv"] = "text/csv; charset=utf-8",
        ["tsv"] = "text/tab-separated-values; charset=utf-8",
    };

    /// <summary>The format of that name.</summary>
    /// <exception cref="ServiceException">INVALID_ARGUMENT naming the field.</exception>
    public static ITableFormat Format(string name) =>
        name.Length == 0 ? FormatCatalogue.Find("parquet")!
        : ContentTypes.ContainsKey(name) && FormatCatalogue.Find(name) is { } format ? format
        : throw ServiceException.InvalidField("format", $"must be one of {string.Join(", ", ContentTypes.Keys)}");

    /// <summary>Media type of a format's files.</summary>
    public static string ContentType(ITableFormat format) => ContentTypes[format.Name];

    /// <summary>Sends the file.</summary>
    /// <exception cref="ServiceException">Aborted: the client took nothing for a minute.</exception>
    public async Task RunAsync(
        PredictionJobStore jobs, PredictionJobRecord job, ModelManifest manifest, ITableFormat format, CancellationToken cancel)
    {
        var table = new PredictionTable(manifest, job.Outputs);
        using var pieces = new PieceStream();
        await using var writer = format.OpenWriter(pieces, RowKind.Predictions, table.Columns, new WriteOptions());
        await jobs.ExportAsync(
            job,
            async (prediction, token) =>
            {
                await writer.WriteAsync(table.Row(prediction), token);
                await SendAsync(pieces, Limits.ExportMessageBytes, token);
            },
            cancel);
        await writer.CompleteAsync(cancel);
        await SendAsync(pieces, 1, cancel);
    }

    private async Task SendAsync(PieceStream pieces, int fromBytes, CancellationToken cancel)
    {
        if (pieces.Waiting < fromBytes)
        {
            return;
        }

        var waiting = pieces.Piece;
        for (var start = 0; start < waiting.Length; start += Limits.ExportMessageBytes)
        {
            var piece = waiting.Slice(start, Math.Min(Limits.ExportMessageBytes, waiting.Length - start));
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            patience.CancelAfter(StallLimit);
            try
            {
                await send(piece, patience.Token);
            }
            catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
            {
                throw new ServiceException(
                    ErrorKind.Aborted, "STREAM_IDLE", $"Nothing of the file was taken for {StallLimit.TotalSeconds} s. Start the download again.");
            }
        }

        pieces.Clear();
    }
}
