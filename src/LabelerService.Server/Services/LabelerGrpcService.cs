using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using LabelerService.Contracts;
using LabelerService.Contracts.V1;
using LabelerService.Core.Errors;
using LabelerService.Server.Mapping;
using LabelerService.Server.Paging;
using LabelerService.Server.Validation;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Labelers;
using ErasureMode = LabelerService.Storage.Labelers.ErasureMode;

namespace LabelerService.Server.Services;

/// <summary><c>labeler.v1.LabelerRegistryService</c>.</summary>
internal sealed class LabelerGrpcService(LabelerStore labelers, LabelerEraser eraser, DatasetResolver datasets, PageTokens pages)
    : LabelerRegistryService.LabelerRegistryServiceBase
{
    public override async Task<BatchCreateLabelersResponse> BatchCreateLabelers(BatchCreateLabelersRequest request, ServerCallContext context)
    {
        var dataset = await datasets.ResolveAsync(request.Parent, "parent", context.CancellationToken);
        var validator = new RequestValidator();
        var requestId = validator.RequestId(request.RequestId);
        if (validator.BatchSize(request.Labelers.Count, "labelers"))
        {
            var seen = new HashSet<string>(StringComparer.Ordinal);
            for (var i = 0; i < request.Labelers.Count && !validator.IsFull; i++)
            {
                var labeler = request.Labelers[i];
                if (validator.ExternalId(labeler.LabelerId, $"labelers[{i}].labeler_id"))
                {
                    validator.Require(seen.Add(labeler.LabelerId), $"labelers[{i}].labeler_id", "repeats a labeler of the same batch");
                }

                validator.Text(labeler.DisplayName, $"labelers[{i}].display_name");
                validator.Tags(labeler.Tags, $"labelers[{i}].tags");
            }
        }

        validator.ThrowIfInvalid();
        request.RequestId = "";
        var writes = request.Labelers.Select(labeler =>
            new LabelerWrite(labeler.LabelerId, labeler.DisplayName, new Dictionary<string, string>(labeler.Tags))).ToArray();
        var result = await labelers.RegisterAsync(
            dataset, writes, RequestIds.Identify(requestId, context.Method, request), context.CancellationToken);
        return new BatchCreateLabelersResponse { Created = result.Created, Unchanged = result.Existing };
    }

    public override async Task<Labeler> GetLabeler(GetLabelerRequest request, ServerCallContext context)
    {
        var (datasetId, key) = Names.Labeler(request.Name, "name");
        var dataset = await datasets.FindAsync(datasetId, "name", context.CancellationToken);
        var record = await labelers.FindAsync(dataset, key, context.CancellationToken) ?? throw ServiceException.NotFound("name", request.Name);
        return ToResource(dataset, record);
    }

    public override async Task<ListLabelersResponse> ListLabelers(ListLabelersRequest request, ServerCallContext context)
    {
        var size = PageTokens.Size(request.PageSize);
        var dataset = await datasets.ResolveAsync(request.Parent, "parent", context.CancellationToken);
        var scope = $"labelers|{dataset.Uid}";
        var after = pages.Read(scope, request.PageToken);
        var records = await labelers.ListAsync(
            dataset, after is null ? 0 : long.Parse(after, CultureInfo.InvariantCulture), size + 1, context.CancellationToken);
        var response = new ListLabelersResponse();
        response.Labelers.AddRange(records.Take(size).Select(record => ToResource(dataset, record)));
        if (records.Count > size)
        {
            response.NextPageToken = pages.Create(scope, records[size - 1].Key.ToString(CultureInfo.InvariantCulture));
        }

        return response;
    }

    public override async Task<Labeler> UpdateLabeler(UpdateLabelerRequest request, ServerCallContext context)
    {
        var labeler = request.Labeler ?? throw ServiceException.InvalidField("labeler", "must be set");
        var validator = new RequestValidator();
        validator.Text(labeler.DisplayName, "labeler.display_name");
        validator.Tags(labeler.Tags, "labeler.tags");
        validator.ThrowIfInvalid();
        var fields = UpdateMask.Read(
            request.UpdateMask, ("display_name", labeler.DisplayName.Length > 0), ("tags", labeler.Tags.Count > 0));
        var expected = Etag.Read(labeler.Etag, "labeler.etag");
        var (datasetId, key) = Names.Labeler(labeler.Name, "labeler.name");
        var dataset = await datasets.FindAsync(datasetId, "labeler.name", context.CancellationToken);
        var record = await labelers.FindAsync(dataset, key, context.CancellationToken)
            ?? throw ServiceException.NotFound("labeler.name", labeler.Name);
        var change = new LabelerChange(
            fields.Contains("display_name") ? labeler.DisplayName : null,
            fields.Contains("tags") ? new Dictionary<string, string>(labeler.Tags) : null);
        return ToResource(dataset, await labelers.UpdateAsync(dataset, record.LabelerId, change, expected, context.CancellationToken));
    }

    public override async Task<EraseLabelerResponse> EraseLabeler(EraseLabelerRequest request, ServerCallContext context)
    {
        var (datasetId, key) = Names.Labeler(request.Name, "name");
        var dataset = await datasets.FindAsync(datasetId, "name", context.CancellationToken);

        // The numbers of the proto's modes are those of the domain's.
        var mode = (ErasureMode)request.Mode;
        if (mode is not (ErasureMode.Pseudonymise or ErasureMode.Delete))
        {
            throw ServiceException.InvalidField("mode", "must be ERASURE_MODE_PSEUDONYMISE or ERASURE_MODE_DELETE");
        }

        return ErasureMapping.ToResponse(dataset, await eraser.EraseAsync(dataset, key, mode, request.ValidateOnly, context.CancellationToken));
    }

    private static Labeler ToResource(DatasetRecord dataset, LabelerRecord record)
    {
        var labeler = new Labeler
        {
            Name = ResourceName.Labeler(dataset.Id, record.Key),
            LabelerId = record.LabelerId,
            DisplayName = record.DisplayName,
            AnnotationCount = record.AnnotationCount,
            CreateTime = Timestamp.FromDateTimeOffset(record.CreateTime),
            Etag = Etag.Of(record.Version),
        };
        foreach (var (tag, value) in record.Tags)
        {
            labeler.Tags.Add(tag, value);
        }

        return labeler;
    }
}
