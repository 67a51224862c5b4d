using System.Globalization;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using LabelerService.Contracts.V1;
using LabelerService.Core.Errors;
using LabelerService.Server.Errors;
using LabelerService.Server.Inference;
using LabelerService.Server.Mapping;
using LabelerService.Server.Paging;
using LabelerService.Server.Validation;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Models;
using LabelerService.Storage.Predictions;

namespace LabelerService.Server.Services;

/// <summary><c>labeler.v1.PredictionJobService</c>.</summary>
internal sealed class PredictionJobGrpcService(
    PredictionJobStore jobs, PredictionFiles files, ModelStore models, PredictionEngine engine, DatasetResolver datasets, PageTokens pages)
    : PredictionJobService.PredictionJobServiceBase
{
    public override async Task<PredictionJob> CreatePredictionJob(CreatePredictionJobRequest request, ServerCallContext context)
    {
        var cancel = context.CancellationToken;
        var dataset = await datasets.ResolveAsync(request.Parent, "parent", cancel);
        var job = request.PredictionJob ?? throw ServiceException.InvalidField("prediction_job", "must be set");
        var validator = new RequestValidator();
        var requestId = validator.RequestId(request.RequestId);
        validator.ThrowIfInvalid();
        var target = PredictionTarget.Read(job.Model, dataset.Id, "prediction_job.model");
        ItemFilterParser.Parse(job.Filter, dataset.Schema, "prediction_job.filter");
        var outputs = PredictionTarget.ReadOutputs(job.Outputs, "prediction_job.outputs");

        // By name, so that a job is never the canary's by chance.
        var alias = target.Version is null && target.Alias.Length == 0 ? ModelAliases.Champion : target.Alias;
        using var model = await engine.PinAsync(dataset.Id, target.Model, target.Version, alias, "prediction_job.model.model", cancel);
        PredictionTarget.CheckDistilled(job.Distilled, job.Outputs.Count > 0, "prediction_job.outputs", "prediction_job.distilled", model.Version);
        if (request.ValidateOnly)
        {
            return job;
        }

        request.RequestId = "";
        var write = new PredictionJobWrite(
            Guid.CreateVersion7().ToString("N"), target.Model, model.Version.Version, job.Model.Model, job.Model.Alias,
            new PredictionJobOutputs(outputs.Probabilities, outputs.Weights, job.Distilled), job.Filter);
        return PredictionJobMapping.ToResource(
            await jobs.CreateAsync(dataset, write, RequestIds.Identify(requestId, context.Method, request), cancel));
    }

    public override async Task<PredictionJob> GetPredictionJob(GetPredictionJobRequest request, ServerCallContext context) =>
        PredictionJobMapping.ToResource((await FindAsync(request.Name, context.CancellationToken)).Job);

    public override async Task<ListPredictionJobsResponse> ListPredictionJobs(ListPredictionJobsRequest request, ServerCallContext context)
    {
        var size = PageTokens.Size(request.PageSize);
        var dataset = await datasets.ResolveAsync(request.Parent, "parent", context.CancellationToken);
        var scope = $"predictionJobs|{dataset.Uid}";
        var records = await jobs.ListAsync(dataset, Key(pages.Read(scope, request.PageToken)), size + 1, context.CancellationToken);
        var response = new ListPredictionJobsResponse();
        response.PredictionJobs.AddRange(records.Take(size).Select(PredictionJobMapping.ToResource));
        if (records.Count > size)
        {
            response.NextPageToken = pages.Create(scope, records[size - 1].Key.ToString(CultureInfo.InvariantCulture));
        }

        return response;
    }

    public override async Task<PredictionJob> CancelPredictionJob(CancelPredictionJobRequest request, ServerCallContext context)
    {
        var (dataset, job) = await FindAsync(request.Name, context.CancellationToken);
        return PredictionJobMapping.ToResource(await jobs.RequestCancelAsync(dataset, job.JobId, context.CancellationToken).NamedBy("name"));
    }

    public override async Task<Empty> DeletePredictionJob(DeletePredictionJobRequest request, ServerCallContext context)
    {
        var (dataset, job) = await FindAsync(request.Name, context.CancellationToken);
        await jobs.DeleteAsync(dataset, job.JobId, context.CancellationToken);
        return new Empty();
    }

    public override async Task<ListPredictionsResponse> ListPredictions(ListPredictionsRequest request, ServerCallContext context)
    {
        var cancel = context.CancellationToken;
        var size = PageTokens.Size(request.PageSize);
        var (dataset, job) = await FindAsync(request.Name, cancel);
        var scope = $"predictions|{job.Uid}";
        var after = Key(pages.Read(scope, request.PageToken)) ?? 0;
        var manifest = (await models.GetVersionAsync(dataset, job.ModelId, job.ModelVersion, cancel)).Manifest;
        var records = await jobs.ListPredictionsAsync(job, after, size + 1, cancel);
        var response = new ListPredictionsResponse();
        response.Predictions.AddRange(records.Take(size).Select(record => PredictionJobMapping.ToPrediction(record, manifest)));
        if (records.Count > size)
        {
            response.NextPageToken = pages.Create(scope, records[size - 1].Prediction.ItemKey.ToString(CultureInfo.InvariantCulture));
        }

        return response;
    }

    public override async Task DownloadPredictions(
        DownloadPredictionsRequest request, IServerStreamWriter<DownloadPredictionsResponse> responseStream, ServerCallContext context)
    {
        var file = await files.FindAsync(request.Name, request.Format, context.CancellationToken);
        await file.SendAsync(
            (piece, token) => responseStream.WriteAsync(new DownloadPredictionsResponse { Data = ByteString.CopyFrom(piece.Span) }, token),
            context.CancellationToken);
    }

    private async Task<(DatasetRecord Dataset, PredictionJobRecord Job)> FindAsync(string name, CancellationToken cancel)
    {
        var (datasetId, jobId) = Names.PredictionJob(name, "name");
        var dataset = await datasets.FindAsync(datasetId, "name", cancel);
        return (dataset, await jobs.GetAsync(dataset, jobId, cancel).NamedBy("name"));
    }

    private static long? Key(string? cursor) => cursor is null ? null : long.Parse(cursor, CultureInfo.InvariantCulture);
}
