using System.CommandLine;
using Grpc.Core;
using LabelerService.Cli.Client;
using LabelerService.Cli.Commands;
using LabelerService.Cli.Diagnosis;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Completion;

/// <summary>
/// Names from the running service, for completion. Whoever presses Tab does not want to wait and does not want to read errors: what does
/// not come within the time is not offered.
/// </summary>
internal sealed class ServiceNames(CommandHost host, ParseResult parsed)
{
    private const int Most = 200;
    private static readonly TimeSpan Limit = Patience.OfSeconds(2);

    /// <summary>Names of a kind that can stand where <paramref name="current"/> does; empty where nobody knows in time.</summary>
    public async Task<IReadOnlyList<Candidate>> FindAsync(NameKind kind, string current, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        try
        {
            using var service = host.Connection(parsed, host.Settings(parsed)).Open(host.Time);
            return await FindAsync(service, kind, current, limit.Token).WaitAsync(limit.Token);
        }
        catch (Exception error) when (error is RpcException or OperationCanceledException or CommandException or UsageException)
        {
            // No service, no right to ask it, or a wrong --server: the command itself will say so.
            return [];
        }
    }

    private async Task<IReadOnlyList<Candidate>> FindAsync(ServiceConnection service, NameKind kind, string current, CancellationToken cancellationToken)
    {
        switch (kind)
        {
            case NameKind.Dataset:
                var datasets = await DatasetsAsync(service, cancellationToken);
                var full = current.StartsWith("datasets/", StringComparison.Ordinal);
                return [.. datasets.Select(dataset => new Candidate(full ? dataset.Name : dataset.Name["datasets/".Length..], dataset.DisplayName))];
            case NameKind.Model:
            case NameKind.ModelOrVersion:
                return await WithinDatasetAsync(service, current, "models", name => ModelsAsync(service, kind, name, current, cancellationToken), cancellationToken);
            case NameKind.Run:
                return await WithinDatasetAsync(service, current, "trainingRuns", name => RunsAsync(service, name, cancellationToken), cancellationToken);
            case NameKind.PredictionJob:
                return await WithinDatasetAsync(service, current, "predictionJobs", name => JobsAsync(service, name, cancellationToken), cancellationToken);
            case NameKind.Backbone:
                return await WithinDatasetAsync(service, current, "backbones", name => BackbonesAsync(service, name, cancellationToken), cancellationToken);
            case NameKind.ApiKey:
                var keys = await service.ApiKeys.ListApiKeysAsync(new ListApiKeysRequest { PageSize = Most }, cancellationToken: cancellationToken);
                return [.. keys.ApiKeys.Select(key => new Candidate(key.Name["apiKeys/".Length..], key.DisplayName))];
            case NameKind.Labeler:
                return await LabelersAsync(service, cancellationToken);
            case NameKind.Aggregator:
                var aggregators = await service.Insight.ListAggregatorsAsync(new ListAggregatorsRequest(), cancellationToken: cancellationToken);
                return [.. aggregators.Aggregators.Select(aggregator => new Candidate(aggregator.Method, aggregator.Title))];
            case NameKind.Algorithm:
                return [.. (await AlgorithmsAsync(service, cancellationToken)).Select(algorithm => new Candidate(algorithm.AlgorithmId, algorithm.DisplayName))];
            case NameKind.AlgorithmSetting:
                return await SettingsAsync(service, cancellationToken);
            default:
                return [];
        }
    }

    // Names are long: first the dataset, and behind its name what is in it. With one dataset there is nothing to choose.
    private static async Task<IReadOnlyList<Candidate>> WithinDatasetAsync(
        ServiceConnection service, string current, string collection, Func<string, Task<IReadOnlyList<Candidate>>> inside, CancellationToken cancellationToken)
    {
        var parts = current.Split('/');
        if (parts.Length >= 3)
        {
            return await inside($"datasets/{parts[1]}");
        }

        var datasets = (await DatasetsAsync(service, cancellationToken)).Where(dataset => dataset.Name.StartsWith(current, StringComparison.Ordinal)).ToArray();
        return datasets.Length == 1 ? await inside(datasets[0].Name) : [.. datasets.Select(dataset => new Candidate($"{dataset.Name}/{collection}/", dataset.DisplayName))];
    }

    private static async Task<IReadOnlyList<Dataset>> DatasetsAsync(ServiceConnection service, CancellationToken cancellationToken) =>
        (await service.Datasets.ListDatasetsAsync(new ListDatasetsRequest { PageSize = Most }, cancellationToken: cancellationToken)).Datasets;

    private static async Task<IReadOnlyList<Candidate>> ModelsAsync(
        ServiceConnection service, NameKind kind, string dataset, string current, CancellationToken cancellationToken)
    {
        if (kind == NameKind.ModelOrVersion && current.Split('/') is [_, _, _, var model, ..])
        {
            var versions = await service.Models.ListModelVersionsAsync(
                new ListModelVersionsRequest { Parent = $"{dataset}/models/{model}", PageSize = Most }, cancellationToken: cancellationToken);
            return [new Candidate($"{dataset}/models/{model}"), .. versions.Versions.Select(version => new Candidate(version.Name, version.Algorithm))];
        }

        var models = await service.Models.ListModelsAsync(new ListModelsRequest { Parent = dataset, PageSize = Most }, cancellationToken: cancellationToken);
        return [.. models.Models.Select(entry => new Candidate(entry.Name, entry.DisplayName))];
    }

    private static async Task<IReadOnlyList<Candidate>> RunsAsync(ServiceConnection service, string dataset, CancellationToken cancellationToken)
    {
        var runs = await service.Training.ListTrainingRunsAsync(
            new ListTrainingRunsRequest { Parent = dataset, PageSize = Most }, cancellationToken: cancellationToken);
        return [.. runs.TrainingRuns.Select(run => new Candidate(run.Name, $"{run.Algorithm}, {Rendering.RunText.State(run.State)}"))];
    }

    private static async Task<IReadOnlyList<Candidate>> JobsAsync(ServiceConnection service, string dataset, CancellationToken cancellationToken)
    {
        var jobs = await service.PredictionJobs.ListPredictionJobsAsync(
            new ListPredictionJobsRequest { Parent = dataset, PageSize = Most }, cancellationToken: cancellationToken);
        return [.. jobs.PredictionJobs.Select(job => new Candidate(job.Name, job.ModelVersion))];
    }

    private static async Task<IReadOnlyList<Candidate>> BackbonesAsync(ServiceConnection service, string dataset, CancellationToken cancellationToken)
    {
        var backbones = await service.Backbones.ListBackbonesAsync(
            new ListBackbonesRequest { Parent = dataset, PageSize = Most }, cancellationToken: cancellationToken);
        return [.. backbones.Backbones.Select(backbone => new Candidate(backbone.Name, backbone.DisplayName))];
    }

    private async Task<IReadOnlyList<Candidate>> LabelersAsync(ServiceConnection service, CancellationToken cancellationToken)
    {
        var dataset = parsed.CommandResult.Command.Arguments.Where(argument => NameKinds.Of(argument) == NameKind.Dataset)
            .Select(argument => parsed.GetResult(argument)?.Tokens is [var token, ..] ? CommonArguments.DatasetName(token.Value) : null).FirstOrDefault();
        if (dataset is null)
        {
            return [];
        }

        var labelers = await service.Labelers.ListLabelersAsync(
            new ListLabelersRequest { Parent = dataset, PageSize = Most }, cancellationToken: cancellationToken);
        return [.. labelers.Labelers.Select(labeler => new Candidate(labeler.LabelerId, labeler.DisplayName))];
    }

    private static async Task<IReadOnlyList<Algorithm>> AlgorithmsAsync(ServiceConnection service, CancellationToken cancellationToken) =>
        (await service.Training.ListAlgorithmsAsync(new ListAlgorithmsRequest(), cancellationToken: cancellationToken)).Algorithms;

    private async Task<IReadOnlyList<Candidate>> SettingsAsync(ServiceConnection service, CancellationToken cancellationToken)
    {
        // Those of the algorithm on the line, or of all where there is none yet.
        var named = parsed.Tokens.Select(token => token.Value).ToHashSet();
        var algorithms = await AlgorithmsAsync(service, cancellationToken);
        var meant = algorithms.Where(algorithm => named.Contains(algorithm.AlgorithmId)).ToArray();
        return
        [
            .. (meant.Length > 0 ? meant : algorithms).SelectMany(algorithm => algorithm.Settings).DistinctBy(setting => setting.Key)
                .Select(setting => new Candidate($"{setting.Key}=", setting.Description)),
        ];
    }
}
