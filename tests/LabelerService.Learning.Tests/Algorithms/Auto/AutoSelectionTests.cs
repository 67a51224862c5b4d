using LabelerService.Core.Datasets;
using LabelerService.Learning.Tests.Data;
using LabelerService.TestKit.Crowds;
using Xunit.Abstractions;

namespace LabelerService.Learning.Tests.Algorithms.Auto;

public sealed class AutoSelectionTests(ITestOutputHelper output)
{
    private static readonly double[] Accuracies = [0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.4, 0.34];

    [Fact]
    public void Where_a_plane_separates_classes_the_simplest_model_is_chosen_and_said_why()
    {
        var crowd = SimulatedCrowd.Create(new SimulatedCrowdOptions { Items = 900, Accuracies = Accuracies, LabelsPerItem = 2, Separation = 3 });
        var model = crowd.Snapshot.Train("auto");
        var selection = model.Manifest.Selection!;

        output.WriteLine(selection.Reason);
        Assert.StartsWith("consensus[classifier=discriminant", selection.Chosen, StringComparison.Ordinal);
        Assert.StartsWith(selection.Chosen, selection.Reason, StringComparison.Ordinal);
        Assert.Contains(selection.Candidates, candidate => candidate.Name == "wdn");
        Assert.Equal(selection.Candidates.OrderByDescending(candidate => candidate.LogLikelihood), selection.Candidates);
        Assert.Equal("auto", model.Manifest.Algorithm);
        Assert.True(model.Metric("test", "accuracy") > 0.9);
    }

    /// <summary>Class by the quadrant's diagonal: no plane tells them apart.</summary>
    [Fact]
    public void Where_no_plane_separates_classes_a_more_flexible_model_is_chosen()
    {
        var crowd = SimulatedCrowd.Create(new SimulatedCrowdOptions
        {
            Items = 1000,
            Classes = 2,
            Dimensions = 2,
            Separation = 0,
            Accuracies = Accuracies,
            LabelsPerItem = 2,
        });
        var truth = Enumerable.Range(0, 1000).Select(n => crowd.Snapshot.Features.Load()[2 * n] * crowd.Snapshot.Features.Load()[(2 * n) + 1] > 0 ? 1 : 0).ToArray();
        var random = new Random(5);
        var table = crowd.Snapshot.Annotations;
        var answers = Enumerable.Range(0, table.Count)
            .Select(a => random.NextDouble() < Accuracies[table.Labelers[a]] ? truth[table.Items[a]] : 1 - truth[table.Items[a]]).ToArray();
        var snapshot = crowd.Snapshot.With(
            gold: [.. truth.Select((k, n) => crowd.Snapshot.Splits[n] == Split.Train ? -1 : k)],
            annotations: new Core.Annotations.AnnotationTable(table.ItemCount, table.LabelerCount, 2, table.Items, table.Labelers, answers));
        var model = snapshot.Train("auto");

        output.WriteLine(model.Manifest.Selection!.Reason);
        Assert.DoesNotContain("classifier=discriminant", model.Manifest.Selection.Chosen, StringComparison.Ordinal);
        Assert.True(model.Metric("test", "accuracy") > 0.85, $"{model.Metric("test", "accuracy")}");
    }

    [Fact]
    public void Gold_changes_nothing()
    {
        var crowd = SimulatedCrowd.Create(new SimulatedCrowdOptions { Items = 120, Dimensions = 4 });

        Assert.Equal(crowd.Snapshot.Train("auto", 3).Onnx, crowd.Snapshot.WithoutGold().With(
            splits: [.. crowd.Snapshot.Splits]).Train("auto", 3).Onnx);
    }
}
