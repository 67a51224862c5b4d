using System.Globalization;
using Grpc.Core;
using LabelerService.Contracts.V1;
using LabelerService.Core.Errors;
using LabelerService.Server.Hosting;
using LabelerService.Server.Mapping;
using LabelerService.Server.Paging;
using LabelerService.Server.Validation;
using LabelerService.Storage.Ingest;

namespace LabelerService.Server.Services;

/// <summary><c>labeler.v1.AnnotationService</c>.</summary>
internal sealed class AnnotationGrpcService(AnnotationStore annotations, DatasetResolver datasets, PageTokens pages, Drain drain)
    : AnnotationService.AnnotationServiceBase
{
    public override async Task<BatchCreateAnnotationsResponse> BatchCreateAnnotations(
        BatchCreateAnnotationsRequest request, ServerCallContext context)
    {
        var dataset = await datasets.ResolveAsync(request.Parent, "parent", context.CancellationToken);
        var validator = new RequestValidator();
        var requestId = validator.RequestId(request.RequestId);
        var unknown = AnnotationMapping.ReadUnknownLabelers(request.UnknownLabelers, validator);
        var batch = AnnotationMapping.ReadBatch(request.Annotations, new ClassReader(dataset.Schema), validator);
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
        try
        {
            var batches = stream.ReadAsync(
                (message, validator) => AnnotationMapping.ReadBatch(message.Annotations, classes, validator), context.CancellationToken);
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
        var last = long.MinValue;
        var total = new AnnotationWriteResult(0, 0, 0);
        try
        {
            var messages = stream.ReadAsync(
                (message, validator) =>
                {
                    validator.Require(message.Sequence > last, "sequence", $"is {message.Sequence}; it must be greater than the one before, {last}");
                    return (message.Sequence, Batch: AnnotationMapping.ReadBatch(message.Annotations, classes, validator));
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
        var scope = $"annotations|{dataset.Uid}|{request.ItemId.Length}|{request.ItemId}|{request.LabelerId}";
        var records = await annotations.ListAsync(
            dataset, new AnnotationFilter(NullIfEmpty(request.ItemId), NullIfEmpty(request.LabelerId)),
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
