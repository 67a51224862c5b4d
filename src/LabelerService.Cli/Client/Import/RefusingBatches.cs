using System.Runtime.CompilerServices;
using Grpc.Core;
using LabelerService.Cli.Files.Import;

namespace LabelerService.Cli.Client.Import;

/// <summary>
/// Sends batches of which each is all or none. A row that the service refuses ends the import, or, where rows may be left out, is taken out of
/// its batch and the rest is sent again.
/// </summary>
/// <param name="server">Where the service is, for messages.</param>
/// <param name="path">The file, for messages.</param>
/// <param name="rejects">Takes the rows that are left out; null ends the import at the first.</param>
internal sealed class RefusingBatches(Uri server, string path, RejectedRows? rejects)
{
    /// <summary>Rows that are stored.</summary>
    public long Stored { get; private set; }

    /// <summary>The rows of a file that can be used; the others are left out.</summary>
    public async IAsyncEnumerable<FileRow<T>> UsableAsync<T>(
        ImportFile<T> file, Action<long> read, [EnumeratorCancellation] CancellationToken cancellationToken)
        where T : class
    {
        await foreach (var row in file.ReadAsync(keepCells: true, read, cancellationToken))
        {
            if (row.Problem is null)
            {
                yield return row;
            }
            else
            {
                await rejects!.AddAsync(row, row.Problem, cancellationToken);
            }
        }
    }

    /// <summary>Sends a batch until it is stored.</summary>
    /// <param name="batch">The rows.</param>
    /// <param name="rowOf">Finds the row of the file.</param>
    /// <param name="send">Sends rows, all or none.</param>
    /// <param name="cancellationToken">Ends it; batches before stay stored.</param>
    /// <exception cref="ServiceFailureException">The service failed; the message says how many rows before are stored.</exception>
    public async Task SendAsync<TEntry, TRow>(
        List<TEntry> batch, Func<TEntry, FileRow<TRow>> rowOf, Func<IReadOnlyList<TEntry>, Task> send, CancellationToken cancellationToken)
        where TRow : class
    {
        while (batch.Count > 0)
        {
            try
            {
                await send(batch);
                Stored += batch.Count;
                return;
            }
            catch (RpcException exception) when (!cancellationToken.IsCancellationRequested)
            {
                var failure = ServiceFailure.Of(exception, server);
                var reasons = RefusedRows.Of(failure).Where(row => row.Entry < batch.Count).GroupBy(row => row.Entry)
                    .ToDictionary(rows => rows.Key, rows => string.Join("; ", rows.Select(row => row.Reason)));
                if (rejects is null || reasons.Count == 0)
                {
                    throw Failed(failure, batch.Count, row => rowOf(batch[row]).Place.ToString(), exception);
                }

                foreach (var (entry, reason) in reasons.OrderBy(pair => pair.Key))
                {
                    await rejects.AddAsync(rowOf(batch[entry]), reason, cancellationToken);
                }

                batch = [.. batch.Where((_, at) => !reasons.ContainsKey(at))];
            }
        }
    }

    private ServiceFailureException Failed(ServiceFailure failure, int rows, Func<int, string> place, RpcException exception)
    {
        var sent = new SentRows();
        sent.Add(rows);
        var located = sent.Locate(failure, path, row => place((int)row));
        return new ServiceFailureException(
            Stored == 0 ? located : located with { Message = $"{located.Message} ({Stored:N0} rows before are stored)" }, exception);
    }
}
