using Grpc.Core;
using LabelerService.Cli.Files;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Client.Import;

/// <summary>Sets gold classes, in batches of which each is all or none.</summary>
internal sealed class GoldUpload(ServiceConnection connection)
{
    /// <summary>Sends the rows of a file.</summary>
    /// <param name="parent"><c>datasets/{dataset}</c>.</param>
    /// <param name="rows">The rows, made as they go out.</param>
    /// <param name="path">Their file, for messages.</param>
    /// <param name="sent">Told how many rows are stored.</param>
    /// <param name="cancellationToken">Ends it; batches before stay stored.</param>
    /// <exception cref="ServiceFailureException">The service refused a batch; the message says how many rows before it are stored.</exception>
    public async Task<(long Changed, long Unchanged)> SendAsync(
        string parent, IEnumerable<LabelRow> rows, string path, Action<long> sent, CancellationToken cancellationToken)
    {
        var (changed, unchanged, total) = (0L, 0L, 0L);
        foreach (var batch in rows.Chunk(ClientStream.MaximumEntries))
        {
            var request = new BatchSetGoldClassesRequest { Parent = parent, RequestId = ServiceConnection.NewRequestId() };
            request.GoldClasses.Add(batch.Select(row => new GoldClass { ItemId = row.Item, ClassIndex = row.ClassIndex }));
            try
            {
                var answer = await connection.Items.BatchSetGoldClassesAsync(request, cancellationToken: cancellationToken);
                (changed, unchanged, total) = (changed + answer.Changed, unchanged + answer.Unchanged, total + batch.Length);
                sent(total);
            }
            catch (RpcException exception) when (!cancellationToken.IsCancellationRequested)
            {
                var sentRows = new SentRows();
                sentRows.Add(batch.Length);
                var failure = sentRows.Locate(
                    ServiceFailure.Of(exception, connection.Settings.Server), path, row => $"line {batch[row].Line}");
                throw new ServiceFailureException(
                    total == 0 ? failure : failure with { Message = $"{failure.Message} ({total} rows before are stored)" }, exception);
            }
        }

        return (changed, unchanged);
    }
}
