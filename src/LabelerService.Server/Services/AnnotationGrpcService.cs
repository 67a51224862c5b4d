using System.Globalization;
using Grpc.Core;
using LabelerService.Contracts.V1;
using LabelerService.Core.Errors;
using LabelerService.Server.Hosting;
using LabelerService.Server.Mapping;
using LabelerService.Server.Paging;
using LabelerService.Server.Security;
using LabelerService.Server.Validation;
using LabelerService.Storage.Ingest;

namespace LabelerService.Server.Services;

/// <summary><c>labeler.v1.AnnotationService</c>.</summary>
internal sealed class AnnotationGrpcService(AnnotationStore annotations, DatasetResolver datasets, PageTokens pages, Drain drain, TimeProvider time)
    : AnnotationService.AnnotationServiceBase
{
    // An annotation takes at most about 1 KiB: an answer stays below 1 MiB.
    private const int ExportBytes = 1000 * 1024;

    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    public override async Task<BatchCreateAnnotationsResponse> BatchCreateAnnotations(
        BatchCreateAnnotationsRequest request, ServerCallContext context)
    {
        var dataset = await datasets.ResolveAsync(request.Parent, "parent", context.CancellationToken);
        var caller = Caller.Of(context);
        var validator = new RequestValidator();
        var requestId = validator.RequestId(request.RequestId);
        var unknown = AnnotationMapping.ReadUnknown(request.UnknownLabelers, request.UnknownItems, caller, validator);
        var batch = AnnotationMapping.ReadBatch(request.Annotations, caller, new ClassReader(dataset.Schema), time.GetUtcNow(), validator);
        validator.ThrowIfInvalid();

        request.RequestId = "";
        var result = await annotations.WriteAsync(
            dataset, batch, unknown, RequestIds.Identify(requestId, context.Method, request), context.CancellationToken, Patience(context), caller.Allowance);
        return new BatchCreateAnnotationsResponse { Counts = AnnotationMapping.ToCounts(result) };
    }

    public override async Task<StreamAnnotationsResponse> StreamAnnotations(
        IAsyncStreamReader<StreamAnnotationsRequest> requestStream, ServerCallContext context)
    {
        var stream = new DatasetStream<StreamAnnotationsRequest>(requestStream, message => message.Parent, context.CancellationToken);
        var (dataset, first) = await stream.StartAsync(datasets);
        var caller = Caller.Of(context);
        var validator = new RequestValidator();
        var unknown = AnnotationMapping.ReadUnknown(first.UnknownLabelers, first.UnknownItems, caller, validator);
        var requestId = validator.RequestId(first.RequestId);
        validator.ThrowIfInvalid();
        using var content = requestId is null ? null : new ContentHash(first.UnknownLabelers, first.UnknownItems);
        var request = requestId is { } id ? new StreamRequest(id, context.Method, content!.Finish) : null;
        var classes = new ClassReader(dataset.Schema);
        try
        {
            var batches = stream.ReadAsync(
                (message, check) =>
                {
                    content?.Add(message.Annotations);
                    return AnnotationMapping.ReadBatch(message.Annotations, caller, classes, time.GetUtcNow(), check);
                },
                context.CancellationToken);
            var result = await annotations.WriteAllAsync(dataset, batches, unknown, request, context.CancellationToken, caller.Allowance);
            return new StreamAnnotationsResponse { Counts = AnnotationMapping.ToCounts(result) };
        }
        catch (ServiceException error)
        {
            throw stream.Locate(error);
        }
    }

    public override Task IngestAnnotations(
        IAsyncStreamReader<IngestAnnotationsRequest> requestStream, IServerStreamWriter<IngestAnnotationsResponse> responseStream,
        ServerCallContext context) =>
        new IngestionCall(annotations, drain, time, requestStream, responseStream, context).RunAsync(datasets);

    public override async Task<ListAnnotationsResponse> ListAnnotations(ListAnnotationsRequest request, ServerCallContext context)
    {
        var size = PageTokens.Size(request.PageSize);
        var dataset = await datasets.ResolveAsync(request.Parent, "parent", context.CancellationToken);
        request.LabelerId = LabelerView.Listed(Caller.Of(context), request.LabelerId);
        var scope = $"annotations|{dataset.Uid}|{request.ItemId.Length}|{request.ItemId}|{request.ShowRetracted}|{request.LabelerId}";
        var records = await annotations.ListAsync(
            dataset, new AnnotationFilter(NullIfEmpty(request.ItemId), NullIfEmpty(request.LabelerId), request.ShowRetracted),
            ReadCursor(pages.Read(scope, request.PageToken)), size + 1, context.CancellationToken);
        var response = new ListAnnotationsResponse();
        response.Annotations.AddRange(records.Take(size).Select(record => AnnotationMapping.ToResource(dataset, record)));
        if (records.Count > size)
        {
            var end = records[size - 1];
            response.NextPageToken = pages.Create(scope, $"{end.ItemKey}-{end.LabelerKey}");
        }

        return response;
    }

    public override async Task<Annotation> GetAnnotation(GetAnnotationRequest request, ServerCallContext context)
    {
        var (datasetId, item, labeler) = Names.Annotation(request.Name, "name");
        var dataset = await datasets.FindAsync(datasetId, "name", context.CancellationToken);
        var record = await annotations.FindAsync(dataset, item, labeler, context.CancellationToken);
        LabelerView.CheckRead(Caller.Of(context), record?.LabelerId, "name");
        return AnnotationMapping.ToResource(dataset, record ?? throw ServiceException.NotFound("name", request.Name));
    }

    public override async Task<ListAnnotationRevisionsResponse> ListAnnotationRevisions(
        ListAnnotationRevisionsRequest request, ServerCallContext context)
    {
        var size = PageTokens.Size(request.PageSize);
        var (datasetId, item, labeler) = Names.Annotation(request.Name, "name");
        var dataset = await datasets.FindAsync(datasetId, "name", context.CancellationToken);
        var scope = $"annotationRevisions|{dataset.Uid}|{item}|{labeler}";
        var before = pages.Read(scope, request.PageToken) is { } cursor ? int.Parse(cursor, CultureInfo.InvariantCulture) : int.MaxValue;
        var records = await annotations.RevisionsAsync(dataset, item, labeler, before, size + 1, context.CancellationToken);
        LabelerView.CheckRead(Caller.Of(context), records.Count == 0 ? null : records[0].LabelerId, "name");
        if (records.Count == 0 && before == int.MaxValue)
        {
            throw ServiceException.NotFound("name", request.Name);
        }

        var response = new ListAnnotationRevisionsResponse();
        response.Annotations.AddRange(records.Take(size).Select(record => AnnotationMapping.ToResource(dataset, record)));
        if (records.Count > size)
        {
            response.NextPageToken = pages.Create(scope, records[size - 1].Revision.ToString(CultureInfo.InvariantCulture));
        }

        return response;
    }

    public override async Task ExportAnnotations(
        ExportAnnotationsRequest request, IServerStreamWriter<ExportAnnotationsResponse> responseStream, ServerCallContext context)
    {
        var dataset = await datasets.ResolveAsync(request.Parent, "parent", context.CancellationToken);
        var batch = new ExportAnnotationsResponse();
        var bytes = 0;
        await annotations.ExportAsync(
            dataset, request.ShowRetracted,
            async (record, token) =>
            {
                var annotation = AnnotationMapping.ToResource(dataset, record);
                bytes += annotation.CalculateSize() + 8;
                batch.Annotations.Add(annotation);
                if (bytes >= ExportBytes)
                {
                    await responseStream.WriteAsync(batch, token);
                    batch = new ExportAnnotationsResponse();
                    bytes = 0;
                }
            },
            context.CancellationToken);
        if (batch.Annotations.Count > 0)
        {
            await responseStream.WriteAsync(batch, context.CancellationToken);
        }
    }

    /// <summary>How long a call waits for room in the queue: it must still be able to say that there was none.</summary>
    private TimeSpan? Patience(ServerCallContext context) =>
        context.Deadline == DateTime.MaxValue || (context.Deadline - time.GetUtcNow().UtcDateTime) * 0.75 is not { Ticks: >= 0 } rest || rest > LongestWait
            ? LongestWait
            : rest;

    private static AnnotationCursor ReadCursor(string? cursor)
    {
        if (cursor is null)
        {
            return default;
        }

        var dash = cursor.IndexOf('-', StringComparison.Ordinal);
        return new AnnotationCursor(
            long.Parse(cursor.AsSpan(0, dash), CultureInfo.InvariantCulture), long.Parse(cursor.AsSpan(dash + 1), CultureInfo.InvariantCulture));
    }

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}
