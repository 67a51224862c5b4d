using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Google.Protobuf;
using LabelerService.Cli.Files;
using LabelerService.Contracts;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Client;

/// <summary>Predictions for consecutive rows of a feature file.</summary>
/// <param name="FirstRow">Row of the first, from 0.</param>
/// <param name="Batch">What the model says, column by column.</param>
internal sealed record PredictedRows(long FirstRow, PredictionBatch Batch)
{
    /// <summary>Rows in the batch.</summary>
    public int Count => Batch.PredictedClassIndexes.Count;
}

/// <summary>Predicts the rows of a feature file, batch by batch, all by the same version even if the champion changes meanwhile.</summary>
internal sealed class ModelPredictor(ServiceConnection connection)
{
    private const int MaximumRequest = 1 << 20;
    private const int MaximumAnswer = 8 << 20;

    /// <summary>The version that a model's or version's name stands for now.</summary>
    public async Task<ModelVersion> ResolveAsync(ModelName name, CancellationToken cancellationToken)
    {
        var version = name.IsVersion ? name.Text : await ChampionAsync(name.Text, cancellationToken);
        return await connection.Models.GetModelVersionAsync(new GetModelVersionRequest { Name = version }, cancellationToken: cancellationToken);
    }

    /// <summary>Predicts the rows from the file's position on.</summary>
    /// <param name="version">The version, resolved.</param>
    /// <param name="file">Features.</param>
    /// <param name="withLabelers">Whether to ask for each labeler's distribution and weight.</param>
    /// <param name="distilled">Whether the distilled head answers; not with <paramref name="withLabelers"/>.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async IAsyncEnumerable<PredictedRows> PredictAsync(
        ModelVersion version, FeatureFile file, bool withLabelers, bool distilled, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (!ResourceName.TryParseModelVersion(version.Name, out var dataset, out _, out _))
        {
            throw new CommandException($"the service named a version \"{version.Name}\", which is not a version's name");
        }

        var answerBytes = (long)sizeof(float) * version.Classes.Count * (withLabelers ? version.Heads.Count + 2 : 2);
        var batchRows = (int)Math.Clamp(
            Math.Min(MaximumRequest / (sizeof(float) * (long)file.Length), MaximumAnswer / answerBytes),
            1, Math.Min(ClientStream.MaximumEntries, file.Rows));
        var values = new float[batchRows * file.Length];
        for (var count = file.Read(values); count > 0; count = file.Read(values))
        {
            var request = new BatchPredictRequest
            {
                Dataset = ResourceName.Dataset(dataset),
                Model = new ModelSelector { Model = version.Name },
                Distilled = distilled,
                Features = new Tensor
                {
                    DataType = Tensor.Types.DataType.Float32,
                    Shape = { count, file.Length },
                    Data = ByteString.CopyFrom(MemoryMarshal.AsBytes(values.AsSpan(0, count * file.Length))),
                },
            };
            if (withLabelers)
            {
                request.Outputs.Add([PredictionOutput.LabelerProbabilities, PredictionOutput.LabelerWeights]);
            }

            var answer = await connection.Predictions.BatchPredictAsync(request, cancellationToken: cancellationToken);
            var answered = answer.Predictions?.PredictedClassIndexes.Count ?? 0;
            if (answered != count)
            {
                throw new CommandException($"the service answered {answered} predictions for {count} rows: is it as new as this command?");
            }

            yield return new PredictedRows(file.Position - count, answer.Predictions!);
        }
    }

    private async Task<string> ChampionAsync(string model, CancellationToken cancellationToken)
    {
        var found = await connection.Models.GetModelAsync(new GetModelRequest { Name = model }, cancellationToken: cancellationToken);
        return found.Aliases.FirstOrDefault(alias => alias.Alias == "champion")?.Version ?? found.LatestVersion;
    }
}
