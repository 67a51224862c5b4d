using LabelerService.Core.Datasets;
using LabelerService.Core.Training;
using LabelerService.Learning.Tests.Data;
using Xunit.Abstractions;

namespace LabelerService.Learning.Tests.Training;

/// <summary>Real experts on real data, with the default settings: what the demo promises.</summary>
public sealed class LabelMeTests(ITestOutputHelper output)
{
    [Fact]
    public void The_default_settings_reach_what_the_demo_promises_at_the_default_seed_and_on_average()
    {
        var bn = Accuracies(LabelMe.Snapshot, "bn");
        var dn = Accuracies(LabelMe.Snapshot, "dn");
        var wdn = Accuracies(LabelMe.Snapshot, "wdn");

        Assert.True(bn[0] >= 0.80 && bn.Average() >= 0.80);
        Assert.True(dn[0] >= bn[0] + 0.02 && dn.Average() >= bn.Average() + 0.02);
        Assert.True(wdn[0] >= 0.84 && wdn.Average() >= 0.84);
    }

    [Fact]
    public void Without_any_gold_to_choose_by_the_weighted_net_is_as_good()
    {
        var snapshot = LabelMe.Snapshot.With(
            gold: [.. LabelMe.Snapshot.Gold.Select((g, n) => LabelMe.Snapshot.Splits[n] == Split.Validation ? -1 : g)]);

        Assert.True(Accuracies(snapshot, "wdn", 2, "patience=10").Average() >= 0.84);
    }

    [Fact]
    public void The_consensus_net_is_chosen_without_gold_and_beats_the_family()
    {
        var accuracies = Accuracies(LabelMe.Snapshot, "consensus", 5, "feature_transform=log1p");

        Assert.True(accuracies.Average() >= 0.92);
    }

    [Fact]
    public void The_automatic_choice_needs_no_gold_and_finds_the_best_model()
    {
        var snapshot = LabelMe.Snapshot.With(
            gold: [.. LabelMe.Snapshot.Gold.Select((g, n) => LabelMe.Snapshot.Splits[n] == Split.Validation ? -1 : g)]);
        var model = snapshot.Train("auto");

        output.WriteLine(model.Manifest.Selection!.Reason);
        foreach (var candidate in model.Manifest.Selection.Candidates)
        {
            output.WriteLine($"{candidate.LogLikelihood:F4} ± {candidate.DifferenceStandardError:F4} {candidate.Name}");
        }

        output.WriteLine($"test {model.Metric("test", "accuracy"):P1}, consensus {model.Metric("train", "consensus_accuracy"):P1}, {model.Manifest.TrainingSeconds:F0} s");
        Assert.True(model.Metric("test", "accuracy") >= 0.91);
        Assert.True(model.Metric("train", "consensus_accuracy") >= 0.91);
    }

    private double[] Accuracies(TrainingSnapshot snapshot, string algorithm, int seeds = 5, params string[] settings)
    {
        var accuracies = new double[seeds];
        for (var seed = 1; seed <= seeds; seed++)
        {
            var model = snapshot.Train(algorithm, seed, settings);
            accuracies[seed - 1] = model.Metric("test", "accuracy");
            output.WriteLine($"{algorithm} seed {seed}: {100 * accuracies[seed - 1]:F1} % in {model.Manifest.TrainingSeconds:F1} s");
        }

        return accuracies;
    }
}
