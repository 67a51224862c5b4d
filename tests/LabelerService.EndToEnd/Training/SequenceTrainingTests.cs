using Grpc.Core;
using LabelerService.Contracts;
using LabelerService.Contracts.Inference;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.CommandLine;
using LabelerService.EndToEnd.Harness;
using LabelerService.EndToEnd.Items;

namespace LabelerService.EndToEnd.Training;

/// <summary>Sequences from import to predictions, over the real API with the real trainer.</summary>
[Collection(SharedService.Name)]
public sealed class SequenceTrainingTests(ServiceFixture fixture)
{
    private const int Longest = 8;

    private readonly RunningService _service = fixture.Service;

    [Fact]
    public async Task A_model_of_sequences_answers_alike_however_it_is_asked()
    {
        var (sequences, classes) = Draw();
        var model = await KindModel.TrainAsync(
            _service, KindDatasets.Sequence(2), classes, (from, to) => new ItemBatch { Sequences = { sequences[from..to] } },
            ("epochs", "40"), ("capacity", "s"), ("learning_rate", "0.02"));
        Assert.Equal(
            (ModelEncoding.Types.Kind.Sequence, 2, Longest, 1 + (2 * Longest)),
            (model.Version.Encoding.Kind, model.Version.Encoding.StepLength, model.Version.Encoding.MaxSteps, model.Version.FeatureLength));
        var test = sequences[KindModel.Train..];
        await model.CheckAsync(
            (request, i) => request.Sequence = test[i], request => request.Sequences = new SequenceBatch { Sequences = { test } }, classes[KindModel.Train..]);
        await InferAsync(model, test[0]);
        await RefuseAsync(model);
        await LongerItemsAsync(model);
        await PredictFromFileAsync(model, test);
    }

    private async Task InferAsync(KindModel model, Tensor sequence)
    {
        Assert.True(ResourceName.TryParseModelVersion(model.Version.Name, out var dataset, out var name, out _));
        var client = new GRPCInferenceService.GRPCInferenceServiceClient(_service.Channel);
        var metadata = await client.ModelMetadataAsync(new ModelMetadataRequest { Name = $"{dataset}.{name}" });
        Assert.Equal(("sequence", "FP32"), (metadata.Inputs.Single().Name, metadata.Inputs.Single().Datatype));
        Assert.Equal([-1L, -1, 2], metadata.Inputs.Single().Shape);
        Assert.Equal($"{Longest}", metadata.Properties["max_steps"]);
        var values = Values(sequence);
        var expected = (await _service.Predictions.PredictAsync(
            new PredictRequest { Dataset = model.Dataset, Model = model.Model, Sequence = sequence })).Prediction.Probabilities;

        var steps = (int)sequence.Shape[0];
        Assert.Equal(expected, await InferAsync("sequence", values, 1, steps, 2));

        // The row that the graph itself takes: a Triton server of the exported graph is asked the same way.
        float[] row = [steps, .. values, .. new float[2 * (Longest - steps)]];
        Assert.Equal(expected, await InferAsync("features", row, 1, row.Length));
        await RefusedAsync("inputs[0].contents.fp32_contents", "features", [steps + 0.5f, .. row[1..]], 1, row.Length);
        await RefusedAsync("inputs[0].contents.fp32_contents", "features", [.. row[..^1], 1f], 1, row.Length);
        await RefusedAsync("inputs[0].shape[1]", "sequence", new float[2 * (Longest + 1)], 1, Longest + 1, 2);
        await RefusedAsync("inputs[0].shape[2]", "sequence", new float[3], 1, 1, 3);
        await RefusedAsync("inputs[0].contents.fp32_contents", "sequence", [1f, float.NaN], 1, 1, 2);

        async Task<IEnumerable<float>> InferAsync(string input, float[] contents, params long[] shape) =>
            (await client.ModelInferAsync(Request(input, contents, shape))).Outputs.Single().Contents.Fp32Contents;

        Task RefusedAsync(string field, string input, float[] contents, params long[] shape) => Requests.RefusedAsync(
            StatusCode.InvalidArgument, field, () => client.ModelInferAsync(Request(input, contents, shape)).ResponseAsync);

        ModelInferRequest Request(string input, float[] contents, long[] shape) => new()
        {
            ModelName = $"{dataset}.{name}",
            Inputs =
            {
                new ModelInferRequest.Types.InferInputTensor
                {
                    Name = input,
                    Datatype = "FP32",
                    Shape = { shape },
                    Contents = new InferTensorContents { Fp32Contents = { contents } },
                },
            },
            Outputs = { new ModelInferRequest.Types.InferRequestedOutputTensor { Name = "probabilities" } },
        };
    }

    private async Task RefuseAsync(KindModel model)
    {
        await RefusedAsync("sequence.shape", new PredictRequest { Sequence = Requests.Floats(new float[2 * (Longest + 1)], Longest + 1, 2) });
        await RefusedAsync("sequence.shape", new PredictRequest { Sequence = Requests.Floats(new float[3], 1, 3) });
        await RefusedAsync("sequence.shape", new PredictRequest { Sequence = Requests.Floats([], 0, 2) });
        await RefusedAsync("sequence.data", new PredictRequest { Sequence = Requests.Floats([1f, float.NaN], 1, 2) });
        await RefusedAsync("sequence.data_type", new PredictRequest { Sequence = new Tensor() });
        await RefusedAsync("features", new PredictRequest { Features = new FeatureVector { Values = { new float[model.Version.FeatureLength] } } });
        await RefusedAsync("text", new PredictRequest { Text = "rising" });
        var batch = new BatchPredictRequest
        {
            Dataset = model.Dataset,
            Model = model.Model,
            Sequences = new SequenceBatch { Sequences = { Requests.Floats([1f, 2f], 1, 2), Requests.Floats(new float[2 * (Longest + 1)], Longest + 1, 2) } },
        };
        await Requests.RefusedAsync(StatusCode.InvalidArgument, "sequences.sequences[1].shape", () => _service.Predictions.BatchPredictAsync(batch).ResponseAsync);

        Task RefusedAsync(string field, PredictRequest request)
        {
            (request.Dataset, request.Model) = (model.Dataset, model.Model);
            return Requests.RefusedAsync(StatusCode.InvalidArgument, field, () => _service.Predictions.PredictAsync(request).ResponseAsync);
        }
    }

    // Sequences that came after the training may be longer than any it saw.
    private async Task LongerItemsAsync(KindModel model)
    {
        await _service.StoreAsync(
            model.Dataset,
            new ItemBatch
            {
                ItemIds = { "long" },
                Sequences = { Requests.Floats(new float[2 * (Longest + 1)], Longest + 1, 2) },
                Split = Split.Test,
                GoldClasses = { "a" },
            });
        await Requests.RefusedAsync(StatusCode.FailedPrecondition, "item_id", () => _service.Predictions.PredictAsync(
            new PredictRequest { Dataset = model.Dataset, Model = model.Model, ItemId = "long" }).ResponseAsync);
        var job = await _service.PredictionJobs.CreatePredictionJobAsync(
            new CreatePredictionJobRequest { Parent = model.Dataset, PredictionJob = new PredictionJob { Model = model.Model } });
        job = await Predictions.JobWaiting.WaitAsync(_service, job.Name, seen => seen.State > PredictionJob.Types.State.Running);
        Assert.Equal(
            (PredictionJob.Types.State.Succeeded, KindModel.Train + KindModel.Test + 1, KindModel.Train + KindModel.Test),
            (job.State, job.ItemCount, job.PredictedCount));
        var evaluation = await _service.Models.EvaluateModelAsync(new EvaluateModelRequest { Name = model.Version.Name });
        Assert.Contains(evaluation.Warnings, warning => warning.StartsWith("1 items are left out", StringComparison.Ordinal));
        Assert.Equal(KindModel.Test, evaluation.Confusion.Sum());
    }

    private async Task PredictFromFileAsync(KindModel model, Tensor[] sequences)
    {
        var folder = Directory.CreateTempSubdirectory("labeler-sequences-").FullName;
        try
        {
            var (input, output) = (Path.Combine(folder, "s.jsonl"), Path.Combine(folder, "p.csv"));
            await File.WriteAllLinesAsync(input, sequences.Select((sequence, i) =>
                $"{{\"item\": \"s{i}\", \"features\": [{string.Join(", ", Values(sequence).Select(value => value.ToString("R", System.Globalization.CultureInfo.InvariantCulture)))}]}}"));
            (await CliInProcess.RunAsync(_service, "predict", model.Version.Name, "--sequences", input, "--out", output)).Succeeded();
            var expected = (await _service.Predictions.BatchPredictAsync(new BatchPredictRequest
            {
                Dataset = model.Dataset,
                Model = model.Model,
                Sequences = new SequenceBatch { Sequences = { sequences } },
            })).Predictions;
            Assert.Equal(
                expected.PredictedClassIndexes.Select((index, i) => $"s{i},{expected.Classes[index]}"),
                (await File.ReadAllLinesAsync(output)).Skip(1).Select(line => string.Join(',', line.Split(',')[..2])));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static float[] Values(Tensor tensor) => System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(tensor.Data.Span).ToArray();

    // The first channel rises, falls, or goes up and down; the second is noise.
    private static (Tensor[] Sequences, int[] Classes) Draw()
    {
        var random = new Random(5);
        var sequences = new Tensor[KindModel.Train + KindModel.Test];
        var classes = new int[sequences.Length];
        for (var i = 0; i < sequences.Length; i++)
        {
            classes[i] = random.Next(3);
            var steps = i == 0 ? Longest : random.Next(4, Longest + 1);
            var values = new float[2 * steps];
            for (var t = 0; t < steps; t++)
            {
                var along = (2f * t / (steps - 1)) - 1;
                values[2 * t] = (classes[i] switch { 0 => along, 1 => -along, _ => t % 2 == 0 ? 1 : -1 }) + (0.2f * (random.NextSingle() - 0.5f));
                values[(2 * t) + 1] = random.NextSingle() - 0.5f;
            }

            sequences[i] = Requests.Floats(values, steps, 2);
        }

        return (sequences, classes);
    }
}
