using LabelerService.Core.Aggregation;
using LabelerService.Core.Aggregation.Spectral;
using LabelerService.Core.Annotations;
using LabelerService.Core.Parallelism;
using LabelerService.Core.Tests.Data;

namespace LabelerService.Core.Tests.Aggregation.Spectral;

public sealed class KosTests
{
    /// <summary>Messages along edges, summed over all other edges, as the paper writes the algorithm for labels ±1.</summary>
    [Fact]
    public void Two_classes_are_decided_as_by_the_published_messages()
    {
        var random = new Random(6);
        for (var trial = 0; trial < 30; trial++)
        {
            var matrices = Enumerable.Range(0, 7).Select(_ => CrowdLabels.OneCoin(2, 0.4 + (0.55 * random.NextDouble()))).ToArray();
            var table = CrowdLabels.Simulate(25, 2, 4, matrices, seed: trial).Table;
            const int Iterations = 5;
            var messages = new KosMessages(new AggregationInput(table), new Blocks(1, default));
            for (var iteration = 0; iteration < Iterations; iteration++)
            {
                messages.Step();
            }

            var plain = Published(table, Iterations);
            var scale = plain.Max(Math.Abs);
            Assert.Equal(plain.Select(y => y / scale), messages.Reliabilities, (one, other) => Math.Abs(one - other) < 1e-9);
        }
    }

    /// <summary>The same with vectors, message by message: e(y) − 1/K in place of ±1.</summary>
    [Fact]
    public void Several_classes_are_messages_of_simplex_corners()
    {
        var random = new Random(7);
        var matrices = Enumerable.Range(0, 6).Select(_ => CrowdLabels.OneCoin(3, 0.4 + (0.5 * random.NextDouble()))).ToArray();
        var table = CrowdLabels.Simulate(20, 3, 4, matrices, seed: 1).Table;
        var messages = new KosMessages(new AggregationInput(table), new Blocks(1, default));
        for (var iteration = 0; iteration < 4; iteration++)
        {
            messages.Step();
        }

        var plain = Published(table, 4);
        var scale = plain.Max(Math.Abs);
        Assert.Equal(plain.Select(y => y / scale), messages.Reliabilities, (one, other) => Math.Abs(one - other) < 1e-9);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public void Skills_of_a_simulated_crowd_are_found_again(int classes)
    {
        double[] accuracies = [.. Enumerable.Range(0, 30).Select(r => 0.2 + (0.025 * r))];
        var crowd = CrowdLabels.Simulate(3000, classes, 6, [.. accuracies.Select(a => CrowdLabels.OneCoin(classes, a))], seed: 2);
        var consensus = AggregatorCatalogue.Find("kos")!.Create().Aggregate(new AggregationInput(crowd.Table), new AggregationControl());

        Assert.True(consensus.Converged);
        Assert.True(crowd.Accuracy(consensus.Posteriors) > crowd.Accuracy(MajorityVote.Posteriors(crowd.Table)));
        // 600 annotations a labeler: a standard error of 0.02, and as much again of the messages of five others.
        Assert.Equal(accuracies, consensus.LabelerSkills!, (one, other) => Math.Abs(one - other) < 0.09);
    }

    /// <summary>The decision is the sign of the weighted vote, whatever the calibration.</summary>
    [Fact]
    public void Calibration_leaves_the_decisions_as_they_are_and_is_not_sure_of_a_crowd_that_guesses()
    {
        var good = CrowdLabels.Simulate(400, 2, 5, [.. Enumerable.Repeat(CrowdLabels.OneCoin(2, 0.85), 8)], seed: 4);
        var guessing = CrowdLabels.Simulate(400, 2, 5, [.. Enumerable.Repeat(CrowdLabels.OneCoin(2, 0.5), 8)], seed: 4);
        var (sure, unsure) = (Run(good.Table), Run(guessing.Table));

        // Five labelers who are right at 0.85: the majority is right on 97 % of items.
        Assert.InRange(Sureness(sure), 0.94, 0.99);
        Assert.True(Sureness(unsure) < 0.75);
        Assert.True(good.Accuracy(sure.Posteriors) > 0.95);
    }

    private static double Sureness(Consensus consensus) => consensus.Posteriors.Chunk(2).Average(row => row.Max());

    private static Consensus Run(AnnotationTable table) =>
        AggregatorCatalogue.Find("kos")!.Create().Aggregate(new AggregationInput(table), new AggregationControl());

    private static double[] Published(AnnotationTable table, int iterations)
    {
        var corners = Enumerable.Range(0, table.Count)
            .Select(i => Enumerable.Range(0, table.ClassCount).Select(k => (table.Classes[i] == k ? 1 : 0) - (1.0 / table.ClassCount)).ToArray()).ToArray();
        var y = Enumerable.Repeat(1.0, table.Count).ToArray();
        for (var iteration = 0; iteration < iterations; iteration++)
        {
            var x = new double[table.Count][];
            for (var e = 0; e < x.Length; e++)
            {
                x[e] = new double[table.ClassCount];
                for (var f = 0; f < x.Length; f++)
                {
                    for (var k = 0; k < table.ClassCount && f != e && table.Items[f] == table.Items[e]; k++)
                    {
                        x[e][k] += corners[f][k] * y[f];
                    }
                }
            }

            var next = new double[table.Count];
            for (var e = 0; e < next.Length; e++)
            {
                for (var f = 0; f < next.Length; f++)
                {
                    next[e] += f != e && table.Labelers[f] == table.Labelers[e] ? corners[f].Zip(x[f]).Sum(pair => pair.First * pair.Second) : 0;
                }
            }

            y = next;
        }

        return y;
    }
}
