using LabelerService.Core.Aggregation;
using LabelerService.Core.Aggregation.ModelVoting;
using LabelerService.Core.Annotations;
using LabelerService.Core.Datasets;
using LabelerService.Core.Labelers;
using LabelerService.Core.Training;
using LabelerService.Learning.Tests.Data;
using LabelerService.TestKit.Crowds;
using Xunit.Abstractions;

namespace LabelerService.Learning.Tests.Algorithms;

/// <summary>What training keeps for a model to vote beside labelers.</summary>
public sealed class OutOfFoldTests(ITestOutputHelper output)
{
    private static readonly SimulatedCrowd Crowd = SimulatedCrowd.Create(new SimulatedCrowdOptions { Items = 400, LabelsPerItem = 2 });

    [Theory]
    [InlineData("consensus", true, "rounds=3", "repeats=2")]
    [InlineData("crowdlab", true, "epochs=20", "hidden=16")]
    [InlineData("dn", false, "epochs=2", "hidden=16")]
    [InlineData("bn", false, "epochs=2", "hidden=16", "target=dawid_skene")]
    public void Algorithms_that_cross_fit_keep_what_they_said_of_items_unseen_and_others_keep_nothing(string algorithm, bool keeps, params string[] settings)
    {
        var model = Crowd.Snapshot.Train(algorithm, 1, settings);

        Assert.Equal(
            Enumerable.Range(0, Crowd.ItemCount).Where(n => Crowd.Snapshot.Splits[n] == Split.Train && Annotations(Crowd.Snapshot, n) > 0), model.TrainingItems);
        Assert.Equal(keeps ? model.TrainingItems.Count * 3 : 0, model.OutOfFold.Count);
        Assert.All(model.OutOfFold.Chunk(3), row => Assert.Equal(1, row.Sum(), 1e-5));
        if (keeps)
        {
            var right = model.TrainingItems.Zip(model.OutOfFold.Chunk(3)).Count(pair => Array.IndexOf(pair.Second, pair.Second.Max()) == Crowd.Truth[pair.First]);
            Assert.True(right > 0.75 * model.TrainingItems.Count, $"{right} of {model.TrainingItems.Count}");
        }
    }

    [Fact]
    public void What_is_said_of_an_item_does_not_hear_its_own_labels()
    {
        // CROWDLAB's classifiers know no labelers: other labels of the item change nothing at all of what the one says that did not see it.
        var snapshot = Crowd.Snapshot;
        var item = Enumerable.Range(0, Crowd.ItemCount).First(n => snapshot.Splits[n] == Split.Train);
        var table = snapshot.Annotations;
        var turned = snapshot.With(annotations: new AnnotationTable(
            table.ItemCount, table.LabelerCount, 3, table.Items, table.Labelers,
            [.. Enumerable.Range(0, table.Count).Select(a => table.Items[a] == item ? (table.Classes[a] + 1) % 3 : table.Classes[a])]));
        string[] settings = ["epochs=10", "hidden=16", "held_out_share=0"];
        var (first, second) = (snapshot.Train("crowdlab", 1, settings), turned.Train("crowdlab", 1, settings));
        var at = first.TrainingItems.ToList().IndexOf(item) * 3;

        Assert.Equal(first.OutOfFold.Skip(at).Take(3), second.OutOfFold.Skip(at).Take(3));
        Assert.NotEqual(first.OutOfFold, second.OutOfFold);
        Assert.NotEqual(first.Consensus.Skip(at).Take(3), second.Consensus.Skip(at).Take(3));
    }

    [Fact]
    public void What_is_kept_is_as_sure_as_what_is_served()
    {
        var plain = Crowd.Snapshot.Train("consensus", 1, "rounds=3", "repeats=1", "calibration=none");
        var model = Crowd.Snapshot.Train("consensus", 1, "rounds=3", "repeats=1", "calibration=labelers");
        var temperature = model.Manifest.Temperature;

        Assert.NotEqual(1, temperature);
        foreach (var (before, after) in plain.OutOfFold.Chunk(3).Zip(model.OutOfFold.Chunk(3)))
        {
            var powers = before.Select(p => Math.Pow(Math.Max(p, 1e-12), 1 / temperature)).ToArray();
            Assert.All(powers.Zip(after), pair => Assert.Equal(pair.First / powers.Sum(), pair.Second, 1e-5));
        }
    }

    [Fact]
    public void On_real_annotations_a_model_of_the_default_settings_brings_the_consensus_beyond_88_percent()
    {
        // The long form, LABELER_VOTING_MODELS=consensus,auto, takes a minute more.
        foreach (var algorithm in (Environment.GetEnvironmentVariable("LABELER_VOTING_MODELS") ?? "consensus").Split(','))
        {
            var (with, without) = Accuracies(algorithm, 1);
            Assert.True(with >= 0.88, $"{algorithm}: {with}");
            Assert.True(with >= without + 0.08, $"{algorithm}: {with} against {without}");
        }
    }

    [Fact]
    public void With_one_label_an_item_a_model_tells_how_good_labelers_are_and_labels_alone_do_not()
    {
        double[] accuracies = [0.95, 0.85, 0.75, 0.65, 0.5, 0.35];
        var crowd = SimulatedCrowd.Create(new SimulatedCrowdOptions
        {
            Items = 2_000,
            LabelsPerItem = 1,
            Accuracies = accuracies,
            ValidationShare = 0,
            TestShare = 0,
        });
        var model = crowd.Snapshot.Train("consensus", 1, "rounds=10", "repeats=1");
        var table = crowd.Snapshot.Annotations;
        Assert.Equal(Enumerable.Range(0, crowd.ItemCount), model.TrainingItems);
        var sharpened = ModelSharpening.Apply(new AggregationInput(table) { ModelProbabilities = model.OutOfFold.ToArray() }, new AggregationControl());
        var votes = sharpened.Probabilities;
        var (with, without) = (Errors("model", votes), Errors("hierarchical", default));

        // Each labeler has some 330 labels: a standard error of 0.026 at most, beside that of the classifier.
        Assert.All(with, error => Assert.InRange(error, 0, 0.08));
        Assert.True(without.Average() > 3 * with.Average(), $"{with.Average():F3} with the model, {without.Average():F3} without");

        // How often a labeler names the model's class is no estimate of its accuracy, but orders labelers rightly.
        var reports = LabelerAnalysis.Run(new LabelerAnalysisInput(table, Aggregate("model", votes)) { ModelProbabilities = votes }).Labelers;
        Assert.Equal(accuracies.Length, reports.Count);
        for (var r = 1; r < reports.Count; r++)
        {
            Assert.True(Share(reports[r]) < Share(reports[r - 1]));
        }

        static double Share(LabelerReport report) => report.ModelAgreement!.Value.Successes / report.ModelAgreement.Value.Count;

        Core.Aggregation.Consensus Aggregate(string aggregator, ReadOnlyMemory<float> probabilities) => AggregatorCatalogue.Find(aggregator)!.Create().Aggregate(
            new AggregationInput(table) { ModelProbabilities = probabilities }, new AggregationControl());

        double[] Errors(string aggregator, ReadOnlyMemory<float> probabilities) =>
            [.. Aggregate(aggregator, probabilities).LabelerSkills!.Zip(accuracies, (skill, accuracy) => Math.Abs(skill - accuracy))];
    }

    /// <summary>Share of LabelMe's training items whose consensus is right, with a model as a voter and without.</summary>
    private (double With, double Without) Accuracies(string algorithm, long seed)
    {
        var snapshot = LabelMe.Snapshot;
        var model = snapshot.Train(algorithm, seed);
        var rows = model.TrainingItems.Select((item, row) => (item, row)).ToDictionary(pair => pair.item, pair => pair.row);
        var all = snapshot.Annotations;
        int[] used = [.. Enumerable.Range(0, all.Count).Where(a => rows.ContainsKey(all.Items[a]))];
        var table = new AnnotationTable(
            rows.Count, all.LabelerCount, all.ClassCount, [.. used.Select(a => rows[all.Items[a]])], [.. used.Select(a => all.Labelers[a])],
            [.. used.Select(a => all.Classes[a])]);
        int[] gold = [.. model.TrainingItems.Select(item => snapshot.Gold[item])];
        var input = new AggregationInput(table) { ModelProbabilities = model.OutOfFold.ToArray() };
        var with = Right("model", input with { ModelProbabilities = ModelSharpening.Apply(input, new AggregationControl()).Probabilities });
        var without = Right("hierarchical", new AggregationInput(table));
        output.WriteLine($"{algorithm}, seed {seed}, {model.Manifest.Selection?.Chosen}: {with:P1} with the model, {without:P1} without, of {rows.Count}");
        return (with, without);

        double Right(string aggregator, AggregationInput input) => AggregatorCatalogue.Find(aggregator)!.Create()
            .Aggregate(input, new AggregationControl()).Classes().Zip(gold).Count(pair => pair.First == pair.Second) / (double)gold.Length;
    }

    private static int Annotations(TrainingSnapshot snapshot, int item)
    {
        var (start, end) = snapshot.Annotations.RangeOfItem(item);
        return end - start;
    }
}
