using CsCheck;
using LabelerService.Core.Aggregation;
using LabelerService.Core.Tests.Data;

namespace LabelerService.Core.Tests.Aggregation;

public sealed class ConfusionEmTests
{
    [Fact]
    public void The_E_step_is_the_posterior_by_enumeration_of_all_assignments() =>
        Gen.Select(Gen.Int[1, 4], Gen.Int[1, 3], Gen.Int[2, 3], Gen.Int, Gen.Bool).Sample((items, labelers, classes, seed, shared) =>
        {
            var random = new Random(seed);
            var rows = Enumerable.Range(0, items).SelectMany(n => Enumerable.Range(0, labelers).Select(r => (n, r, random.Next(classes))))
                .Where(_ => random.Next(4) > 0).ToArray();
            var table = Tables.Of(items, labelers, classes, rows);
            var matrices = Tables.Distributions(random, labelers * classes, classes);
            var confusions = LabelerConfusions.FromMatrices(classes, matrices, matrices.AsSpan(0, classes * classes));
            var prior = Tables.Distributions(random, shared ? 1 : items, classes);
            var posteriors = new double[items * classes];

            var logLikelihood = ConfusionEm.EStep(table, prior, confusions, posteriors);

            var (expected, evidence) = Enumerate(items, classes, rows, matrices, n => prior.AsSpan(shared ? 0 : n * classes, classes).ToArray());
            Assert.Equal(Math.Log(evidence), logLikelihood, 1e-9);
            for (var i = 0; i < posteriors.Length; i++)
            {
                Assert.Equal(expected[i], posteriors[i], 1e-9);
            }
        });

    [Fact]
    public void The_objective_never_falls() =>
        Gen.Select(Tables.Any, Gen.Double[0.001, 2], Gen.Double[0.001, 3], Gen.Int, Gen.Int[0, 2]).Sample((table, smoothing, classSmoothing, seed, kind) =>
        {
            var options = new ConfusionEmOptions
            {
                ClassSmoothing = classSmoothing,
                EstimateClassPrior = kind > 0,
                MaxIterations = 50,
                Confusions = new() { Shrinkage = 0, Smoothing = smoothing },
            };
            var prior = kind == 2 ? Tables.Distributions(new Random(seed), table.ItemCount, table.ClassCount) : [];

            AssertNeverFalls(ConfusionEm.Fit(table, options, prior));
        });

    [Fact]
    public void The_objective_of_one_skill_a_labeler_never_falls_either() => Tables.Any.Sample(table =>
    {
        AssertNeverFalls(WelinderPerona.Fit(table));
        AssertNeverFalls(WelinderPerona.Fit(table, new() { SkillPerClass = table.ClassCount != 2 }));
    });

    [Fact]
    public void Whatever_the_table_everything_is_a_distribution() => Tables.Any.Sample(table =>
    {
        foreach (var result in (ReadOnlySpan<AggregationResult>)
            [
                ConfusionEm.Fit(table),
                ConfusionEm.Fit(table, ConfusionEmOptions.DawidSkene),
                ConfusionEm.Fit(table, new() { ClassSmoothing = 0, Confusions = new() { Shrinkage = 0, Smoothing = 0 } }),
                ConfusionEm.Fit(table, new() { Confusions = new() { Form = ConfusionForm.OneCoin } }),
                WelinderPerona.Fit(table),
            ])
        {
            Tables.AssertDistributions(result.Posteriors, table.ClassCount);
            Tables.AssertDistributions(result.ClassPrior, table.ClassCount);
            Assert.All(result.Trace, step => Assert.True(double.IsFinite(step.LogPosterior) && double.IsFinite(step.LogLikelihood)));
        }
    });

    [Fact]
    public void Labelers_held_alike_vote_by_majority()
    {
        var crowd = CrowdLabels.Simulate(200, 3, 3, [.. Enumerable.Range(0, 9).Select(_ => CrowdLabels.OneCoin(3, 0.7))], seed: 5);

        // One coin of one strength for all: the class with most votes wins, by whatever margin.
        var result = ConfusionEm.Fit(
            crowd.Table, new() { EstimateClassPrior = false, Confusions = new() { Shrinkage = 1e9, Form = ConfusionForm.OneCoin, CommonStrength = 1e9 } });

        var votes = MajorityVote.Posteriors(crowd.Table);
        var tops = ClassDistributions.Tops(votes, 3);
        for (var n = 0; n < 200; n++)
        {
            // Three different votes are a tie.
            if (votes[(n * 3) + tops[n]] > 0.5)
            {
                Assert.Equal(tops[n], result.Classes()[n]);
            }
        }
    }

    [Fact]
    public void Skills_and_classes_of_a_simulated_crowd_are_recovered()
    {
        double[] accuracies = [0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.34, 0.05];
        var crowd = CrowdLabels.Simulate(3000, 3, 5, [.. accuracies.Select(a => CrowdLabels.OneCoin(3, a))], seed: 3);

        foreach (var result in (ReadOnlySpan<AggregationResult>)[ConfusionEm.Fit(crowd.Table), WelinderPerona.Fit(crowd.Table)])
        {
            for (var r = 0; r < accuracies.Length; r++)
            {
                Assert.Equal(accuracies[r], result.Confusions.Accuracy(r, result.ClassPrior), 0.04);
            }

            Assert.True(result.Converged);
            Assert.True(crowd.Accuracy(result.Posteriors) > crowd.Accuracy(MajorityVote.Posteriors(crowd.Table)) + 0.05);
        }
    }

    [Fact]
    public void Shrinkage_to_the_own_skill_finds_spammers_that_answered_little()
    {
        var random = new Random(1);
        double[][] matrices = [.. Enumerable.Range(0, 100).Select(r => CrowdLabels.OneCoin(10, r < 30 ? 0.1 : 0.4 + (0.5 * random.NextDouble())))];
        var crowd = CrowdLabels.Simulate(1000, 10, 3, matrices, seed: 1);
        double Accuracy(ShrinkageTarget target) =>
            crowd.Accuracy(ConfusionEm.Fit(crowd.Table, new() { Confusions = new() { Target = target } }).Posteriors);

        Assert.True(Accuracy(ShrinkageTarget.OwnSkill) > crowd.Accuracy(MajorityVote.Posteriors(crowd.Table)) + 0.04);
        Assert.True(Accuracy(ShrinkageTarget.OwnSkill) > Accuracy(ShrinkageTarget.Common) + 0.03);
    }

    [Fact]
    public void A_good_prior_helps_and_places_items_without_annotations()
    {
        var crowd = CrowdLabels.Simulate(400, 4, 3, [.. Enumerable.Range(0, 6).Select(_ => CrowdLabels.OneCoin(4, 0.6))], seed: 2);
        var table = Tables.Of(401, 6, 4, [.. Enumerable.Range(0, crowd.Table.Count)
            .Select(i => (crowd.Table.Items[i], crowd.Table.Labelers[i], crowd.Table.Classes[i]))]);
        var random = new Random(4);
        double[] prior = [.. crowd.Gold.SelectMany(g => CrowdLabels.OneCoin(4, 0.8)
            .Skip(4 * (random.NextDouble() < 0.8 ? g : random.Next(4))).Take(4)), 0.1, 0.2, 0.3, 0.4];

        var result = ConfusionEm.Fit(table, itemPrior: prior);

        var posteriors = result.Posteriors[..1600];
        var (both, network, votes) = (
            crowd.Accuracy(posteriors), crowd.Accuracy(prior[..1600]), crowd.Accuracy(MajorityVote.Posteriors(crowd.Table)));
        Assert.True(both > Math.Max(network, votes) + 0.02, $"{both} from {network} and {votes}");
        Assert.Equal([0.1, 0.2, 0.3, 0.4], result.Posteriors[1600..].Select(p => Math.Round(p, 9)));
    }

    [Fact]
    public void Steps_called_one_by_one_are_the_fit()
    {
        var table = CrowdLabels.Simulate(50, 3, 3, [.. Enumerable.Range(0, 5).Select(_ => CrowdLabels.OneCoin(3, 0.6))], seed: 9).Table;
        var posteriors = MajorityVote.Posteriors(table);
        for (var i = 0; i < 7; i++)
        {
            var prior = ConfusionEm.ClassPrior(table, posteriors, new ConfusionEmOptions().ClassSmoothing);
            ConfusionEm.EStep(table, prior, ConfusionEm.MStep(table, posteriors), posteriors);
        }

        Assert.Equal(ConfusionEm.Fit(table, new() { MaxIterations = 7, Tolerance = 0 }).Posteriors, posteriors);
    }

    [Fact]
    public void One_labeler_alone_is_believed()
    {
        var result = ConfusionEm.Fit(Tables.Of(2, 1, 2, (0, 0, 0), (1, 0, 1)));

        Assert.Equal([0, 1], result.Classes());
    }

    [Fact]
    public void Labels_that_are_all_of_one_class_give_that_class()
    {
        var result = ConfusionEm.Fit(Tables.Of(3, 2, 3, (0, 0, 1), (1, 0, 1), (2, 1, 1)));

        Assert.Equal([1, 1, 1], result.Classes());
    }

    [Fact]
    public void Without_any_annotation_posteriors_are_uniform() =>
        Assert.Equal([0.5, 0.5], ConfusionEm.Fit(Tables.Of(1, 1, 2)).Posteriors);

    [Fact]
    public void Cancellation_is_honoured() => Assert.Throws<OperationCanceledException>(() =>
        ConfusionEm.Fit(Tables.Of(1, 1, 2, (0, 0, 1)), cancellationToken: new CancellationToken(canceled: true)));

    [Fact]
    public void Priors_of_another_length_are_refused() =>
        Assert.Throws<ArgumentException>(() => ConfusionEm.Fit(Tables.Of(2, 1, 2, (0, 0, 1)), itemPrior: [0.5, 0.5]));

    private static void AssertNeverFalls(AggregationResult result)
    {
        for (var i = 1; i < result.Trace.Count; i++)
        {
            Assert.True(
                result.Trace[i].LogPosterior >= result.Trace[i - 1].LogPosterior - 1e-7, string.Join(' ', result.Trace.Select(step => step.LogPosterior)));
        }
    }

    // p(classes, annotations) summed over all classes^items assignments.
    private static (double[] Posteriors, double Evidence) Enumerate(
        int items, int classes, (int Item, int Labeler, int Class)[] rows, double[] matrices, Func<int, double[]> prior)
    {
        var posteriors = new double[items * classes];
        var evidence = 0.0;
        for (var code = 0; code < (int)Math.Pow(classes, items); code++)
        {
            int Class(int n) => code / (int)Math.Pow(classes, n) % classes;
            var joint = 1.0;
            for (var n = 0; n < items; n++)
            {
                joint *= prior(n)[Class(n)];
            }

            foreach (var (n, r, y) in rows)
            {
                joint *= matrices[(((r * classes) + Class(n)) * classes) + y];
            }

            evidence += joint;
            for (var n = 0; n < items; n++)
            {
                posteriors[(n * classes) + Class(n)] += joint;
            }
        }

        return ([.. posteriors.Select(p => p / evidence)], evidence);
    }
}
