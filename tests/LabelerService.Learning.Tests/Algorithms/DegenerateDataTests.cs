using LabelerService.Core.Errors;
using LabelerService.Core.Models;
using LabelerService.Core.Training;
using LabelerService.Learning.Tests.Data;
using LabelerService.Learning.Tests.Onnx;

namespace LabelerService.Learning.Tests.Algorithms;

/// <summary>Data that says next to nothing: every algorithm gives a sensible model or says what is missing, never NaN.</summary>
public sealed class DegenerateDataTests
{
    private static readonly Dictionary<string, Func<TrainingSnapshot>> Cases = new(StringComparer.Ordinal)
    {
        ["two items"] = () => Snapshots.Tiny([0, 1, 1, 0], 2, (0, 0, 0), (0, 1, 0), (1, 0, 1), (1, 1, 1)),
        ["two items, one annotation each"] = () => Snapshots.Tiny([0, 1, 1, 0], 2, (0, 0, 0), (1, 1, 1)),
        ["one class only"] = () => Crowd(labelers: 4, perItem: 3, (_, _, _) => 1),
        ["one labeler only"] = () => Crowd(labelers: 1, perItem: 1, (_, _, truth) => truth),
        ["one labeler with one class"] = () => Crowd(labelers: 1, perItem: 1, (_, _, _) => 0),
        ["a labeler who always says the same"] = () => Crowd(labelers: 4, perItem: 3, (_, labeler, truth) => labeler == 0 ? 1 : truth),
        ["everybody contradicts everybody"] = () => Crowd(labelers: 2, perItem: 2, (_, labeler, _) => labeler),
        ["labelers on disjoint items"] = () => Crowd(labelers: 4, perItem: 1, (_, _, truth) => truth),
        ["labelers with one label each"] = () => Crowd(labelers: 24, perItem: 1, (_, _, truth) => truth),
        ["duplicate items"] = () => Crowd(labelers: 4, perItem: 2, (_, labeler, truth) => labeler == 3 ? 1 - truth : truth, same: true),
    };

    public static TheoryData<string, string> AlgorithmsAndCases()
    {
        var data = new TheoryData<string, string>();
        foreach (var algorithm in AlgorithmCatalogue.Models)
        {
            foreach (var name in Cases.Keys)
            {
                data.Add(algorithm.Id, name);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(AlgorithmsAndCases))]
    public void A_sensible_model_or_what_is_missing_but_never_NaN(string algorithm, string name)
    {
        var snapshot = Cases[name]();
        TrainedModel model;
        try
        {
            model = snapshot.Train(algorithm, 1, Short(algorithm));
        }
        catch (ServiceException error)
        {
            Assert.Equal(ErrorKind.FailedPrecondition, error.Kind);
            return;
        }

        var probabilities = Served.Run(model.Onnx, ServingGraph.Probabilities, snapshot.Features.Load(), 2);
        Assert.All(probabilities.Chunk(2), row => Assert.Equal(1, row.Sum(), 1e-4));
        Assert.All(probabilities, p => Assert.InRange(p, 0, 1.0001f));
        Assert.All(Served.Run(model.Onnx, ServingGraph.LabelerProbabilities, snapshot.Features.Load(), 2), p => Assert.InRange(p, 0, 1.0001f));
        Assert.All(model.Manifest.Metrics, metric => Assert.True(double.IsFinite(metric.Value)));
        Assert.Equal(1, model.Manifest.Heads.Sum(head => head.Weight), 1e-4);
        if (name == "one class only")
        {
            Assert.All(probabilities.Chunk(2), row => Assert.True(row[1] >= 0.5));
        }
    }

    /// <summary>Few epochs where an algorithm has such a setting.</summary>
    private static string[] Short(string algorithm) =>
        AlgorithmCatalogue.Find(algorithm)!.Settings.Any(setting => setting.Key == "epochs") ? ["epochs=8", "hidden=8"] : [];

    // 24 items on two sides of a line, each with annotations by the next labelers in turn; no validation split.
    private static TrainingSnapshot Crowd(int labelers, int perItem, Func<int, int, int, int> answer, bool same = false)
    {
        const int Items = 24;
        var features = new float[2 * Items];
        var annotations = new List<(int, int, int)>();
        for (var n = 0; n < Items; n++)
        {
            var truth = n % 2;
            (features[2 * n], features[(2 * n) + 1]) = same ? (1, 1) : (truth == 0 ? -1 : 1, n / (float)Items);
            for (var i = 0; i < perItem; i++)
            {
                var labeler = (n + i) % labelers;
                annotations.Add((n, labeler, answer(n, labeler, truth)));
            }
        }

        return Snapshots.Tiny(features, labelers, [.. annotations]);
    }
}
