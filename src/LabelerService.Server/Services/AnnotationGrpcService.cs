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
internal sealed class AnnotationGrpcService(AnnotationStore annotations, DatasetResolver datasets, PageTokens pages, Drain drain)
    : AnnotationService.AnnotationServiceBase
{
    // An annotation takes at most about 1 KiB: an answer stays below 1 MiB.
    private const int ExportBytes = 1000 * 1024;

    public override async Task<BatchCreateAnnotationsResponse> BatchCreateAnnotations(
        BatchCreateAnnotationsRequest request, ServerCallContext context)
    {
        var dataset = await datasets.ResolveAsync(request.Parent, "parent", context.CancellationToken);
        var validator = new RequestValidator();
        var requestId = validator.RequestId(request.RequestId);
        var unknown = AnnotationMapping.ReadUnknownLabelers(request.UnknownLabelers, validator);
        var batch = AnnotationMapping.ReadBatch(request.Annotations, Caller.Of(context), new ClassReader(dataset.Schema), validator);
        validator.ThrowIfInvalid();

        request.RequestId = "";
        var result = await annotations.WriteAsync(
            dataset, batch, unknown, RequestIds.Identify(requestId, context.Method, request), context.CancellationToken);
        return new BatchCreateAnnotationsResponse { Counts = AnnotationMapping.ToCounts(result) };
    }

    public override async Task<StreamAnnotationsResponse> StreamAnnotations(
        IAsyncStreamReader<StreamAnnotationsRequest> requestStream, ServerCallContext context)
    {
        var stream = new DatasetStream<StreamAnnotationsRequest>(requestStream, message => message.Parent, context.CancellationToken);
        var (dataset, first) = await stream.StartAsync(datasets);
        var unknown = ReadUnknownLabelers(first.UnknownLabelers);
        var classes = new ClassReader(dataset.Schema);
        var caller = Caller.Of(context);
        try
        {
            var batches = stream.ReadAsync(
                (message, validator) => AnnotationMapping.ReadBatch(message.Annotations, caller, classes, validator), context.CancellationToken);
            var result = await annotations.WriteAllAsync(dataset, batches, unknown, context.CancellationToken);
            return new StreamAnnotationsResponse { Counts = AnnotationMapping.ToCounts(result) };
        }
        catch (ServiceException error)
        {
            throw stream.Locate(error);
        }
    }

    public override async Task IngestAnnotations(
        IAsyncStreamReader<IngestAnnotationsRequest> requestStream, IServerStreamWriter<IngestAnnotationsResponse> responseStream,
        ServerCallContext context)
    {
        var cancel = context.CancellationToken;
        var stream = new DatasetStream<IngestAnnotationsRequest>(requestStream, message => message.Parent, cancel, drain);
        var (dataset, first) = await stream.StartAsync(datasets);
        var unknown = ReadUnknownLabelers(first.UnknownLabelers);
        var classes = new ClassReader(dataset.Schema);
        var caller = Caller.Of(context);
        var last = long.MinValue;
        var total = new AnnotationWriteResult(0, 0, 0);
        try
        {
            var messages = stream.ReadAsync(
                (message, validator) =>
                {
                    validator.Require(message.Sequence > last, "sequence", $"is {message.Sequence}; it must be greater than the one before, {last}");
                    return (message.Sequence, Batch: AnnotationMapping.ReadBatch(message.Annotations, caller, classes, validator));
                },
                cancel);
            await foreach (var (sequence, batch) in messages)
            {
                var result = await annotations.WriteAsync(dataset, batch, unknown, request: null, cancel);
                last = sequence;
                total = new AnnotationWriteResult(
                    total.Created + result.Created, total.Revised + result.Revised, total.Unchanged + result.Unchanged);
                await responseStream.WriteAsync(
                    new IngestAnnotationsResponse { AcknowledgedSequence = sequence, Counts = AnnotationMapping.ToCounts(total) }, cancel);
            }
        }
        catch (ServiceException error)
        {
            throw stream.Locate(error);
        }
    }

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

    private static Storage.Ingest.UnknownLabelers ReadUnknownLabelers(Contracts.V1.UnknownLabelers value)
    {
        var validator = new RequestValidator();
        var unknown = AnnotationMapping.ReadUnknownLabelers(value, validator);
        validator.ThrowIfInvalid();
        return unknown;
    }

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
