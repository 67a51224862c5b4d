using LabelerService.Core.Datasets;
using LabelerService.Core.Models;
using LabelerService.Learning.Tests.Data;
using LabelerService.TestKit.Crowds;
using Microsoft.ML.OnnxRuntime;

namespace LabelerService.Learning.Tests.Onnx;

public sealed class ServingGraphTests
{
    private static readonly SimulatedCrowd Crowd = SimulatedCrowd.Create(new SimulatedCrowdOptions { Items = 120, Dimensions = 6, Classes = 4 });

    private static readonly HashSet<string> Rivals = new(StringComparer.Ordinal)
    {
        "noise_layer", "welinder_perona", "raykar", "crowd_layer", "trace_norm", "conal", "annot_mix", "crowdlab",
    };

    public static TheoryData<string, string> Combinations()
    {
        var data = new TheoryData<string, string>();
        foreach (var algorithm in AlgorithmCatalogue.Models)
        {
            // What the rivals add to a graph comes after backbone and transform: one combination says it all.
            var isRival = Rivals.Contains(algorithm.Id);
            foreach (var parts in Product(Choices("backbone", isRival ? ["mlp"] : ["linear", "mlp"]),
                Choices("feature_transform", isRival ? ["log1p"] : ["none", "log1p", "standardize"]),
                Choices("classifier", "discriminant", "random_features", "logistic", "net"), Choices("mixing", "linear", "log_linear")))
            {
                data.Add(algorithm.Id, string.Join(' ', parts));
            }

            string[] Choices(string key, params string[] values) =>
                algorithm.Settings.Any(setting => setting.Key == key) ? [.. values.Select(value => $"{key}={value}")] : [""];
        }

        return data;

        static IEnumerable<string[]> Product(params string[][] choices) => choices.Aggregate(
            (IEnumerable<string[]>)[[]], (done, next) => done.SelectMany(parts => next.Select(part => (string[])[.. parts, part])));
    }

    /// <summary>Training itself refuses a graph that differs from the net on any of its three outputs; this shows how far off it is.</summary>
    [Theory]
    [MemberData(nameof(Combinations))]
    public void The_graph_gives_what_the_net_gives(string algorithm, string choices)
    {
        var known = AlgorithmCatalogue.Find(algorithm)!.Settings.Select(setting => setting.Key).ToHashSet();
        string[] small = ["epochs=3", "hidden=16,8", "rounds=2", "repeats=2", "random_units=20"];
        var model = Crowd.Snapshot.Train(
            algorithm, 1,
            [.. small.Where(setting => known.Contains(setting.Split('=')[0])), .. choices.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);

        Assert.InRange(model.Manifest.ParityMaxDifference, 0, 1e-5);
        var heads = model.Manifest.Heads.Count;
        Assert.Equal(algorithm is "bn" or "noise_layer" ? 1 : algorithm is "consensus" or "auto" || algorithm.EndsWith("dn", StringComparison.Ordinal) ? 11 : 10, heads);
        var features = Crowd.Snapshot.Features.Load()[..(7 * 6)];
        var mixed = Served.Run(model.Onnx, ServingGraph.Probabilities, features, 6);
        var each = Served.Run(model.Onnx, ServingGraph.LabelerProbabilities, features, 6);
        var weights = Served.Run(model.Onnx, ServingGraph.LabelerWeights, features, 6);
        Assert.Equal((7 * 4, 7 * heads * 4, 7 * heads), (mixed.Length, each.Length, weights.Length));
        for (var n = 0; n < 7; n++)
        {
            Assert.Equal(1, weights.Skip(n * heads).Take(heads).Sum(), 1e-5);
            Assert.Equal(1, mixed.Skip(n * 4).Take(4).Sum(), 1e-5);
            for (var r = 0; r < heads; r++)
            {
                Assert.Equal(1, each.Skip(((n * heads) + r) * 4).Take(4).Sum(), 1e-5);
            }

            // The family's answer is the weighted mean of its heads.
            for (var k = 0; k < 4 && (algorithm is "bn" || (algorithm.EndsWith("dn", StringComparison.Ordinal) && !choices.Contains("log_linear", StringComparison.Ordinal))); k++)
            {
                var expected = Enumerable.Range(0, heads).Sum(r => (double)weights[(n * heads) + r] * each[(((n * heads) + r) * 4) + k]);
                Assert.Equal(expected, mixed[(n * 4) + k], 1e-5);
            }
        }
    }

    /// <summary>Ordered classes, every member of the family, both ways to mix: three outputs of the graph are those of the net.</summary>
    [Theory]
    [InlineData("bn", "")]
    [InlineData("dn", "mixing=linear")]
    [InlineData("dn", "mixing=log_linear")]
    [InlineData("wdn", "mixing=linear")]
    [InlineData("wdn", "mixing=log_linear")]
    [InlineData("iwdn", "mixing=linear")]
    [InlineData("biwdn", "mixing=log_linear")]
    public void The_graph_of_cumulative_heads_gives_what_the_net_gives(string algorithm, string mixing)
    {
        var ordinal = Crowd.Snapshot.With(schema: Crowd.Schema with { LabelKind = LabelKind.Ordinal });
        var model = ordinal.Train(
            algorithm, 1, ["epochs=3", "hidden=16", "head=cumulative", .. mixing.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);

        Assert.InRange(model.Manifest.ParityMaxDifference, 0, 1e-5);
        var heads = model.Manifest.Heads.Count;
        var each = Served.Run(model.Onnx, ServingGraph.LabelerProbabilities, Crowd.Snapshot.Features.Load()[..(7 * 6)], 6);
        Assert.Equal(7 * heads * 4, each.Length);
        Assert.All(each.Chunk(4), row => Assert.Equal(1, row.Sum(), 1e-5));
        Assert.All(each, probability => Assert.InRange(probability, 0, 1));
    }

    [Fact]
    public void The_graph_takes_any_number_of_items_and_names_its_ends_as_the_contract_says()
    {
        var model = Crowd.Snapshot.Train("dn", 1, "epochs=1");
        using var session = new InferenceSession(model.Onnx);

        Assert.Equal([ServingGraph.Features], session.InputMetadata.Keys);
        Assert.Equal([-1, 6], session.InputMetadata[ServingGraph.Features].Dimensions);
        Assert.Equal([-1, 4], session.OutputMetadata[ServingGraph.Probabilities].Dimensions);
        Assert.Equal([-1, 11, 4], session.OutputMetadata[ServingGraph.LabelerProbabilities].Dimensions);
        Assert.Equal([-1, 11], session.OutputMetadata[ServingGraph.LabelerWeights].Dimensions);
        var one = Served.Run(model.Onnx, ServingGraph.Probabilities, Crowd.Snapshot.Features.Load()[..6], 6);
        var all = Served.Run(model.Onnx, ServingGraph.Probabilities, Crowd.Snapshot.Features.Load(), 6);
        Assert.Equal(one[0], all[0], 1e-6f);
        Assert.Equal(120 * 4, all.Length);
    }

    [Fact]
    public void Features_of_any_sign_pass_the_log_transform()
    {
        var model = Snapshots.Tiny([-5, 0, 5, 0], 1, (0, 0, 0), (1, 0, 1)).Train("bn", 1, "epochs=60", "feature_transform=log1p", "held_out_share=0");
        var probabilities = Served.Run(model.Onnx, ServingGraph.Probabilities, [-1e6f, 0, 1e6f, 0], 2);

        Assert.True(probabilities[0] > 0.5 && probabilities[3] > 0.5, string.Join(' ', probabilities));
    }
}
