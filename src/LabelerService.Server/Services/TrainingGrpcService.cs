using System.Globalization;
using Grpc.Core;
using LabelerService.Contracts;
using LabelerService.Contracts.V1;
using LabelerService.Core.Datasets;
using LabelerService.Core.Encodings;
using LabelerService.Core.Errors;
using LabelerService.Core.Models;
using LabelerService.Server.Errors;
using LabelerService.Server.Mapping;
using LabelerService.Server.Paging;
using LabelerService.Server.Validation;
using LabelerService.Storage.Backbones;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Ingest;
using LabelerService.Storage.Models;
using LabelerService.Storage.Runs;

namespace LabelerService.Server.Services;

/// <summary><c>labeler.v1.TrainingService</c>.</summary>
internal sealed class TrainingGrpcService(
    RunStore runs, TrainerStore trainers, ModelStore models, AnnotationStore annotations, BackboneStore backbones, DatasetResolver datasets,
    RunWatcher watcher, PretrainedCheck pretrained, PageTokens pages)
    : TrainingService.TrainingServiceBase
{
    private const string TrainerScope = "trainers";
    private const int PriorityBound = 100;

    public override Task<ListAlgorithmsResponse> ListAlgorithms(ListAlgorithmsRequest request, ServerCallContext context)
    {
        var response = new ListAlgorithmsResponse();
        response.Algorithms.AddRange(AlgorithmCatalogue.All.Select(TrainingRunMapping.ToAlgorithm));
        return Task.FromResult(response);
    }

    public override async Task<TrainingRun> CreateTrainingRun(CreateTrainingRunRequest request, ServerCallContext context)
    {
        var cancel = context.CancellationToken;
        var dataset = await datasets.ResolveAsync(request.Parent, "parent", cancel);
        var run = request.TrainingRun ?? throw ServiceException.InvalidField("training_run", "must be set");
        var validator = new RequestValidator();
        var requestId = validator.RequestId(request.RequestId);
        validator.Require(
            run.ModelId.Length == 0 || ResourceName.IsId(run.ModelId), "training_run.model_id", "must match [a-z0-9-]{1,63}, or be empty");
        validator.Require(
            run.Priority is >= -PriorityBound and <= PriorityBound, "training_run.priority", $"must be from {-PriorityBound} to {PriorityBound}");
        CheckSettings(dataset.Schema, run, validator);
        validator.ThrowIfInvalid();

        if (PretrainingRules.Pretrains(run.Algorithm))
        {
            await CheckPretrainingAsync(dataset, run, cancel);
        }
        else if (!await annotations.AnyAsync(dataset, cancel))
        {
            throw new ServiceException(
                ErrorKind.FailedPrecondition, "NO_ANNOTATIONS", $"{request.Parent} has no annotations to train on. Import labels first.",
                new FieldViolation("parent", "has no annotations"));
        }

        var warmStart = await WarmStartAsync(dataset, run, cancel);
        if (!RemoteAlgorithms.Is(run.Algorithm))
        {
            await pretrained.CheckAsync(dataset, run.Algorithm, run.Settings.AsReadOnly(), warmStart is not null, "training_run", cancel);
        }

        if (request.ValidateOnly)
        {
            return run;
        }

        request.RequestId = "";
        var write = new RunWrite(
            Guid.CreateVersion7().ToString("N"), run.Algorithm, run.ModelId.Length > 0 ? run.ModelId : run.Algorithm, run.Seed,
            new Dictionary<string, string>(run.Settings), run.Priority)
        {
            WarmStart = warmStart,
        };
        var record = await runs.CreateAsync(dataset, write, RequestIds.Identify(requestId, context.Method, request), cancel);
        return await ToResourceAsync(record, cancel);
    }

    private async Task CheckPretrainingAsync(DatasetRecord dataset, TrainingRun run, CancellationToken cancel)
    {
        var settings = AlgorithmCatalogue.Validate(run.Algorithm, run.Settings.AsReadOnly());
        if (PretrainingRules.Problem(settings, dataset.Schema) is { } problem)
        {
            throw ServiceException.InvalidField($"training_run.{problem.Field}", problem.Problem);
        }

        var backboneId = run.ModelId.Length > 0 ? run.ModelId : run.Algorithm;
        if (await backbones.ExistsAsync(dataset, backboneId, cancel))
        {
            throw new ServiceException(
                ErrorKind.AlreadyExists, "BACKBONE_EXISTS",
                $"{ResourceName.Backbone(dataset.Id, backboneId)} exists, and backbones do not change. Choose another model_id, or delete it.",
                new FieldViolation("training_run.model_id", "is taken by a backbone"));
        }
    }

    private async Task<WarmStart?> WarmStartAsync(DatasetRecord dataset, TrainingRun run, CancellationToken cancel)
    {
        const string Field = "training_run.warm_start_version";
        if (run.WarmStartVersion.Length == 0)
        {
            return null;
        }

        var (datasetId, modelId, number) = Names.ModelVersion(run.WarmStartVersion, Field);
        if (datasetId != dataset.Id)
        {
            throw ServiceException.InvalidField(Field, $"must be a version of {ResourceName.Dataset(dataset.Id)}");
        }

        var version = await models.GetVersionAsync(dataset, modelId, number, cancel).NamedBy(Field);
        var given = AlgorithmCatalogue.Validate(run.Algorithm, run.Settings.AsReadOnly());
        var settings = given.For(WarmStartRules.EncodingOf(given, dataset.Schema, version.Manifest));
        return WarmStartRules.Problem(run.Algorithm, settings.Effective, dataset.Schema, version.Manifest, version.WeightsSha256 is not null) is { } problem
            ? throw new ServiceException(
                ErrorKind.FailedPrecondition, "WARM_START_MISMATCH", $"Training cannot start from {run.WarmStartVersion}: {problem}.",
                new FieldViolation(Field, problem))
            : new WarmStart(modelId, number);
    }

    public override async Task<TrainingRun> GetTrainingRun(GetTrainingRunRequest request, ServerCallContext context)
    {
        var (_, record) = await FindAsync(request.Name, context.CancellationToken);
        return await ToResourceAsync(record, context.CancellationToken);
    }

    public override async Task<ListTrainingRunsResponse> ListTrainingRuns(ListTrainingRunsRequest request, ServerCallContext context)
    {
        var size = PageTokens.Size(request.PageSize);
        var dataset = await datasets.ResolveAsync(request.Parent, "parent", context.CancellationToken);

        // The version before went through runs from the oldest on: its tokens are refused, not read as if they were of this order.
        var scope = $"trainingRuns|newest|{dataset.Uid}";
        var records = await runs.ListAsync(dataset, null, pages.Read(scope, request.PageToken), size + 1, context.CancellationToken);
        var response = new ListTrainingRunsResponse();
        RunRecord[] page = [.. records.Take(size)];
        response.TrainingRuns.AddRange(page.Zip(await runs.ForecastAsync(page, context.CancellationToken), TrainingRunMapping.ToResource));
        if (records.Count > size)
        {
            response.NextPageToken = pages.Create(scope, records[size - 1].RunId);
        }

        return response;
    }

    public override async Task WatchTrainingRun(
        WatchTrainingRunRequest request, IServerStreamWriter<TrainingRunEvent> responseStream, ServerCallContext context)
    {
        if (request.AfterSequence < 0)
        {
            throw ServiceException.InvalidField("after_sequence", "must not be negative");
        }

        var (dataset, record) = await FindAsync(request.Name, context.CancellationToken);
        await foreach (var happened in watcher.WatchAsync(dataset, record.RunId, request.AfterSequence, context.CancellationToken))
        {
            await responseStream.WriteAsync(TrainingRunMapping.ToEvent(happened), context.CancellationToken);
        }
    }

    public override async Task<TrainingRun> CancelTrainingRun(CancelTrainingRunRequest request, ServerCallContext context)
    {
        var (dataset, record) = await FindAsync(request.Name, context.CancellationToken);
        return await ToResourceAsync(await runs.RequestCancelAsync(dataset, record.RunId, context.CancellationToken), context.CancellationToken);
    }

    public override async Task<ListTrainersResponse> ListTrainers(ListTrainersRequest request, ServerCallContext context)
    {
        var size = PageTokens.Size(request.PageSize);
        var after = pages.Read(TrainerScope, request.PageToken)?.Split('|');
        var records = await trainers.ListAsync(
            after is [var start, var id]
                ? (new DateTimeOffset(long.Parse(start, CultureInfo.InvariantCulture), TimeSpan.Zero), Guid.Parse(id))
                : null,
            size + 1, context.CancellationToken);
        var response = new ListTrainersResponse();
        response.Trainers.AddRange(records.Take(size).Select(TrainingRunMapping.ToTrainer));
        if (records.Count > size)
        {
            var last = records[size - 1];
            response.NextPageToken = pages.Create(TrainerScope, string.Create(CultureInfo.InvariantCulture, $"{last.StartTime.UtcTicks}|{last.Id:D}"));
        }

        return response;
    }

    private async Task<TrainingRun> ToResourceAsync(RunRecord record, CancellationToken cancel) =>
        TrainingRunMapping.ToResource(record, (await runs.ForecastAsync([record], cancel))[0]);

    private async Task<(DatasetRecord Dataset, RunRecord Run)> FindAsync(string name, CancellationToken cancel)
    {
        var (datasetId, runId) = Names.TrainingRun(name, "name");
        var dataset = await datasets.FindAsync(datasetId, "name", cancel);
        var record = await runs.GetAsync(dataset, runId, cancel).NamedBy("name");
        return (dataset, record);
    }

    private static void CheckSettings(DatasetSchema schema, TrainingRun run, RequestValidator validator)
    {
        if (RemoteAlgorithms.Is(run.Algorithm))
        {
            validator.Require(ResourceName.IsId(run.Algorithm), "training_run.algorithm", "must match [a-z0-9-]{1,63}");
            validator.Require(RemoteAlgorithms.Problem(schema) is null, "training_run.algorithm", RemoteAlgorithms.Problem(schema) ?? "");
            validator.Require(
                run.WarmStartVersion.Length == 0, "training_run.warm_start_version", "trainers of others start from nothing; leave it empty");
            return;
        }

        try
        {
            AlgorithmCatalogue.Validate(run.Algorithm, run.Settings.AsReadOnly()).For(ItemEncoding.Expected(schema));
        }
        catch (ServiceException error)
        {
            foreach (var violation in error.Violations)
            {
                validator.Add($"training_run.{violation.Field}", violation.Description);
            }
        }
    }
}
