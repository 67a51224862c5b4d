using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using LabelerService.Contracts;
using LabelerService.Contracts.V1;
using LabelerService.Core.Errors;
using LabelerService.Server.Errors;
using LabelerService.Server.Inference;
using LabelerService.Server.Inference.Evaluation;
using LabelerService.Server.Mapping;
using LabelerService.Server.Paging;
using LabelerService.Server.Validation;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Models;

namespace LabelerService.Server.Services;

/// <summary><c>labeler.v1.ModelService</c>.</summary>
internal sealed partial class ModelGrpcService(
    ModelStore models, PredictionEngine engine, ModelEvaluator evaluator, ModelComparer comparer, DatasetResolver datasets, PageTokens pages,
    ModelDownloads downloads)
    : ModelService.ModelServiceBase
{
    public override async Task<Model> GetModel(GetModelRequest request, ServerCallContext context)
    {
        var (dataset, record) = await FindAsync(request.Name, "name", context.CancellationToken);
        return await ToResourceAsync(dataset, record, context.CancellationToken);
    }

    public override async Task<ListModelsResponse> ListModels(ListModelsRequest request, ServerCallContext context)
    {
        var size = PageTokens.Size(request.PageSize);
        var dataset = await datasets.ResolveAsync(request.Parent, "parent", context.CancellationToken);
        var scope = $"models|{dataset.Uid}";
        var records = await models.ListAsync(dataset, pages.Read(scope, request.PageToken), size + 1, context.CancellationToken);
        var response = new ListModelsResponse();
        foreach (var record in records.Take(size))
        {
            response.Models.Add(await ToResourceAsync(dataset, record, context.CancellationToken));
        }

        if (records.Count > size)
        {
            response.NextPageToken = pages.Create(scope, records[size - 1].ModelId);
        }

        return response;
    }

    public override async Task<ModelVersion> GetModelVersion(GetModelVersionRequest request, ServerCallContext context)
    {
        var (datasetId, model, version) = Names.ModelVersion(request.Name, "name");
        var dataset = await datasets.FindAsync(datasetId, "name", context.CancellationToken);
        var record = await models.GetVersionOrTombstoneAsync(dataset, model, version, context.CancellationToken).NamedBy("name");
        return ModelMapping.ToResource(dataset, record);
    }

    public override async Task<ListModelVersionsResponse> ListModelVersions(ListModelVersionsRequest request, ServerCallContext context)
    {
        var size = PageTokens.Size(request.PageSize);
        var (dataset, model) = await FindAsync(request.Parent, "parent", context.CancellationToken);
        var scope = $"versions|{dataset.Uid}|{model.ModelId}|{request.ShowDeleted}";
        var before = pages.Read(scope, request.PageToken);
        var records = await models.ListVersionsAsync(
            dataset, model.ModelId, before is null ? null : int.Parse(before, CultureInfo.InvariantCulture), size + 1,
            context.CancellationToken, request.ShowDeleted);
        var response = new ListModelVersionsResponse();
        response.Versions.AddRange(records.Take(size).Select(record => ModelMapping.ToResource(dataset, record)));
        if (request.HeadLabelerId.Length > 0)
        {
            foreach (var version in response.Versions)
            {
                ModelHead[] heads = [.. version.Heads.Where(head => head.LabelerId == request.HeadLabelerId)];
                version.Heads.Clear();
                version.Heads.AddRange(heads);
            }
        }

        if (records.Count > size)
        {
            response.NextPageToken = pages.Create(scope, records[size - 1].Version.ToString(CultureInfo.InvariantCulture));
        }

        return response;
    }

    public override async Task<Model> SetModelAlias(SetModelAliasRequest request, ServerCallContext context)
    {
        var alias = request.Alias ?? throw ServiceException.InvalidField("alias", "must be set");
        CheckAlias(alias.Alias, "alias.alias");
        var expected = Etag.Read(alias.Etag, "alias.etag");
        var (versionDataset, versionModel, version) = Names.ModelVersion(alias.Version, "alias.version");
        var (dataset, model) = await FindAsync(request.Name, "name", context.CancellationToken);
        if (versionDataset != dataset.Id || versionModel != model.ModelId)
        {
            throw ServiceException.InvalidField("alias.version", $"must be a version of {request.Name}");
        }

        await models.SetAliasAsync(
            dataset, model.ModelId, alias.Alias, version, expected, context.CancellationToken, Reason("", context)).NamedBy("alias.version");
        return await ReadAsync(dataset, model.ModelId, context.CancellationToken);
    }

    public override async Task<Empty> DeleteModelAlias(DeleteModelAliasRequest request, ServerCallContext context)
    {
        CheckAlias(request.Alias, "alias");
        if (request.Alias == ModelAliases.Champion)
        {
            throw ServiceException.InvalidField("alias", "champion can only be moved: predictions that name no version depend on it");
        }

        var expected = Etag.Read(request.Etag, "etag");
        var (dataset, model) = await FindAsync(request.Name, "name", context.CancellationToken);
        await models.DeleteAliasAsync(dataset, model.ModelId, request.Alias, expected, context.CancellationToken, Reason("", context));
        return new Empty();
    }

    public override async Task<EvaluateModelResponse> EvaluateModel(EvaluateModelRequest request, ServerCallContext context)
    {
        var cancel = context.CancellationToken;
        var (datasetId, model, version) = Names.ModelOrVersion(request.Name, "name");
        var dataset = await datasets.FindAsync(datasetId, "name", cancel);
        var validator = new RequestValidator();
        var plan = EvaluationRequests.Read(request, dataset.Schema, validator);
        validator.ThrowIfInvalid();
        // The alias by its name: with the champion as the default, a canary might answer.
        using var pinned = await engine.PinAsync(dataset.Id, model, version, ModelAliases.Champion, "name", cancel);
        return await evaluator.EvaluateAsync(pinned, plan, cancel);
    }

    public override async Task<CompareModelsResponse> CompareModels(CompareModelsRequest request, ServerCallContext context)
    {
        var cancel = context.CancellationToken;
        var dataset = await datasets.ResolveAsync(request.Parent, "parent", cancel);
        var first = Names.ModelOrVersion(request.FirstModel, "first_model");
        var second = Names.ModelOrVersion(request.SecondModel, "second_model");
        var validator = new RequestValidator();
        validator.Require(first.Dataset == dataset.Id, "first_model", $"must be a model of {request.Parent}");
        validator.Require(second.Dataset == dataset.Id, "second_model", $"must be a model of {request.Parent}");
        var plan = EvaluationRequests.Read(request, validator);
        validator.ThrowIfInvalid();
        using var one = await engine.PinAsync(dataset.Id, first.Model, first.Version, ModelAliases.Champion, "first_model", cancel);
        using var other = await engine.PinAsync(dataset.Id, second.Model, second.Version, ModelAliases.Champion, "second_model", cancel);
        return await comparer.CompareAsync(one, other, plan, cancel);
    }

    private async Task<(DatasetRecord Dataset, ModelRecord Model)> FindAsync(string name, string field, CancellationToken cancel)
    {
        var (datasetId, modelId) = Names.Model(name, field);
        var dataset = await datasets.FindAsync(datasetId, field, cancel);
        var model = await models.GetAsync(dataset, modelId, cancel).NamedBy(field);
        return (dataset, model);
    }

    private async Task<Model> ToResourceAsync(DatasetRecord dataset, ModelRecord record, CancellationToken cancel) =>
        ModelMapping.ToResource(dataset, record, await models.ListAliasesAsync(dataset, record.ModelId, cancel));

    private static void CheckAlias(string alias, string field)
    {
        if (!ResourceName.IsId(alias))
        {
            throw ServiceException.InvalidField(field, "must match [a-z0-9-]{1,63}");
        }
    }
}
