using System.Runtime.CompilerServices;
using Grpc.Core;
using LabelerService.Cli.Client.Import;
using LabelerService.Cli.Client.Predictions;
using LabelerService.Contracts;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Client;

/// <summary>Predictions for some items of a source.</summary>
/// <param name="Keys">The items' keys.</param>
/// <param name="Batch">What the model says, column by column.</param>
internal sealed record PredictedRows(IReadOnlyList<string> Keys, PredictionBatch Batch);

/// <summary>Predicts items batch by batch, all by the same version even if the champion changes meanwhile.</summary>
internal sealed class ModelPredictor(ServiceConnection connection)
{
    private const int MaximumAnswer = 8 << 20;

    /// <summary>The version that a model's or version's name stands for now.</summary>
    public async Task<ModelVersion> ResolveAsync(ModelName name, CancellationToken cancellationToken)
    {
        var version = name.IsVersion ? name.Text : await ChampionAsync(name.Text, cancellationToken);
        return await connection.Models.GetModelVersionAsync(new GetModelVersionRequest { Name = version }, cancellationToken: cancellationToken);
    }

    /// <summary>Predicts the items of a source.</summary>
    /// <param name="version">The version, resolved.</param>
    /// <param name="source">The items.</param>
    /// <param name="withLabelers">Whether to ask for each labeler's distribution and weight.</param>
    /// <param name="distilled">Whether the distilled head answers; not with <paramref name="withLabelers"/>.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ServiceFailureException">The service refused items; they are named by their keys.</exception>
    public async IAsyncEnumerable<PredictedRows> PredictAsync(
        ModelVersion version, IPredictionSource source, bool withLabelers, bool distilled, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var dataset = DatasetOf(version);
        var answerBytes = (long)sizeof(float) * version.Classes.Count * (withLabelers ? version.Heads.Count + 2 : 2);
        var most = (int)Math.Clamp(MaximumAnswer / answerBytes, 1, ClientStream.MaximumEntries);
        await foreach (var items in source.ReadAsync(most, cancellationToken))
        {
            var request = new BatchPredictRequest { Dataset = dataset, Model = new ModelSelector { Model = version.Name }, Distilled = distilled };
            items.Fill(request);
            if (withLabelers)
            {
                request.Outputs.Add([PredictionOutput.LabelerProbabilities, PredictionOutput.LabelerWeights]);
            }

            var answer = await AskAsync(request, source, items, cancellationToken);
            var answered = answer.Predictions?.PredictedClassIndexes.Count ?? 0;
            if (answered != items.Keys.Count)
            {
                throw new CommandException($"the service answered {answered} predictions for {items.Keys.Count} items: is it as new as this command?");
            }

            yield return new PredictedRows(items.Keys, answer.Predictions!);
        }
    }

    /// <summary>Name of the dataset that a version is one of.</summary>
    public static string DatasetOf(ModelVersion version) => ResourceName.TryParseModelVersion(version.Name, out var dataset, out _, out _)
        ? ResourceName.Dataset(dataset)
        : throw new CommandException($"the service named a version \"{version.Name}\", which is not a version's name");

    private async Task<BatchPredictResponse> AskAsync(
        BatchPredictRequest request, IPredictionSource source, PredictionItems items, CancellationToken cancellationToken)
    {
        try
        {
            return await connection.Predictions.BatchPredictAsync(request, cancellationToken: cancellationToken);
        }
        catch (RpcException exception) when (!cancellationToken.IsCancellationRequested)
        {
            var rows = new SentRows();
            rows.Add(items.Keys.Count);
            var failure = ServiceFailure.Of(exception, connection.Settings.Server);
            var details = failure.Details
                .Select(detail => rows.RowOf(detail.Where) is { } row ? detail with { Where = $"{source.Path}, item {items.Keys[(int)row]}" } : detail)
                .ToArray();
            throw new ServiceFailureException(
                details.SequenceEqual(failure.Details)
                    ? failure
                    : failure with { Message = $"{source.Path}: the service cannot predict items; no predictions are written", Details = details },
                exception);
        }
    }

    private async Task<string> ChampionAsync(string model, CancellationToken cancellationToken)
    {
        var found = await connection.Models.GetModelAsync(new GetModelRequest { Name = model }, cancellationToken: cancellationToken);
        return found.Aliases.FirstOrDefault(alias => alias.Alias == "champion")?.Version ?? found.LatestVersion;
    }
}
