using LabelerService.Cli.Files;
using LabelerService.Cli.Files.Import;
using LabelerService.Contracts.V1;
using LabelerService.Formats.Rows;

namespace LabelerService.Cli.Client.Import;

/// <summary>Sets gold classes, in batches of which each is all or none.</summary>
internal sealed class GoldUpload(ServiceConnection connection, ClassNames classes)
{
    /// <summary>Sends the rows of a file.</summary>
    /// <param name="parent"><c>datasets/{dataset}</c>.</param>
    /// <param name="file">The file; checked, unless rows may be left out.</param>
    /// <param name="rejects">Takes rows that are left out; null ends at the first.</param>
    /// <param name="progress">Told how many rows are stored, and how many bytes of the file were read.</param>
    /// <param name="cancellationToken">Ends it; batches before stay stored.</param>
    /// <exception cref="ServiceFailureException">The service refused a batch; the message says how many rows before it are stored.</exception>
    public async Task<(long Changed, long Unchanged)> SendAsync(
        string parent, ImportFile<GoldRow> file, RejectedRows? rejects, Action<long, long> progress, CancellationToken cancellationToken)
    {
        var (changed, unchanged, bytes) = (0L, 0L, 0L);
        var batches = new RefusingBatches(connection.Settings.Server, file.Path, rejects);
        var rows = rejects is null ? file.CheckedAsync(cancellationToken) : batches.UsableAsync(file, read => bytes = read, cancellationToken);
        await foreach (var batch in rows.Chunk(ClientStream.MaximumEntries).WithCancellation(cancellationToken))
        {
            await batches.SendAsync(
                [.. batch], row => row,
                async part =>
                {
                    var request = new BatchSetGoldClassesRequest { Parent = parent, RequestId = ServiceConnection.NewRequestId() };
                    request.GoldClasses.Add(part.Select(
                        row => new GoldClass { ItemId = row.Value!.Item, ClassIndex = classes.IndexOf(row.Value.Label) }));
                    var answer = await connection.Items.BatchSetGoldClassesAsync(request, cancellationToken: cancellationToken);
                    (changed, unchanged) = (changed + answer.Changed, unchanged + answer.Unchanged);
                },
                cancellationToken);
            progress(batches.Stored, bytes);
        }

        return (changed, unchanged);
    }
}
