using CsCheck;
using LabelerService.Core.Aggregation;
using LabelerService.Core.Aggregation.Sampling;
using LabelerService.Core.Annotations;
using LabelerService.Core.Tests.Data;

namespace LabelerService.Core.Tests.Aggregation.Sampling;

public sealed class ConfusionSamplerTests
{
    private const int Seeds = 10;

    private static readonly (int, int, int)[] Two =
        [(0, 0, 0), (0, 1, 0), (0, 2, 1), (1, 0, 1), (1, 1, 1), (1, 2, 1), (2, 0, 0), (2, 1, 1), (3, 1, 1), (3, 2, 0)];

    private static readonly (int, int, int)[] Three =
        [(0, 0, 0), (0, 1, 0), (0, 2, 2), (1, 0, 1), (1, 1, 1), (1, 2, 1), (2, 0, 2), (2, 1, 1), (3, 1, 2), (3, 2, 2)];

    [Fact]
    public void Two_classes_and_three_labelers_give_the_posterior_of_the_enumeration_of_all_assignments() =>
        Compare(new AggregationInput(Tables.Of(4, 3, 2, Two)));

    [Fact]
    public void Three_classes_and_a_known_item_give_the_posterior_of_the_enumeration_of_all_assignments() =>
        Compare(new AggregationInput(Tables.Of(4, 3, 3, Three)) { Gold = new[] { -1, 1, -1, -1 } });

    [Fact]
    public void A_model_is_the_prior_of_its_items_as_in_the_enumeration_of_all_assignments() =>
        Compare(new AggregationInput(Tables.Of(4, 3, 2, Two)) { ModelProbabilities = new[] { 0.9f, 0.1f, 0.5f, 0.5f, 0.2f, 0.8f, 0.6f, 0.4f } });

    [Fact]
    public void The_same_seed_gives_the_same_bits_whatever_the_number_of_threads()
    {
        var crowd = Crowd(3000, 4, 3, seed: 2);
        var options = new ConfusionSamplerOptions { Draws = 8, BurnIn = 2 };
        foreach (var cells in new[] { options.MaxCells, 0 })
        {
            var one = ConfusionSampler.Run(new AggregationInput(crowd.Table), options with { Threads = 1, MaxCells = cells });
            var many = ConfusionSampler.Run(new AggregationInput(crowd.Table), options with { Threads = 6, MaxCells = cells });

            Assert.Equal(cells > 0, one.IsFull);
            Assert.All(Enumerable.Range(0, one.LabelerCount), r => Assert.Equal(one.LabelerAccuracy(r), many.LabelerAccuracy(r)));
            Assert.All(Enumerable.Range(0, one.LabelerCount), r => Assert.Equal(one.Confusion(r), many.Confusion(r)));
            Assert.All(Enumerable.Range(0, one.ItemClasses.Count), n => Assert.Equal(one.ItemTopClass(n), many.ItemTopClass(n)));
            Assert.NotEqual(
                one.LabelerAccuracy(0), ConfusionSampler.Run(new AggregationInput(crowd.Table), options with { Seed = 2, MaxCells = cells }).LabelerAccuracy(0));
        }
    }

    [Fact]
    public void Known_items_are_certain_and_teach_the_labelers()
    {
        var crowd = Crowd(300, 3, 3, seed: 4);
        var gold = (int[])crowd.Gold.Clone();
        gold[0] = -1;
        var input = new AggregationInput(crowd.Table) { Gold = gold };
        var posterior = ConfusionSampler.Run(input, new ConfusionSamplerOptions { Draws = 200 });

        Assert.Equal(new(1, 1, 1), posterior.ItemTopClass(1));
        Assert.InRange(posterior.ItemTopClass(0).Mean, 0, 1);
        for (var r = 0; r < crowd.Table.LabelerCount; r++)
        {
            var positions = crowd.Table.PositionsOfLabeler(r).ToArray();
            var right = positions.Average(i => crowd.Table.Classes[i] == crowd.Gold[crowd.Table.Items[i]] ? 1.0 : 0);
            Assert.InRange(right, posterior.LabelerAccuracy(r).Low - 0.05, posterior.LabelerAccuracy(r).High + 0.05);
        }

        // A consensus that contradicts what is known is certainly wrong.
        var wrong = ConfusionSampler.Run(
            input, new ConfusionSamplerOptions { Draws = 20, ItemClasses = gold.Select(k => (k + 1) % 3).ToArray() });
        Assert.Equal(new(0, 0, 0), wrong.ItemTopClass(1));
    }

    [Fact]
    public void Few_accuracies_kept_give_nearly_the_same_intervals()
    {
        var crowd = Crowd(400, 3, 3, seed: 5);
        var options = new ConfusionSamplerOptions { Draws = 400 };
        var kept = ConfusionSampler.Run(new AggregationInput(crowd.Table), options);
        var moments = ConfusionSampler.Run(new AggregationInput(crowd.Table), options with { MaxKeptDraws = 0 });

        for (var r = 0; r < kept.LabelerCount; r++)
        {
            Assert.Equal(kept.LabelerAccuracy(r).Mean, moments.LabelerAccuracy(r).Mean, 1e-12);
            Assert.Equal(kept.LabelerAccuracy(r).Low, moments.LabelerAccuracy(r).Low, 0.03);
            Assert.Equal(kept.LabelerAccuracy(r).High, moments.LabelerAccuracy(r).High, 0.03);
        }

        // Ten labelers of nine cells and an accuracy each, 400 draws of 4 bytes.
        Assert.Equal(10 * (9 + 1) * 400 * sizeof(float), kept.Bytes - moments.Bytes);
    }

    [Fact]
    public void Whatever_the_table_intervals_lie_in_0_to_1_around_their_means() => Tables.Any.Sample(
        table =>
        {
            foreach (var cells in new[] { 1000L, 0 })
            {
                var posterior = ConfusionSampler.Run(
                    new AggregationInput(table), new ConfusionSamplerOptions { Draws = 6, BurnIn = 2, Threads = 1, MaxCells = cells });
                var intervals = Enumerable.Range(0, table.LabelerCount).SelectMany(r => posterior.Confusion(r).Append(posterior.LabelerAccuracy(r)))
                    .Concat(Enumerable.Range(0, table.ItemCount).Select(posterior.ItemTopClass))
                    .Concat(Enumerable.Range(0, table.ClassCount).Select(posterior.ClassPrior));
                Assert.All(
                    intervals,
                    interval => Assert.True(
                        interval.Low is >= 0 and <= 1 && interval.High is >= 0 and <= 1 && interval.Mean is >= 0 and <= 1 && interval.Low <= interval.High,
                        $"{interval}"));
            }
        },
        iter: 100);

    [Fact]
    public void One_class_is_certain_and_nobody_is_what_anybody_is()
    {
        var one = ConfusionSampler.Run(new AggregationInput(Tables.Of(2, 2, 1, (0, 0, 0), (1, 1, 0))), new ConfusionSamplerOptions { Draws = 10 });
        Assert.Equal(new(1, 1, 1), one.LabelerAccuracy(0));
        Assert.Equal(new(1, 1, 1), one.ItemTopClass(1));
        Assert.Empty(one.Warnings);

        var nothing = ConfusionSampler.Run(new AggregationInput(new AnnotationTable(1, 1, 2, [], [], [])), new ConfusionSamplerOptions { Draws = 200 });
        Assert.True(nothing.LabelerAccuracy(0).High - nothing.LabelerAccuracy(0).Low > 0.5);
        Assert.InRange(nothing.ItemTopClass(0).Mean, 0.4, 0.6);
        Assert.Equal(0, ConfusionSampler.Run(new AggregationInput(new AnnotationTable(0, 0, 2, [], [], []))).LabelerCount);
    }

    [Fact]
    public void Bad_input_is_refused_and_a_cancelled_run_ends()
    {
        var input = new AggregationInput(Tables.Of(4, 3, 2, Two));
        Assert.Throws<ArgumentOutOfRangeException>(() => ConfusionSampler.Run(input, new ConfusionSamplerOptions { Draws = 1 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => ConfusionSampler.Run(input, new ConfusionSamplerOptions { BurnIn = -1 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => ConfusionSampler.Run(input, new ConfusionSamplerOptions { Level = 0 }));
        Assert.Throws<ArgumentException>(() => ConfusionSampler.Run(input, new ConfusionSamplerOptions { ItemClasses = new[] { 0 } }));
        Assert.Throws<ArgumentException>(() => ConfusionSampler.Run(input, new ConfusionSamplerOptions { ItemClasses = new[] { 0, 0, 0, 2 } }));

        using var source = new CancellationTokenSource();
        var told = new List<double>();
        Assert.ThrowsAny<OperationCanceledException>(() => ConfusionSampler.Run(
            input, new ConfusionSamplerOptions { Draws = 90, BurnIn = 10 }, new CancelAt(source, told), source.Token));
        Assert.Equal([0.01, 0.02, 0.03], told);
    }

    // Means over independent chains against the exact ones: their spread over chains is the Monte-Carlo error. Of some thirty numbers,
    // none is further off than 4.5 errors but for one run of a thousand.
    private static void Compare(AggregationInput input)
    {
        var (table, classes) = (input.Table, input.Table.ClassCount);
        var common = LabelerConfusions.FromMatrices(classes, CrowdLabels.OneCoin(classes, 0.7), CrowdLabels.OneCoin(classes, 0.7));
        var previous = Start(table, common);
        var exact = new ExactPosterior(input, common);
        var draws = int.Parse(Environment.GetEnvironmentVariable("LABELER_SAMPLER_DRAWS") ?? "1000", System.Globalization.CultureInfo.InvariantCulture);
        var chains = Enumerable.Range(0, Seeds).Select(seed => ConfusionSampler.Run(
            input with { Previous = previous }, new ConfusionSamplerOptions { Draws = draws, Seed = seed, Threads = 1, HoldCommon = true, ItemClasses = new[] { 1, 1, 1, 1 } }))
            .ToArray();

        for (var n = 0; n < table.ItemCount; n++)
        {
            Close(exact.Items[n, 1], chains.Select(chain => chain.ItemTopClass(n).Mean), $"item {n}");
        }

        for (var r = 0; r < table.LabelerCount; r++)
        {
            Close(exact.Accuracies[r], chains.Select(chain => chain.LabelerAccuracy(r).Mean), $"accuracy of {r}");
            for (var cell = 0; cell < classes * classes; cell++)
            {
                Close(exact.Cells[r, cell / classes, cell % classes], chains.Select(chain => chain.Confusion(r)[cell].Mean), $"labeler {r}, cell {cell}");
            }
        }

        for (var k = 0; k < classes; k++)
        {
            Close(exact.ClassPrior[k], chains.Select(chain => chain.ClassPrior(k).Mean), $"class {k}");
        }
    }

    private static void Close(double exact, IEnumerable<double> chains, string what)
    {
        var means = chains.ToArray();
        var mean = means.Average();
        var error = Math.Sqrt(means.Sum(m => (m - mean) * (m - mean)) / (means.Length - 1) / means.Length);
        Assert.True(Math.Abs(mean - exact) <= (4.5 * error) + 1e-9, $"{what}: {mean} ± {error}, exactly {exact}");
    }

    private static Consensus Start(AnnotationTable table, LabelerConfusions common)
    {
        var matrices = Enumerable.Repeat(common.Matrix(-1), table.LabelerCount).SelectMany(matrix => matrix).ToArray();
        return new Consensus
        {
            ClassCount = table.ClassCount,
            Posteriors = MajorityVote.Posteriors(table),
            ClassPrior = MajorityVote.ClassShares(table),
            Confusions = LabelerConfusions.FromMatrices(table.ClassCount, matrices, common.Matrix(-1)),
            Iterations = 0,
            Converged = true,
        };
    }

    private static CrowdLabels Crowd(int items, int classes, int labelsPerItem, int seed) => CrowdLabels.Simulate(
        items, classes, labelsPerItem,
        [.. new[] { 0.9, 0.8, 0.7, 0.6, 0.5, 0.75, 0.65, 0.85, 0.95, 0.4 }.Select(accuracy => CrowdLabels.OneCoin(classes, accuracy))], seed);

    private sealed class CancelAt(CancellationTokenSource source, List<double> told) : IProgress<double>
    {
        public void Report(double value)
        {
            told.Add(value);
            if (told.Count == 3)
            {
                source.Cancel();
            }
        }
    }
}
