using Grpc.Core;
using LabelerService.Contracts.V1;

namespace LabelerService.Client;

/// <summary>Uploads and reads annotations.</summary>
public sealed class AnnotationCalls
{
    private readonly ServiceConnection _connection;

    internal AnnotationCalls(ServiceConnection connection) => _connection = connection;

    /// <summary>
    /// Uploads any number of annotations over an acknowledged stream. They are committed message by message, in order; what is reported as
    /// stored is committed. After a break the stream is taken up again and what was not acknowledged is sent again, under the same request
    /// ids: nothing is lost, and nothing is stored twice. The source is read no further than the window allows.
    /// </summary>
    /// <param name="dataset">Id or name of the dataset.</param>
    /// <param name="annotations">The annotations (<see cref="Said"/>); read once, from one thread at a time.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="progress">Told after each acknowledgement.</param>
    /// <param name="cancellationToken">Ends it; what was reported as stored stays stored.</param>
    /// <returns>What it did.</returns>
    /// <exception cref="LabelerException">
    /// An annotation was refused and <see cref="AnnotationUploadOptions.OnRefused"/> is not set (fields are named
    /// <c>annotations[ROW].FIELD</c>, rows counted from 0), or the service failed or stayed away for longer than
    /// <see cref="RetrySettings.LongestOutage"/>. What was reported before stays stored; the same upload again goes on.
    /// </exception>
    public async Task<AnnotationWriteCounts> UploadAsync(
        string dataset, IAsyncEnumerable<Annotation> annotations, AnnotationUploadOptions? options = null,
        IProgress<UploadProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        options ??= new AnnotationUploadOptions();
        var gate = new Lock();
        Task Refused(Annotation annotation, string reason, CancellationToken token)
        {
            lock (gate)
            {
                options.OnRefused!(annotation, reason);
            }

            return Task.CompletedTask;
        }

        var ingest = new AnnotationIngest<Annotation>(_connection, options, options.OnRefused is null ? null : Refused);
        try
        {
            return await ingest.SendAsync(
                DatasetNames.Of(dataset), annotations.Select(annotation => (annotation, annotation)), progress is null ? null : progress.Report,
                cancellationToken);
        }
        catch (RpcException failure)
        {
            throw Calls.Translate(failure, cancellationToken) is LabelerException ? Located(failure, ingest) : Calls.Translate(failure, cancellationToken)!;
        }
    }

    /// <summary>Stores up to 10,000 annotations in one call, all or none.</summary>
    /// <param name="dataset">Id or name of the dataset.</param>
    /// <param name="annotations">The annotations.</param>
    /// <param name="options">What to do with unknown labelers and items; the rest has no effect. Null for the defaults.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>What it did; it is committed.</returns>
    /// <exception cref="LabelerException">An annotation was refused; nothing is stored.</exception>
    public Task<AnnotationWriteCounts> StoreAsync(
        string dataset, IEnumerable<Annotation> annotations, AnnotationUploadOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new AnnotationUploadOptions();
        var request = new BatchCreateAnnotationsRequest
        {
            Parent = DatasetNames.Of(dataset),
            UnknownLabelers = options.UnknownLabelers,
            UnknownItems = options.UnknownItems,
            RequestId = ServiceConnection.NewRequestId(),
        };
        request.Annotations.Add(annotations);
        return Calls.RunAsync(
            async () => (await _connection.Annotations.BatchCreateAnnotationsAsync(request, cancellationToken: cancellationToken)).Counts
                ?? new AnnotationWriteCounts(),
            cancellationToken);
    }

    /// <summary>All annotations of a dataset in their current revision, by item and labeler, as of one moment.</summary>
    /// <param name="dataset">Id or name of the dataset.</param>
    /// <param name="retracted">Whether those that were taken back are among them.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The annotations as they arrive.</returns>
    /// <exception cref="LabelerException">There is no such dataset, or the connection broke: begin anew.</exception>
    public IAsyncEnumerable<Annotation> ExportAsync(string dataset, bool retracted = false, CancellationToken cancellationToken = default)
    {
        var request = new ExportAnnotationsRequest { Parent = DatasetNames.Of(dataset), ShowRetracted = retracted };
        return Calls.ReadAsync(() => _connection.Annotations.ExportAnnotations(request, cancellationToken: cancellationToken), cancellationToken)
            .SelectMany(answer => answer.Annotations);
    }

    private static LabelerException Located(RpcException failure, AnnotationIngest<Annotation> ingest)
    {
        var error = ServiceError.Of(failure);
        var stored = ingest.Progress.Stored;
        return new LabelerException(
            error with
            {
                Message = stored == 0 ? error.Message : $"{error.Message} ({stored:N0} annotations before are stored)",
                Violations =
                [
                    .. error.Violations.Select(violation => EntryPath.Of(violation.Field) is { } path && ingest.RowOf(path) is { } row
                        ? violation with { Field = $"annotations[{row}]{(path.Field.Length > 0 ? "." : "")}{path.Field}" }
                        : violation),
                ],
            },
            failure);
    }
}
