using System.Runtime.CompilerServices;
using Grpc.Core;
using LabelerService.Cli.Files.Import;
using LabelerService.Contracts.V1;
using LabelerService.Formats.Rows;

namespace LabelerService.Cli.Client.Import;

/// <summary>What to do with labels by or of somebody or something unknown.</summary>
/// <param name="Labelers">With labelers.</param>
/// <param name="Items">With items.</param>
internal sealed record UnknownKeys(UnknownLabelers Labelers = UnknownLabelers.Register, UnknownItems Items = UnknownItems.Reject);

/// <summary>Streams annotations to a dataset, all or none.</summary>
internal sealed class AnnotationUpload(ServiceConnection connection, AnnotationMessages messages)
{
    /// <summary>Sends the rows of a checked file.</summary>
    /// <param name="parent"><c>datasets/{dataset}</c>.</param>
    /// <param name="file">The file.</param>
    /// <param name="unknown">What to do with unknown labelers and items.</param>
    /// <param name="sent">Told how many rows have gone out.</param>
    /// <param name="cancellationToken">Cancels the call; the service then keeps nothing.</param>
    /// <exception cref="ServiceFailureException">The service refused; fields are traced to file and place.</exception>
    public async Task<AnnotationWriteCounts> SendAsync(
        string parent, ImportFile<LabelRow> file, UnknownKeys unknown, Action<long> sent, CancellationToken cancellationToken)
    {
        var rows = new SentRows();
        using var call = connection.Annotations.StreamAnnotations(cancellationToken: cancellationToken);
        try
        {
            var requests = RequestsAsync(parent, file.CheckedAsync(cancellationToken).Select(row => row.Value!), unknown, rows, sent, cancellationToken);
            var answer = await ClientStream.SendAsync(call, requests, cancellationToken);
            return answer.Counts ?? new AnnotationWriteCounts();
        }
        catch (RpcException exception) when (!cancellationToken.IsCancellationRequested)
        {
            var failure = ServiceFailure.Of(exception, connection.Settings.Server);
            var places = await file.PlacesAsync(rows.RowsOf(failure), cancellationToken);
            throw new ServiceFailureException(rows.Locate(failure, file.Path, places), exception);
        }
    }

    internal async IAsyncEnumerable<StreamAnnotationsRequest> RequestsAsync(
        string parent, IAsyncEnumerable<LabelRow> rows, UnknownKeys unknown, SentRows sentRows, Action<long> sent,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var total = 0L;
        var annotations = rows.Select(row => (row, messages.ToAnnotation(row)));
        await foreach (var group in AnnotationGroups<LabelRow>.AllAsync(annotations, cancellationToken))
        {
            var request = total == 0
                ? new StreamAnnotationsRequest { Parent = parent, UnknownLabelers = unknown.Labelers, UnknownItems = unknown.Items }
                : new StreamAnnotationsRequest();
            request.Annotations.Add(group.Select(entry => entry.Annotation));
            sentRows.Add(group.Count);
            yield return request;
            total += group.Count;
            sent(total);
        }
    }
}
