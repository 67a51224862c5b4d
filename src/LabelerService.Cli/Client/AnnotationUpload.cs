using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using LabelerService.Cli.Files;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Client;

/// <summary>Streams annotations to a dataset, all or none; labelers who are new to it are registered with them.</summary>
internal sealed class AnnotationUpload(ServiceConnection connection)
{
    /// <summary>Sends the rows of a file.</summary>
    /// <param name="parent"><c>datasets/{dataset}</c>.</param>
    /// <param name="rows">The rows, made as they go out.</param>
    /// <param name="path">Their file, for messages.</param>
    /// <param name="sent">Told how many rows have gone out.</param>
    /// <param name="cancellationToken">Cancels the call; the service then keeps nothing.</param>
    /// <exception cref="ServiceFailureException">The service refused; fields are traced to file and line.</exception>
    public async Task<AnnotationWriteCounts> SendAsync(
        string parent, IEnumerable<LabelRow> rows, string path, Action<long> sent, CancellationToken cancellationToken)
    {
        var sentRows = new SentRows();
        var lines = new LineMap();
        using var call = connection.Annotations.StreamAnnotations(cancellationToken: cancellationToken);
        try
        {
            var answer = await ClientStream.SendAsync(call, Messages(parent, rows, sentRows, lines, sent), cancellationToken);
            return answer.Counts ?? new AnnotationWriteCounts();
        }
        catch (RpcException exception) when (!cancellationToken.IsCancellationRequested)
        {
            var failure = ServiceFailure.Of(exception, connection.Settings.Server);
            throw new ServiceFailureException(sentRows.Locate(failure, path, row => $"line {lines.LineOf(row)}"), exception);
        }
    }

    internal static IEnumerable<StreamAnnotationsRequest> Messages(
        string parent, IEnumerable<LabelRow> rows, SentRows sentRows, LineMap lines, Action<long> sent)
    {
        // Tag and length of an entry.
        const int framing = 6;
        var (message, bytes, total) = (First(parent), 0, 0L);
        foreach (var row in rows)
        {
            var annotation = ToAnnotation(row);
            var size = annotation.CalculateSize() + framing;
            if (message.Annotations.Count == ClientStream.MaximumEntries || bytes + size > ClientStream.MaximumMessage)
            {
                sentRows.Add(message.Annotations.Count);
                yield return message;
                sent(total);
                (message, bytes) = (new StreamAnnotationsRequest(), 0);
            }

            message.Annotations.Add(annotation);
            lines.Add(row.Line);
            bytes += size;
            total++;
        }

        sentRows.Add(message.Annotations.Count);
        yield return message;
        sent(total);
    }

    private static StreamAnnotationsRequest First(string parent) => new() { Parent = parent, UnknownLabelers = UnknownLabelers.Register };

    private static Annotation ToAnnotation(in LabelRow row)
    {
        var annotation = new Annotation { ItemId = row.Item, LabelerId = row.Labeler, ClassIndex = row.ClassIndex };
        if (row.Confidence is { } confidence)
        {
            annotation.Confidence = confidence;
        }

        if (row.Time is { } time)
        {
            annotation.AnnotateTime = Timestamp.FromDateTimeOffset(time);
        }

        return annotation;
    }
}
