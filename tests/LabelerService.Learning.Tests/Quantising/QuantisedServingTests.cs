using LabelerService.Core.Models;
using LabelerService.Core.Quantising;
using LabelerService.Core.Training;
using LabelerService.Learning.Algorithms;
using LabelerService.Learning.Onnx;
using LabelerService.Learning.Tests.Data;
using LabelerService.TestKit.Crowds;
using Microsoft.ML.OnnxRuntime;
using static TorchSharp.torch;

namespace LabelerService.Learning.Tests.Quantising;

public sealed class QuantisedServingTests
{
    private static readonly SimulatedCrowd Crowd = SimulatedCrowd.Create(new SimulatedCrowdOptions { Items = 80, Dimensions = 6, Classes = 3 });

    public static TheoryData<string, string> Models
    {
        get
        {
            var data = new TheoryData<string, string>
            {
                { "bn", "serving=packed quantisation=bwn hidden=13,9 distil=on" },
                { "dn", "serving=packed quantisation=sr hidden=13 calibration=labelers" },
                { "wdn", "serving=packed quantisation=bc hidden=9" },
                { "biwdn", "serving=packed quantisation=bwn hidden=9" },
                { "wdn", "serving=int8 quantisation=bc bits=5 hidden=9" },
                { "dn", "serving=packed quantisation=r backbone=linear" },
                { "raykar", "serving=packed quantisation=bc hidden=9" },
                { "crowd_layer", "serving=packed quantisation=bwn hidden=9" },
                { "consensus", "serving=int8 classifier=net hidden=9 rounds=2 repeats=2" },
            };
            foreach (var algorithm in AlgorithmCatalogue.All.Where(
                algorithm => algorithm.Id != "consensus" && algorithm.Settings.Any(setting => setting.Key == "serving")
                    && LearningAlgorithms.All.ContainsKey(algorithm.Id)))
            {
                data.Add(algorithm.Id, "serving=int8 hidden=9");
            }

            return data;
        }
    }

    /// <summary>Training refuses a graph that differs from the net whose weights are those stored, on any output.</summary>
    [Theory]
    [MemberData(nameof(Models))]
    public void The_graph_of_stored_weights_gives_what_the_net_gives_with_them(string algorithm, string settings)
    {
        var model = Crowd.Snapshot.Train(
            algorithm, 1, [.. settings.Split(' '), "epochs=3", .. settings.Contains("backbone", StringComparison.Ordinal) ? [] : (string[])["backbone=mlp"]]);

        Assert.InRange(model.Manifest.ParityMaxDifference, 0, 1e-5);
        if (settings.Contains("int8", StringComparison.Ordinal))
        {
            Assert.InRange(model.Metric("train", "float32_agreement"), 0.9, 1);
            // Gold only where it is there.
            Assert.DoesNotContain(model.Manifest.Metrics, metric => metric is { Split: "train", Name: "float32_accuracy" });
            Assert.InRange(model.Metric("test", "float32_accuracy"), 0, 1);
        }

        var features = Crowd.Snapshot.Features.Load()[..(5 * 6)];
        Assert.All(Onnx.Served.Run(model.Onnx, ServingGraph.Probabilities, features, 6).Chunk(3), row => Assert.Equal(1, row.Sum(), 1e-5));
    }

    [Theory]
    [InlineData("cnn", "serving=packed quantisation=bc")]
    [InlineData("cnn", "serving=int8")]
    [InlineData("lstm", "serving=packed quantisation=bwn")]
    [InlineData("gru", "serving=packed quantisation=sr")]
    [InlineData("gru", "serving=int8 quantisation=bc bits=3")]
    public void Convolutions_and_recurrent_nets_are_stored_in_few_bits_too(string backbone, string settings)
    {
        var snapshot = backbone == "cnn" ? ToyItems.Images(40) : ToyItems.Sequences(40);
        string[] common = [$"backbone={backbone}", "capacity=s", "epochs=2"];
        var plain = snapshot.Train("dn", 1, common);
        var stored = snapshot.Train("dn", 1, [.. settings.Split(' '), .. common]);

        Assert.InRange(stored.Manifest.ParityMaxDifference, 0, 1e-5);
        // Nets this small are mostly names and biases.
        Assert.True(stored.Onnx.Length < plain.Onnx.Length, $"{stored.Onnx.Length} {plain.Onnx.Length}");
    }

    [Fact]
    public void The_manifest_says_how_right_the_model_was_before_its_weights_were_rounded()
    {
        var snapshot = Crowd.Snapshot.With(gold: [.. Crowd.Truth]);
        string[] settings = ["hidden=9", "epochs=5", "learning_rate=0.02", "backbone=mlp"];
        var before = snapshot.Train("dn", 1, settings);
        var after = snapshot.Train("dn", 1, [.. settings, "serving=int8"]);

        Assert.Equal(before.Metric("train", "accuracy"), after.Metric("train", "float32_accuracy"), 1e-12);
        Assert.InRange(Math.Abs(after.Metric("train", "accuracy") - before.Metric("train", "accuracy")), 0, 1 - after.Metric("train", "float32_agreement"));
        Assert.NotEqual(before.Onnx, after.Onnx);
    }

    [Fact]
    public void Weights_already_on_a_grid_are_served_as_int8_without_any_change()
    {
        string[] settings = ["quantisation=bc", "bits=4", "hidden=9", "epochs=3", "backbone=mlp"];
        var features = Crowd.Snapshot.Features.Load();
        var exact = Onnx.Served.Run(Crowd.Snapshot.Train("dn", 1, settings).Onnx, ServingGraph.LabelerProbabilities, features, 6);
        var stored = Crowd.Snapshot.Train("dn", 1, [.. settings, "serving=int8"]);

        Assert.Equal(1, stored.Metric("train", "float32_agreement"));
        Assert.All(
            exact.Zip(Onnx.Served.Run(stored.Onnx, ServingGraph.LabelerProbabilities, features, 6)),
            pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
    }

    [Theory]
    [InlineData(ServingPrecision.Packed, 29)]
    [InlineData(ServingPrecision.Int8, 3.9)]
    public void Stored_weights_come_out_as_they_went_in_and_are_small(ServingPrecision precision, double ratio)
    {
        // Two of them are no multiple of eight.
        long[][] shapes = [[301, 407], [16, 3, 3, 3], [1, 1]];
        foreach (var shape in shapes)
        {
            using var scope = NewDisposeScope();
            var random = new Random(2);
            var grid = new WeightGrid(precision == ServingPrecision.Packed ? 1 : 7, 0.1);
            var weights = new float[shape.Aggregate(1L, (product, side) => product * side)];
            foreach (ref var weight in weights.AsSpan())
            {
                weight = grid.Round((float)(random.NextDouble() - 0.5) / 2);
            }

            var (stored, plain) = (Graph(precision), Graph(ServingPrecision.Float32));
            using var session = new InferenceSession(stored);
            using var input = OrtValue.CreateTensorValueFromMemory(new float[1], [1]);
            using var run = new RunOptions();
            using var outputs = session.Run(run, ["x"], [input], ["y"]);
            Assert.Equal(shape, outputs[0].GetTensorTypeAndShape().Shape);
            Assert.All(weights.Zip(outputs[0].GetTensorDataAsSpan<float>().ToArray()), pair => Assert.Equal(pair.First, pair.Second, 1e-7f));
            if (weights.Length > 100_000)
            {
                Assert.InRange(plain.Length / (double)stored.Length, ratio, 33);
            }

            byte[] Graph(ServingPrecision stored)
            {
                var graph = new GraphBuilder(stored);
                var x = graph.Input("x", -1);
                graph.Output("y", graph.Node("Add", "sum", [graph.Weight("w", tensor(weights).view(shape)), x]), shape);
                return graph.Build("test", "", []);
            }
        }
    }

    /// <summary>A labeler's head is a sum of two that may nearly cancel: what is left of it is binary but for the rounding of both.</summary>
    [Fact]
    public void A_head_far_smaller_than_the_shared_one_is_packed()
    {
        var graph = new GraphBuilder(ServingPrecision.Packed);
        const float Large = 0.4999f, Small = 2.1e-4f;
        float[] shared = [Large, -Large, Large, -Large];
        float[] signs = [1, 1, -1, -1];
        float[] head = [.. shared.Zip(signs, (w, sign) => w + ((sign * Small) - w))];
        Assert.Null(StoredWeights.BinarySize(head));
        using var weights = tensor((float[])[.. shared, .. head]).view(2, 4);

        Assert.Equal("w", graph.Weight("w", weights));
    }

    [Fact]
    public void Weights_that_are_not_binary_are_not_packed()
    {
        var graph = new GraphBuilder(ServingPrecision.Packed);
        using var weights = tensor(new float[] { 1, -1, 0.5f }).view(1, 3);

        Assert.Throws<InvalidOperationException>(() => graph.Weight("w", weights));
    }
}
