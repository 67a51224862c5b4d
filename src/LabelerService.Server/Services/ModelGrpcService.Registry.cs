using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using LabelerService.Contracts.V1;
using LabelerService.Core.Errors;
using LabelerService.Server.Errors;
using LabelerService.Server.Mapping;
using LabelerService.Server.Paging;
using LabelerService.Server.Security;
using LabelerService.Server.Validation;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Models;

namespace LabelerService.Server.Services;

/// <summary>What decides about versions: promotion, rollback, canary, deletion, retention, and the history of it.</summary>
internal sealed partial class ModelGrpcService
{
    public override async Task<Model> PromoteModelVersion(PromoteModelVersionRequest request, ServerCallContext context)
    {
        var cancel = context.CancellationToken;
        var (datasetId, model, version) = Names.ModelVersion(request.Name, "name");
        var expected = Etag.Read(request.Etag, "etag");
        int? champion = request.ExpectedChampion.Length == 0 ? null : ReadVersionOf(datasetId, model, request.ExpectedChampion, "expected_champion");
        var dataset = await datasets.FindAsync(datasetId, "name", cancel);
        await models.PromoteAsync(dataset, model, version, Reason(request.Reason, context), expected, cancel, champion).NamedBy("name");
        return await ReadAsync(dataset, model, cancel);
    }

    public override async Task<Model> RollbackModel(RollbackModelRequest request, ServerCallContext context)
    {
        var cancel = context.CancellationToken;
        var (datasetId, model) = Names.Model(request.Name, "name");
        var expected = Etag.Read(request.Etag, "etag");
        var dataset = await datasets.FindAsync(datasetId, "name", cancel);
        await models.RollbackAsync(dataset, model, Reason(request.Reason, context), expected, cancel).NamedBy("name");
        return await ReadAsync(dataset, model, cancel);
    }

    public override async Task<ListAliasChangesResponse> ListAliasChanges(ListAliasChangesRequest request, ServerCallContext context)
    {
        var size = PageTokens.Size(request.PageSize);
        var (dataset, model) = await FindAsync(request.Parent, "parent", context.CancellationToken);
        var scope = $"aliasChanges|{dataset.Uid}|{model.ModelId}";
        var before = pages.Read(scope, request.PageToken);
        var changes = await models.ListChangesAsync(
            dataset, model.ModelId, before is null ? null : long.Parse(before, CultureInfo.InvariantCulture), size + 1, context.CancellationToken);
        var response = new ListAliasChangesResponse();
        response.Changes.AddRange(changes.Take(size).Select(change => ModelMapping.ToResource(dataset, model.ModelId, change)));
        if (changes.Count > size)
        {
            response.NextPageToken = pages.Create(scope, changes[size - 1].Number.ToString(CultureInfo.InvariantCulture));
        }

        return response;
    }

    public override async Task<Model> SetModelCanary(SetModelCanaryRequest request, ServerCallContext context)
    {
        var cancel = context.CancellationToken;
        var (datasetId, model) = Names.Model(request.Name, "name");
        var expected = Etag.Read(request.Etag, "etag");
        var ends = request.Share == 0;
        int? version = ends && request.Version.Length == 0 ? null : ReadVersionOf(datasetId, model, request.Version, "version");
        var dataset = await datasets.FindAsync(datasetId, "name", cancel);
        await models.GetAsync(dataset, model, cancel).NamedBy("name");
        if (ends)
        {
            await models.ClearCanaryAsync(dataset, model, Reason(request.Reason, context), expected, cancel);
        }
        else
        {
            await models.SetCanaryAsync(dataset, model, version!.Value, request.Share, Reason(request.Reason, context), expected, cancel);
        }

        return await ReadAsync(dataset, model, cancel);
    }

    public override async Task<Model> UpdateModel(UpdateModelRequest request, ServerCallContext context)
    {
        var cancel = context.CancellationToken;
        var model = request.Model ?? throw ServiceException.InvalidField("model", "must be set");
        var fields = UpdateMask.Read(
            request.UpdateMask, ("display_name", model.DisplayName.Length > 0), ("description", model.Description.Length > 0),
            ("retention", model.Retention is not null));
        var expected = Etag.Read(model.Etag, "model.etag");
        var change = new ModelUpdate(
            fields.Contains("display_name") ? model.DisplayName : null,
            fields.Contains("description") ? model.Description : null,
            fields.Contains("retention") ? ModelMapping.ReadRetention(model.Retention, "model.retention") : null);
        var (dataset, found) = await FindAsync(model.Name, "model.name", cancel);
        await models.UpdateAsync(dataset, found.ModelId, change, expected, cancel);
        return await ReadAsync(dataset, found.ModelId, cancel);
    }

    public override async Task<Empty> DeleteModel(DeleteModelRequest request, ServerCallContext context)
    {
        var expected = Etag.Read(request.Etag, "etag");
        var (dataset, model) = await FindAsync(request.Name, "name", context.CancellationToken);
        await models.DeleteAsync(dataset, model.ModelId, request.Force, expected, Caller.Of(context).Name, context.CancellationToken);
        return new Empty();
    }

    public override async Task<ModelVersion> DeleteModelVersion(DeleteModelVersionRequest request, ServerCallContext context)
    {
        var cancel = context.CancellationToken;
        var (datasetId, model, version) = Names.ModelVersion(request.Name, "name");
        var dataset = await datasets.FindAsync(datasetId, "name", cancel);
        return ModelMapping.ToResource(
            dataset, await models.DeleteVersionAsync(dataset, model, version, Caller.Of(context).Name, cancel).NamedBy("name"));
    }

    private static PromotionReason Reason(string text, ServerCallContext context) => new(text, Caller.Of(context).Name);

    private static int ReadVersionOf(string datasetId, string modelId, string name, string field)
    {
        var (dataset, model, version) = Names.ModelVersion(name, field);
        return dataset == datasetId && model == modelId
            ? version
            : throw ServiceException.InvalidField(field, $"must be a version of datasets/{datasetId}/models/{modelId}");
    }

    private async Task<Model> ReadAsync(DatasetRecord dataset, string modelId, CancellationToken cancel) =>
        await ToResourceAsync(dataset, await models.GetAsync(dataset, modelId, cancel), cancel);
}
