using CsCheck;
using LabelerService.Core.Aggregation;
using LabelerService.Core.Aggregation.Confusions;
using LabelerService.Core.Annotations;
using LabelerService.Core.Tests.Data;

namespace LabelerService.Core.Tests.Aggregation.Confusions;

public sealed class ConfusionFitTests
{
    private static readonly string[] Ids = ["ds", "one_coin", "fast_ds", "ordinal_ds", "hierarchical", "model"];

    private static readonly ConfusionOptions[] Forms =
    [
        new() { Shrinkage = 0, Smoothing = 0.3 },
        new() { Shrinkage = 0, Smoothing = 0.3, Form = ConfusionForm.OneCoin, UniformErrors = true },
        new() { Shrinkage = 0, Smoothing = 0.3, Form = ConfusionForm.OneCoin },
    ];

    [Fact]
    public void The_fit_is_to_the_last_bit_what_the_steps_give_one_by_one() =>
        Gen.Select(Tables.Any, Gen.Int[0, 3], Gen.Int).Sample((table, kind, seed) =>
        {
            var options = new ConfusionEmOptions
            {
                MaxIterations = 6,
                Tolerance = 0,
                Confusions = kind switch
                {
                    0 => new ConfusionOptions(),
                    1 => new ConfusionOptions { Target = ShrinkageTarget.Common, Smoothing = 0 },
                    _ => new ConfusionOptions { Shrinkage = 0, Smoothing = 0.01 },
                },
            };
            var priors = kind == 3 ? Tables.Distributions(new Random(seed), table.ItemCount, table.ClassCount) : [];

            var result = ConfusionEm.Fit(table, options, priors);

            Assert.Equal(StepByStep(table, options, priors), result.Posteriors);
        });

    [Fact]
    public void Many_blocks_and_any_number_of_threads_give_the_same_bits()
    {
        // 60,000 items of 3 annotations are several blocks.
        var random = new Random(1);
        var crowd = CrowdLabels.Simulate(
            60_000, 3, 3, [.. Enumerable.Range(0, 30).Select(_ => CrowdLabels.OneCoin(3, 0.5 + (0.4 * random.NextDouble())))], seed: 1);
        var input = new AggregationInput(crowd.Table)
        {
            Gold = crowd.Gold.Select((g, n) => n % 100 == 0 ? g : -1).ToArray(),
            ModelProbabilities = crowd.Gold.SelectMany((g, n) => Enumerable.Range(0, 3).Select(k => n % 3 == 0 ? 0f : k == g ? 0.5f : 0.25f)).ToArray(),
        };
        foreach (var id in Ids)
        {
            var (one, four) = (Run(1), Run(4));

            Assert.Equal(one.Posteriors, four.Posteriors);
            Assert.Equal(one.ClassPrior, four.ClassPrior);
            Assert.Equal(one.LabelerSkills, four.LabelerSkills);
            Assert.True(one.Posteriors.Length > AggregationBlocks.Cost);

            Consensus Run(int threads) =>
                AggregatorCatalogue.Find(id)!.Create().Aggregate(input, new AggregationControl { Threads = threads, MaxIterations = 3 });
        }

        // Blocks differ from one loop by roundings only.
        var options = new ConfusionEmOptions { MaxIterations = 3, Tolerance = 0 };
        var expected = StepByStep(crowd.Table, options, []);
        var actual = ConfusionEm.Fit(crowd.Table, options).Posteriors;
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], actual[i], 1e-10);
        }
    }

    [Fact]
    public void Posteriors_are_those_by_enumeration_of_all_assignments() =>
        Gen.Select(Gen.Int[1, 4], Gen.Int[1, 3], Gen.Int[2, 3], Gen.Int).Sample((items, labelers, classes, seed) =>
        {
            var random = new Random(seed);
            var rows = Enumerable.Range(0, items).SelectMany(n => Enumerable.Range(0, labelers).Select(r => (n, r, random.Next(classes))))
                .Where(_ => random.Next(4) > 0).ToArray();
            int[] gold = [.. Enumerable.Range(0, items).Select(_ => random.Next(4) > 0 ? -1 : random.Next(classes))];
            float[] model = [.. Tables.Distributions(random, items, classes).Select((p, i) => (i / classes) % 2 == 0 ? (float)p : 0)];
            var input = new AggregationInput(Tables.Of(items, labelers, classes, rows)) { Gold = gold, ModelProbabilities = model };
            foreach (var id in Ids.Except(["fast_ds"]))
            {
                // At rest, posteriors belong to the parameters that came out with them.
                var consensus = AtRest(id, input);

                var expected = Enumerate(input, consensus, id == "model" ? model : new float[model.Length]);
                for (var i = 0; i < expected.Length; i++)
                {
                    Assert.True(Math.Abs(expected[i] - consensus.Posteriors[i]) < 1e-4, $"{id}: {expected[i]} {consensus.Posteriors[i]}");
                }
            }
        }, iter: 40);

    [Fact]
    public void The_objective_never_falls_with_known_classes_and_with_one_number_a_labeler() =>
        Gen.Select(Tables.Any, Gen.Int, Gen.Int[0, 2]).Sample((table, seed, form) =>
        {
            var random = new Random(seed);
            int[] gold = [.. Enumerable.Range(0, table.ItemCount).Select(_ => random.Next(3) > 0 ? -1 : random.Next(table.ClassCount))];

            var result = ConfusionFit.Run(
                table, LabelerStep.Create(table, Forms[form]), new ItemKnowledge(null, gold), previous: null,
                new ConfusionFitOptions(60, 0, EstimateClassPrior: true, ClassSmoothing: 0.5), new AggregationControl());

            for (var i = 1; i < result.Trace.Count; i++)
            {
                Assert.True(
                    result.Trace[i].LogPosterior >= result.Trace[i - 1].LogPosterior - 1e-7,
                    string.Join(' ', result.Trace.Select(step => step.LogPosterior)));
            }
        });

    [Fact]
    public void Where_all_classes_are_known_parameters_are_counted()
    {
        var table = Tables.Of(4, 2, 2, (0, 0, 0), (1, 0, 0), (2, 0, 1), (3, 0, 0), (0, 1, 1));
        var input = new AggregationInput(table) { Gold = new[] { 0, 0, 1, 1 } };

        var ds = Aggregate("ds", input);
        var coin = Aggregate("one_coin", input);

        // Smoothing 0.01 for each cell: labeler 0 said 0, 0 of class 0, and 1, 0 of class 1.
        Assert.Equal(2.01 / 2.02, ds.Confusions!.Probability(0, 0, 0), 1e-12);
        Assert.Equal(1.01 / 2.02, ds.Confusions.Probability(0, 1, 0), 1e-12);
        Assert.Equal(1.01 / 1.02, ds.Confusions.Probability(1, 0, 1), 1e-12);
        Assert.Equal(0.5, ds.Confusions.Probability(1, 1, 1), 1e-12);
        Assert.Equal(3.01 / 4.02, coin.LabelerSkills![0], 1e-12);
        Assert.Equal(0.01 / 1.02, coin.LabelerSkills[1], 1e-12);
        Assert.Equal([0.5, 0.5], ds.ClassPrior);
    }

    [Fact]
    public void A_model_that_is_silent_leaves_the_class_distribution()
    {
        var table = Tables.Of(4, 2, 2, (0, 0, 0), (0, 1, 0), (1, 0, 0), (1, 1, 1));
        var input = new AggregationInput(table) { ModelProbabilities = new[] { 0, 0, 0.1f, 0.9f, 0, 0, float.NaN, -1 } };

        var consensus = Aggregate("model", input);

        Assert.Equal(consensus.ClassPrior, consensus.Posteriors[4..6].Select(p => Math.Round(p, 12)), (a, b) => Math.Abs(a - b) < 1e-3);
        Assert.Equal(consensus.Posteriors[4..6], consensus.Posteriors[6..8]);
        Assert.Equal([0, 1], consensus.Classes()[..2]);
    }

    [Fact]
    public void From_a_previous_consensus_little_is_left_to_do()
    {
        var random = new Random(3);
        double[][] matrices = [.. Enumerable.Range(0, 15).Select(_ => CrowdLabels.OneCoin(3, 0.55 + (0.3 * random.NextDouble())))];
        var crowd = CrowdLabels.Simulate(800, 3, 4, matrices, seed: 3);
        // A hundred items come later, and with them the last labeler.
        var rows = Enumerable.Range(0, crowd.Table.Count).Select(i => (crowd.Table.Items[i], crowd.Table.Labelers[i], crowd.Table.Classes[i])).ToArray();
        var before = new AggregationInput(Tables.Of(700, 14, 3, [.. rows.Where(row => row.Item1 < 700 && row.Item2 < 14)]));
        foreach (var id in Ids)
        {
            var earlier = AtRest(id, before, 1e-7);
            var cold = AtRest(id, new AggregationInput(crowd.Table), 1e-7);

            var again = AtRest(id, before with { Previous = earlier }, 1e-7);
            var warm = AtRest(id, new AggregationInput(crowd.Table) { Previous = earlier }, 1e-7);
            var fromVotes = AtRest(
                id, new AggregationInput(crowd.Table) { Previous = AggregatorCatalogue.Find("mv")!.Create().Aggregate(before, new()) }, 1e-7);

            Assert.True(again.Iterations <= 3, $"{id}: {again.Iterations}");
            // An eighth of the data is new: the slow end of EM is hardly shorter.
            Assert.True(warm.Iterations <= cold.Iterations + 3, $"{id}: {warm.Iterations} and {cold.Iterations}");
            // A hard assignment has many places to rest at.
            for (var i = 0; i < cold.Posteriors.Length && id != "fast_ds"; i++)
            {
                Assert.Equal(cold.Posteriors[i], warm.Posteriors[i], 1e-3);
                Assert.Equal(cold.Posteriors[i], fromVotes.Posteriors[i], 1e-3);
            }
        }
    }

    [Fact]
    public void Hard_assignments_rest_after_fewer_iterations_and_are_nearly_as_right()
    {
        var random = new Random(6);
        var crowd = CrowdLabels.Simulate(
            2000, 4, 5, [.. Enumerable.Range(0, 40).Select(_ => CrowdLabels.OneCoin(4, 0.35 + (0.5 * random.NextDouble())))], seed: 6);
        var (soft, hybrid) = (Aggregate("ds", new AggregationInput(crowd.Table)), Aggregate("fast_ds", new AggregationInput(crowd.Table)));
        var hard = ConfusionFit.Run(
            crowd.Table, LabelerStep.Create(crowd.Table, ConfusionEmOptions.DawidSkene.Confusions), new ItemKnowledge(null, default), null,
            ConfusionFitOptions.Of(ConfusionEmOptions.DawidSkene) with { Plan = AssignmentPlan.Hard }, new AggregationControl());

        Assert.True(hybrid.Converged && hard.Converged);
        Assert.True(hybrid.Iterations < soft.Iterations, $"{hybrid.Iterations} and {soft.Iterations}");
        Assert.True(hard.Iterations < soft.Iterations, $"{hard.Iterations} and {soft.Iterations}");
        var (a, b, c) = (crowd.Accuracy(soft.Posteriors), crowd.Accuracy(hybrid.Posteriors), crowd.Accuracy(hard.Posteriors));
        Assert.True(b > a - 0.01 && c > a - 0.03, $"{a} {b} {c}");
        // What is reported are distributions again.
        Assert.Contains(hybrid.Posteriors, p => p is > 0.2 and < 0.8);
    }

    [Fact]
    public void Matrices_that_would_be_too_large_become_one_coin_with_a_warning()
    {
        var crowd = CrowdLabels.Simulate(60, 3, 3, [.. Enumerable.Range(0, 5).Select(_ => CrowdLabels.OneCoin(3, 0.8))], seed: 4);
        var aggregator = new ConfusionAggregator(
            ConfusionFitOptions.Of(new ConfusionEmOptions()), table => LabelerStep.Create(table, new ConfusionOptions { MaxCells = 44 }), usesModel: false);

        var consensus = aggregator.Aggregate(new AggregationInput(crowd.Table), new AggregationControl());

        Assert.False(consensus.Confusions!.IsFull);
        Assert.Equal("TOO_MANY_CELLS", Assert.Single(consensus.Warnings).Code);
        Assert.Empty(Aggregate("one_coin", new AggregationInput(crowd.Table)).Warnings);
    }

    [Fact]
    public void Progress_is_told_each_iteration_and_cancellation_is_honoured()
    {
        var crowd = CrowdLabels.Simulate(100, 3, 3, [.. Enumerable.Range(0, 5).Select(_ => CrowdLabels.OneCoin(3, 0.7))], seed: 4);
        foreach (var id in Ids)
        {
            var told = new Told();
            var aggregator = AggregatorCatalogue.Find(id)!.Create();
            var consensus = aggregator.Aggregate(new AggregationInput(crowd.Table), new AggregationControl { Progress = told });

            Assert.Equal(Enumerable.Range(1, consensus.Iterations), told.Reports.Select(report => report.Iteration));
            using var source = new CancellationTokenSource();
            told = new Told { OnReport = source.Cancel };
            Assert.ThrowsAny<OperationCanceledException>(() => aggregator.Aggregate(
                new AggregationInput(crowd.Table), new AggregationControl { Progress = told, Cancel = source.Token }));
            Assert.Single(told.Reports);
        }
    }

    private static Consensus Aggregate(string id, AggregationInput input) =>
        AggregatorCatalogue.Find(id)!.Create().Aggregate(input, new AggregationControl());

    // Runs it again from its own result until that does not move any more.
    private static Consensus AtRest(string id, AggregationInput input, double tolerance = 1e-9)
    {
        var aggregator = AggregatorCatalogue.Find(id)!.Create();
        var consensus = aggregator.Aggregate(input, new AggregationControl { MaxIterations = 5000 });
        var iterations = consensus.Iterations;
        for (var i = 0; i < 3000; i++)
        {
            var next = aggregator.Aggregate(input with { Previous = consensus }, new AggregationControl { MaxIterations = 1 });
            var moved = next.Posteriors.Zip(consensus.Posteriors, (a, b) => Math.Abs(a - b)).Max();
            consensus = next;
            if (moved < tolerance)
            {
                break;
            }
        }

        return consensus with { Iterations = iterations };
    }

    // EM by the public steps.
    private static double[] StepByStep(AnnotationTable table, ConfusionEmOptions options, double[] priors)
    {
        var classes = table.ClassCount;
        var posteriors = MajorityVote.Posteriors(table, MajorityVote.ClassShares(table));
        for (var i = 0; i < priors.Length; i++)
        {
            var (start, end) = table.RangeOfItem(i / classes);
            posteriors[i] = ((posteriors[i] * (end - start)) + priors[i]) / (end - start + 1);
        }

        for (var i = 0; i < options.MaxIterations; i++)
        {
            var classPrior = ConfusionEm.ClassPrior(table, posteriors, options.ClassSmoothing);
            ConfusionEm.EStep(table, priors.Length > 0 ? priors : classPrior, ConfusionEm.MStep(table, posteriors, options.Confusions), posteriors);
        }

        return posteriors;
    }

    // p(classes | annotations, parameters) summed over all assignments that agree with gold.
    private static double[] Enumerate(AggregationInput input, Consensus consensus, float[] model)
    {
        var (table, gold) = (input.Table, input.Gold);
        var (items, classes) = (table.ItemCount, table.ClassCount);
        var posteriors = new double[items * classes];
        var evidence = 0.0;
        for (var code = 0; code < (int)Math.Pow(classes, items); code++)
        {
            int[] assignment = [.. Enumerable.Range(0, items).Select(n => code / (int)Math.Pow(classes, n) % classes)];
            if (assignment.Where((k, n) => gold.Span[n] >= 0 && gold.Span[n] != k).Any())
            {
                continue;
            }

            var joint = 1.0;
            for (var n = 0; n < items; n++)
            {
                var sum = model.AsSpan(n * classes, classes).ToArray().Sum(p => (double)p);
                joint *= sum > 0 ? model[(n * classes) + assignment[n]] / sum : consensus.ClassPrior[assignment[n]];
            }

            for (var i = 0; i < table.Count; i++)
            {
                joint *= consensus.Confusions!.Probability(table.Labelers[i], assignment[table.Items[i]], table.Classes[i]);
            }

            evidence += joint;
            for (var n = 0; n < items; n++)
            {
                posteriors[(n * classes) + assignment[n]] += joint;
            }
        }

        return [.. posteriors.Select(p => p / evidence)];
    }

    private sealed class Told : IProgress<AggregationProgress>
    {
        public List<AggregationProgress> Reports { get; } = [];

        public Action? OnReport { get; init; }

        public void Report(AggregationProgress value)
        {
            Reports.Add(value);
            OnReport?.Invoke();
        }
    }
}
