using System.Text;
using Grpc.Core;
using LabelerService.Contracts;
using LabelerService.Contracts.Inference;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.CommandLine;
using LabelerService.EndToEnd.Harness;
using LabelerService.EndToEnd.Items;

namespace LabelerService.EndToEnd.Training;

/// <summary>Texts from import to predictions, over the real API with the real trainer.</summary>
[Collection(SharedService.Name)]
public sealed class TextTrainingTests(ServiceFixture fixture)
{
    private static readonly string[][] Words =
    [
        ["harbour", "ship", "anchor", "tide", "sailor"], ["oven", "flour", "butter", "recipe", "spoon"], ["judge", "verdict", "court", "appeal", "witness"],
    ];

    private static readonly string[] Common = ["the", "a", "of", "with", "and", "some", "old", "new", "came", "was"];

    private readonly RunningService _service = fixture.Service;

    [Fact]
    public async Task A_model_of_texts_answers_alike_however_it_is_asked()
    {
        var (texts, classes) = Write();
        var model = await KindModel.TrainAsync(
            _service, KindDatasets.Text(), classes, (from, to) => new ItemBatch { Texts = { texts[from..to] } }, ("epochs", "30"), ("hidden", "16"));
        Assert.Equal(ModelEncoding.Types.Kind.Text, model.Version.Encoding.Kind);
        var test = texts[KindModel.Train..];
        await model.CheckAsync((request, i) => request.Text = test[i], request => request.Texts = new TextBatch { Texts = { test } }, classes[KindModel.Train..]);
        await InferAsync(model, test);
        await RefuseAsync(model);
        var card = await _service.Models.GetModelCardAsync(new GetModelCardRequest { Name = model.Version.Name, Format = GetModelCardRequest.Types.Format.Json });
        Assert.Contains("WORDS_OF_TRAINING", card.Data.ToStringUtf8(), StringComparison.Ordinal);
        await PredictFromFilesAsync(model, test);
    }

    private async Task InferAsync(KindModel model, string[] texts)
    {
        Assert.True(ResourceName.TryParseModelVersion(model.Version.Name, out var dataset, out var name, out _));
        var client = new GRPCInferenceService.GRPCInferenceServiceClient(_service.Channel);
        var metadata = await client.ModelMetadataAsync(new ModelMetadataRequest { Name = $"{dataset}.{name}" });
        Assert.Equal(("text", "BYTES"), (metadata.Inputs.Single().Name, metadata.Inputs.Single().Datatype));
        var request = new ModelInferRequest
        {
            ModelName = $"{dataset}.{name}",
            Inputs =
            {
                new ModelInferRequest.Types.InferInputTensor
                {
                    Name = "text",
                    Datatype = "BYTES",
                    Shape = { 2 },
                    Contents = new InferTensorContents { BytesContents = { texts[..2].Select(Google.Protobuf.ByteString.CopyFromUtf8) } },
                },
            },
            Outputs = { new ModelInferRequest.Types.InferRequestedOutputTensor { Name = "probabilities" } },
        };
        var answer = await client.ModelInferAsync(request);
        var expected = await _service.Predictions.BatchPredictAsync(
            new BatchPredictRequest { Dataset = model.Dataset, Model = model.Model, Texts = new TextBatch { Texts = { texts[..2] } } });
        Assert.Equal(KindModel.Floats(expected.Predictions), answer.Outputs.Single().Contents.Fp32Contents);

        request.Inputs[0].Contents = new InferTensorContents { BytesContents = { Google.Protobuf.ByteString.CopyFromUtf8("x"), Google.Protobuf.ByteString.Empty } };
        await Requests.RefusedAsync(StatusCode.InvalidArgument, "inputs[0].contents.bytes_contents[1]", () => client.ModelInferAsync(request).ResponseAsync);
        request.Inputs[0].Name = "features";
        await Requests.RefusedAsync(StatusCode.InvalidArgument, "inputs[0].name", () => client.ModelInferAsync(request).ResponseAsync);
    }

    private async Task RefuseAsync(KindModel model)
    {
        await RefusedAsync("text", new PredictRequest { Text = "" });
        await RefusedAsync("text", new PredictRequest { Text = new string('x', 65_537) });
        await RefusedAsync("text", new PredictRequest { Text = "a\0b" });
        await RefusedAsync("features", new PredictRequest { Features = new FeatureVector { Values = { 1f } } });
        await RefusedAsync("sequence", new PredictRequest { Sequence = Requests.Floats([1f, 2f], 1, 2) });
        await RefusedAsync("image", new PredictRequest { Image = Google.Protobuf.ByteString.CopyFromUtf8("x") });
        await RefusedAsync("text", new PredictRequest());
        var batch = new BatchPredictRequest { Dataset = model.Dataset, Model = model.Model, Texts = new TextBatch { Texts = { "x", "" } } };
        await Requests.RefusedAsync(StatusCode.InvalidArgument, "texts.texts[1]", () => _service.Predictions.BatchPredictAsync(batch).ResponseAsync);
        batch.Texts = new TextBatch();
        await Requests.RefusedAsync(StatusCode.InvalidArgument, "texts.texts", () => _service.Predictions.BatchPredictAsync(batch).ResponseAsync);

        Task RefusedAsync(string field, PredictRequest request)
        {
            (request.Dataset, request.Model) = (model.Dataset, model.Model);
            return Requests.RefusedAsync(StatusCode.InvalidArgument, field, () => _service.Predictions.PredictAsync(request).ResponseAsync);
        }
    }

    private async Task PredictFromFilesAsync(KindModel model, string[] texts)
    {
        var folder = Directory.CreateTempSubdirectory("labeler-texts-").FullName;
        try
        {
            var (lines, table, ids) = (Path.Combine(folder, "t.txt"), Path.Combine(folder, "t.jsonl"), Path.Combine(folder, "ids.txt"));
            await File.WriteAllLinesAsync(lines, texts, new UTF8Encoding(false));
            await File.WriteAllLinesAsync(table, texts.Select((text, i) => $$"""{"item": "{{KindModel.TestItem(i)}}", "text": "{{text}}"}"""));
            await File.WriteAllLinesAsync(ids, texts.Select((_, i) => KindModel.TestItem(i)));
            var fromLines = await RunAsync("--texts", lines, "--id-prefix", "n");
            var fromTable = await RunAsync("--texts", table);
            Assert.Equal(await RunAsync("--items", ids), fromTable);
            Assert.Equal(fromTable.Select(Predictions), fromLines.Select(Predictions));
            Assert.Equal(["n0", "n1"], fromLines.Skip(1).Take(2).Select(line => line.Split(',')[0]));

            await File.AppendAllTextAsync(lines, "\nthe last line but one was empty\n");
            var refused = await CliInProcess.RunAsync(
                _service, "predict", model.Version.Name, "--texts", lines, "--out", Path.Combine(folder, "no.csv"));
            Assert.NotEqual(0, refused.ExitCode);
            Assert.Contains($"line {texts.Length + 1}", refused.Error, StringComparison.Ordinal);
            Assert.False(File.Exists(Path.Combine(folder, "no.csv")));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        async Task<string[]> RunAsync(params string[] options)
        {
            var file = Path.Combine(folder, "p.csv");
            var outcome = await CliInProcess.RunAsync(_service, ["predict", model.Version.Name, "--out", file, .. options]);
            Assert.True(outcome.ExitCode == 0, outcome.Error);
            return await File.ReadAllLinesAsync(file);
        }

        static string Predictions(string line) => line[line.IndexOf(',', StringComparison.Ordinal)..];
    }

    // Three to five words of the class's own among common ones.
    private static (string[] Texts, int[] Classes) Write()
    {
        var random = new Random(5);
        var texts = new string[KindModel.Train + KindModel.Test];
        var classes = new int[texts.Length];
        for (var i = 0; i < texts.Length; i++)
        {
            classes[i] = random.Next(3);
            var words = Enumerable.Range(0, 3 + random.Next(3)).Select(_ => Words[classes[i]][random.Next(5)])
                .Concat(Enumerable.Range(0, 6).Select(_ => Common[random.Next(Common.Length)])).ToArray();
            random.Shuffle(words);
            texts[i] = string.Join(' ', words);
        }

        return (texts, classes);
    }
}
