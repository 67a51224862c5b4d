using LabelerService.Core.Aggregation;

namespace LabelerService.Core.Tests.Aggregation;

/// <summary>What holds for every aggregator, whatever it is given.</summary>
public sealed class AggregatorPropertyTests
{
    public static TheoryData<string> Ids => [.. AggregatorCatalogue.All.Select(descriptor => descriptor.Id)];

    [Theory]
    [MemberData(nameof(Ids))]
    public void Odd_input_has_defined_results(string id)
    {
        foreach (var (name, input) in AggregatorCases.Odd)
        {
            AssertDefined(input, Run(id, input), $"{id}: {name}");
            AssertDefined(input, Run(id, input, new AggregationControl { MaxIterations = 1 }), $"{id}: {name}, one iteration");
        }
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void Random_input_has_defined_results_which_repeat_bit_for_bit(string id)
    {
        var random = new Random(17);
        for (var trial = 0; trial < 60; trial++)
        {
            var input = AggregatorCases.Random(random);
            var consensus = Run(id, input);

            AssertDefined(input, consensus, $"{id}: trial {trial}");
            AssertSameBits(consensus, Run(id, input), $"{id}: trial {trial}");
        }
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void Results_are_the_same_bits_for_any_number_of_threads(string id)
    {
        var input = AggregatorCases.Large(2500, 8, 4);
        var one = Run(id, input, new AggregationControl { Threads = 1, MaxIterations = 6 });

        AssertDefined(input, one, id);
        AssertSameBits(one, Run(id, input, new AggregationControl { Threads = 3, MaxIterations = 6 }), id);
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void The_order_of_items_and_labelers_changes_nothing_but_the_order(string id)
    {
        var random = new Random(23);
        foreach (var input in AggregatorCases.Odd.Select(odd => odd.Input)
            .Concat(Enumerable.Range(0, 40).Select(_ => AggregatorCases.Random(random))).Append(AggregatorCases.Large(300, 6, 3)))
        {
            int[] items = [.. Enumerable.Range(0, input.Table.ItemCount)], labelers = [.. Enumerable.Range(0, input.Table.LabelerCount)];
            random.Shuffle(items);
            random.Shuffle(labelers);
            var (straight, permuted) = (Run(id, input), Run(id, AggregatorCases.Permuted(input, items, labelers)));

            var classes = input.Table.ClassCount;
            for (var cell = 0; cell < straight.Posteriors.Length; cell++)
            {
                var to = (items[cell / classes] * classes) + (cell % classes);
                Assert.Equal(straight.Posteriors[cell], permuted.Posteriors[to], 1e-6);
            }

            for (var r = 0; r < labelers.Length && straight.LabelerSkills is not null; r++)
            {
                Assert.Equal(straight.LabelerSkills[r], permuted.LabelerSkills![labelers[r]], 1e-6);
            }

            for (var n = 0; n < items.Length && straight.ItemDifficulties is not null; n++)
            {
                Assert.Equal(straight.ItemDifficulties[n], permuted.ItemDifficulties![items[n]], 1e-6);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void A_previous_consensus_of_fewer_items_and_labelers_is_taken(string id)
    {
        var before = Run(id, new AggregationInput(Tables.Of(2, 2, 2, (0, 0, 0), (0, 1, 0), (1, 0, 1), (1, 1, 1))));
        var table = Tables.Of(4, 3, 2, (0, 0, 0), (0, 1, 0), (1, 0, 1), (1, 1, 1), (2, 0, 1), (2, 1, 1), (2, 2, 1), (3, 1, 0), (3, 2, 0));
        var input = new AggregationInput(table) { Previous = before };
        var consensus = Run(id, input);

        AssertDefined(input, consensus, id);
        Assert.Equal([0, 1, 1, 0], consensus.Classes());
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void Cancellation_is_honoured_before_and_between_iterations(string id)
    {
        var input = AggregatorCases.Large(300, 6, 3);
        using var before = new CancellationTokenSource();
        before.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => Run(id, input, new AggregationControl { Cancel = before.Token }));

        var iterations = Run(id, input).Iterations;
        using var between = new CancellationTokenSource();
        var reports = new Reports(between.Cancel);
        var control = new AggregationControl { Threads = 1, Cancel = between.Token, Progress = reports };
        if (iterations > 1)
        {
            Assert.ThrowsAny<OperationCanceledException>(() => Run(id, input, control));
            Assert.Equal(1, reports.Count);
        }
    }

    private static Consensus Run(string id, AggregationInput input, AggregationControl? control = null) =>
        AggregatorCatalogue.Find(id)!.Create().Aggregate(input, control ?? new AggregationControl());

    private static void AssertDefined(AggregationInput input, Consensus consensus, string what)
    {
        var table = input.Table;
        Assert.Equal(table.ItemCount * table.ClassCount, consensus.Posteriors.Length);
        Assert.True(AreDistributions(consensus.Posteriors, table.ClassCount), $"{what}: posteriors {string.Join(' ', consensus.Posteriors)}");
        Assert.True(AreDistributions(consensus.ClassPrior, table.ClassCount), $"{what}: class prior {string.Join(' ', consensus.ClassPrior)}");
        Assert.Equal(table.ClassCount, consensus.ClassPrior.Length);
        foreach (var (values, count) in new[] { (consensus.LabelerSkills, table.LabelerCount), (consensus.ItemDifficulties, table.ItemCount) })
        {
            Assert.True(values is null || (values.Length == count && values.All(value => value is >= 0 and <= 1)), $"{what}: {string.Join(' ', values ?? [])}");
        }

        for (var n = 0; n < table.ItemCount; n++)
        {
            Assert.True(!input.IsGold(n, out var known) || consensus.Posteriors[(n * table.ClassCount) + known] == 1, $"{what}: known item {n}");
        }
    }

    private static bool AreDistributions(double[] values, int classes)
    {
        for (var n = 0; n < values.Length / classes; n++)
        {
            var row = values[(n * classes)..((n + 1) * classes)];
            if (row.Any(p => !(p is >= 0 and <= 1 + 1e-12)) || Math.Abs(row.Sum() - 1) > 1e-9)
            {
                return false;
            }
        }

        return true;
    }

    private static void AssertSameBits(Consensus one, Consensus other, string what)
    {
        Assert.True(one.Posteriors.AsSpan().SequenceEqual(other.Posteriors), $"{what}: posteriors");
        Assert.True(one.ClassPrior.AsSpan().SequenceEqual(other.ClassPrior), $"{what}: class prior");
        Assert.True(one.LabelerSkills.AsSpan().SequenceEqual(other.LabelerSkills), $"{what}: skills");
        Assert.True(one.ItemDifficulties.AsSpan().SequenceEqual(other.ItemDifficulties), $"{what}: difficulties");
        Assert.Equal(one.Iterations, other.Iterations);
    }

    // At once and in order, unlike Progress<T>.
    private sealed class Reports(Action first) : IProgress<AggregationProgress>
    {
        public int Count { get; private set; }

        public void Report(AggregationProgress value)
        {
            if (Count++ == 0)
            {
                first();
            }
        }
    }
}
