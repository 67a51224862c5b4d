using LabelerService.Core.Annotations;
using LabelerService.Core.Datasets;
using LabelerService.Core.Models;
using LabelerService.Core.Training;
using LabelerService.Learning.Tests.Data;

namespace LabelerService.Learning.Tests.Onnx;

/// <summary>Publishing asks for a serving graph within 1e-5 of the net, whatever is combined.</summary>
public sealed class ServedCombinationsTests
{
    private static readonly string[] Algorithms = ["bn", "dn", "wdn", "biwdn", "consensus", "crowd_layer"];
    private static readonly string[] Backbones = ["mlp", "linear", "cnn", "lstm", "gru"];
    private static readonly string[] Stored =
    [
        "quantisation=r serving=packed", "quantisation=sr serving=packed", "quantisation=bc serving=packed", "quantisation=bwn serving=packed",
        "quantisation=sr bits=4 serving=int8", "quantisation=bwn bits=3 serving=int8", "quantisation=r bits=8", "quantisation=bc bits=2", "serving=int8",
    ];

    private static readonly TrainingSnapshot Images = ToyItems.Images(24);
    private static readonly TrainingSnapshot Sequences = ToyItems.Sequences(24);

    /// <summary>Each algorithm with each backbone, each backbone with each way to store it, and nearly all of the third kind of pair.</summary>
    public static TheoryData<string, string, string> Combinations()
    {
        var data = new TheoryData<string, string, string>();
        for (var i = 0; i < Backbones.Length * Stored.Length; i++)
        {
            data.Add(Algorithms[i % Algorithms.Length], Backbones[i % Backbones.Length], Stored[i % Stored.Length]);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Combinations))]
    public void The_graph_gives_what_the_net_gives(string algorithm, string backbone, string stored)
    {
        var known = AlgorithmCatalogue.Find(algorithm)!.Settings.Select(setting => setting.Key).ToHashSet(StringComparer.Ordinal);
        string[] small =
        [
            "epochs=1", "capacity=s", "hidden=5", "learning_rate=0.02", "classifier=net", "rounds=1", "repeats=1", "folds=2", "averaging_epochs=1",
            "weight_resamples=0",
        ];
        var model = (backbone is "lstm" or "gru" ? Sequences : Images).Train(
            algorithm, 1, [.. small.Where(setting => known.Contains(setting.Split('=')[0])), .. stored.Split(' '), $"backbone={backbone}"]);

        Assert.InRange(model.Manifest.ParityMaxDifference, 0, 1e-5);
    }

    /// <summary>Least sides, odd sides, many blocks, and maps that pooling leaves narrow.</summary>
    [Theory]
    [InlineData(12, 12, 1)]
    [InlineData(12, 64, 3)]
    [InlineData(33, 19, 3)]
    [InlineData(40, 13, 2)]
    public void Images_of_any_sides_and_channels_are_served(int height, int width, int channels)
    {
        const int Items = 8;
        var random = new Random(1);
        var pixels = new float[Items * height * width * channels];
        foreach (ref var pixel in pixels.AsSpan())
        {
            pixel = (float)random.NextDouble();
        }

        var snapshot = new TrainingSnapshot
        {
            Dataset = "images",
            SnapshotId = "images",
            Schema = new DatasetSchema(["no", "yes"], LabelKind.Binary, ItemKind.Image, [height, width, channels]),
            ItemIds = [.. Enumerable.Range(0, Items).Select(n => $"item-{n}")],
            Features = pixels,
            Splits = [.. Enumerable.Repeat(Split.Train, Items)],
            Gold = [.. Enumerable.Repeat(-1, Items)],
            LabelerIds = ["one"],
            Annotations = new AnnotationTable(
                Items, 1, 2, [.. Enumerable.Range(0, Items)], new int[Items], [.. Enumerable.Range(0, Items).Select(n => n % 2)]),
        };
        var model = snapshot.Train("dn", 1, "epochs=1", "capacity=s", "min_annotations=1", "quantisation=bwn", "serving=packed");

        Assert.Equal("cnn", model.Manifest.Settings["backbone"]);
        Assert.InRange(model.Manifest.ParityMaxDifference, 0, 1e-5);
    }
}
