using Grpc.Core;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;
using LabelerService.EndToEnd.Items;
using LabelerService.TestKit.Images;

namespace LabelerService.EndToEnd.Training;

/// <summary>A model learns from image files exactly what it learns from their pixels sent as numbers.</summary>
[Collection(SharedService.Name)]
public sealed class ImageTrainingTests(ServiceFixture fixture)
{
    private const int Side = 12;
    private const int Train = 240;
    private const int Test = 90;

    private readonly RunningService _service = fixture.Service;

    [Fact]
    public async Task Files_and_numbers_give_the_same_snapshot_and_the_same_predictions()
    {
        var (pixels, classes) = Draw();
        var files = await DatasetAsync(classes, (from, to) => new ItemBatch
        {
            Images = { Enumerable.Range(from, to - from).Select(i => Google.Protobuf.ByteString.CopyFrom(PngFile.Encode(Side, Side, PngFile.Grey, pixels[i]))) },
        });
        var numbers = await DatasetAsync(classes, (from, to) => new ItemBatch
        {
            Features = Requests.Floats([.. pixels[from..to].SelectMany(image => image.Select(value => value / 255f))], to - from, Side * Side),
        });

        var fromFiles = await TrainAsync(files);
        var fromNumbers = await TrainAsync(numbers);
        Assert.Equal(fromNumbers.SnapshotId, fromFiles.SnapshotId);

        var evaluation = await _service.Models.EvaluateModelAsync(new EvaluateModelRequest { Name = fromFiles.Name });
        Assert.InRange(evaluation.Metrics.Single(metric => metric.Metric_ == "accuracy").Value, 0.9, 1);
        var predicted = await PredictAsync(files, fromFiles.Name);
        Assert.Equal(await PredictAsync(numbers, fromNumbers.Name), predicted);
        await PredictFilesAsync(files, fromFiles.Name, pixels, predicted);
    }

    private async Task PredictFilesAsync(string dataset, string model, byte[][] pixels, IReadOnlyList<float> stored)
    {
        var selector = new ModelSelector { Model = model };
        Google.Protobuf.ByteString[] files =
            [.. pixels[Train..].Select(image => Google.Protobuf.ByteString.CopyFrom(PngFile.Encode(Side, Side, PngFile.Grey, image)))];
        var one = await _service.Predictions.PredictAsync(new PredictRequest { Dataset = dataset, Model = selector, Image = files[0] });
        Assert.Equal(stored, one.Prediction.Probabilities);
        var request = new BatchPredictRequest { Dataset = dataset, Model = selector, Images = new ImageBatch { Images = { files } } };
        var many = await _service.Predictions.BatchPredictAsync(request);
        var numbers = await _service.Predictions.BatchPredictAsync(new BatchPredictRequest
        {
            Dataset = dataset,
            Model = selector,
            Features = Requests.Floats([.. pixels[Train..].SelectMany(image => image.Select(value => value / 255f))], Test, Side * Side),
        });
        Assert.Equal(numbers, many);

        await Requests.RefusedAsync(StatusCode.InvalidArgument, "image", () => _service.Predictions.PredictAsync(
            new PredictRequest { Dataset = dataset, Model = selector, Image = Google.Protobuf.ByteString.CopyFrom(files[0].Span[..40]) }).ResponseAsync);
        request.Images.Images[7] = Google.Protobuf.ByteString.CopyFrom(PngFile.Encode(Side, Side + 1, PngFile.Grey, new byte[Side * (Side + 1)]));
        request.Images.Images[9] = Google.Protobuf.ByteString.CopyFrom(PngFile.Encode(Side, Side, PngFile.Rgb, new byte[3 * Side * Side]));
        var error = await Requests.RefusedAsync(
            StatusCode.InvalidArgument, "images.images[7]", () => _service.Predictions.BatchPredictAsync(request).ResponseAsync);
        Assert.Contains("1 more", error.Status.Detail, StringComparison.Ordinal);
        request.Texts = new TextBatch { Texts = { "a" } };
        await Requests.RefusedAsync(StatusCode.InvalidArgument, "texts", () => _service.Predictions.BatchPredictAsync(request).ResponseAsync);
    }

    private async Task<string> DatasetAsync(int[] classes, Func<int, int, ItemBatch> contents)
    {
        var dataset = await KindDatasets.CreateAsync(_service, KindDatasets.Image(Side, Side, 1));
        string[] names = ["a", "b", "c"];
        foreach (var (from, to, split) in ((int, int, Split)[])[(0, Train, Split.Train), (Train, Train + Test, Split.Test)])
        {
            var batch = contents(from, to);
            batch.ItemIds.Add(Enumerable.Range(from, to - from).Select(i => $"i{i}"));
            batch.Split = split;
            if (split == Split.Test)
            {
                batch.GoldClasses.Add(classes[from..to].Select(k => names[k]));
            }

            await _service.StoreAsync(dataset, batch);
        }

        var random = new Random(3);
        await _service.AnnotateAsync(dataset, [.. Enumerable.Range(0, Train).SelectMany(i => Enumerable.Range(0, 3).Select(labeler =>
            Requests.Says($"l{labeler}", $"i{i}", names[random.NextDouble() < 0.85 ? classes[i] : random.Next(3)])))]);
        return dataset;
    }

    private async Task<ModelVersion> TrainAsync(string dataset)
    {
        var run = await TrainAndPredictTests.TrainAsync(_service, dataset, "wdn");
        Assert.Equal(TrainingRun.Types.State.Succeeded, run.State);
        return await _service.Models.GetModelVersionAsync(new GetModelVersionRequest { Name = run.ModelVersion });
    }

    private async Task<IReadOnlyList<float>> PredictAsync(string dataset, string model) => (await _service.Predictions.PredictAsync(
        new PredictRequest { Dataset = dataset, Model = new ModelSelector { Model = model }, ItemId = $"i{Train}" })).Prediction.Probabilities;

    // A horizontal bar, a vertical bar or a square, not always in the same place, under noise.
    private static (byte[][] Pixels, int[] Classes) Draw()
    {
        var random = new Random(5);
        var pixels = new byte[Train + Test][];
        var classes = new int[pixels.Length];
        for (var i = 0; i < pixels.Length; i++)
        {
            classes[i] = random.Next(3);
            var (height, width) = classes[i] switch { 0 => (2, 9), 1 => (9, 2), _ => (5, 5) };
            var (top, left) = (((Side - height) / 2) + random.Next(-1, 2), ((Side - width) / 2) + random.Next(-1, 2));
            pixels[i] = new byte[Side * Side];
            for (var p = 0; p < pixels[i].Length; p++)
            {
                var (y, x) = (p / Side, p % Side);
                var lit = y >= top && y < top + height && x >= left && x < left + width;
                pixels[i][p] = (byte)((lit ? 180 : 0) + random.Next(60));
            }
        }

        return (pixels, classes);
    }
}
