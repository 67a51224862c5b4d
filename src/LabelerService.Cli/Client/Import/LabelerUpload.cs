using LabelerService.Cli.Files.Import;
using LabelerService.Contracts.V1;
using LabelerService.Formats.Rows;

namespace LabelerService.Cli.Client.Import;

/// <summary>Registers labelers, in batches of which each is all or none.</summary>
internal sealed class LabelerUpload(ServiceConnection connection)
{
    // Tags are at most 64 of 1,280 bytes: a batch of so many stays below the largest message.
    private const int BatchSize = 128;

    /// <summary>Sends the rows of a file.</summary>
    /// <param name="parent"><c>datasets/{dataset}</c>.</param>
    /// <param name="file">The file; checked, unless rows may be left out.</param>
    /// <param name="rejects">Takes rows that are left out; null ends at the first.</param>
    /// <param name="progress">Told how many rows are stored, and how many bytes of the file were read.</param>
    /// <param name="cancellationToken">Ends it; batches before stay stored.</param>
    /// <exception cref="ServiceFailureException">The service refused a batch; the message says how many rows before it are stored.</exception>
    public async Task<(long Created, long Unchanged)> SendAsync(
        string parent, ImportFile<LabelerRow> file, RejectedRows? rejects, Action<long, long> progress, CancellationToken cancellationToken)
    {
        var (created, unchanged, bytes) = (0L, 0L, 0L);
        var batches = new RefusingBatches(connection.Settings.Server, file.Path, rejects);
        var rows = rejects is null ? file.CheckedAsync(cancellationToken) : batches.UsableAsync(file, read => bytes = read, cancellationToken);
        await foreach (var batch in rows.Chunk(BatchSize).WithCancellation(cancellationToken))
        {
            await batches.SendAsync(
                [.. batch], row => row,
                async part =>
                {
                    var request = new BatchCreateLabelersRequest { Parent = parent, RequestId = ServiceConnection.NewRequestId() };
                    request.Labelers.Add(part.Select(row => ToLabeler(row.Value!)));
                    var answer = await connection.Labelers.BatchCreateLabelersAsync(request, cancellationToken: cancellationToken);
                    (created, unchanged) = (created + answer.Created, unchanged + answer.Unchanged);
                },
                cancellationToken);
            progress(batches.Stored, bytes);
        }

        return (created, unchanged);
    }

    private static Labeler ToLabeler(LabelerRow row)
    {
        var labeler = new Labeler { LabelerId = row.Labeler, DisplayName = row.DisplayName };
        foreach (var (key, value) in row.Tags)
        {
            labeler.Tags[key] = value;
        }

        return labeler;
    }
}
