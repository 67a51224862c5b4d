using LabelerService.Core.Aggregation;
using LabelerService.Core.Aggregation.Skills;
using LabelerService.Core.Parallelism;
using LabelerService.Core.Tests.Data;

namespace LabelerService.Core.Tests.Aggregation.Skills;

public sealed class MaceTests
{
    private const double EulerGamma = 0.57721566490153286;

    [Fact]
    public void Digamma_has_its_known_values_and_recurrence()
    {
        Assert.Equal(-EulerGamma, Digamma.Of(1), 1e-11);
        Assert.Equal(-EulerGamma - (2 * Math.Log(2)), Digamma.Of(0.5), 1e-11);
        Assert.Equal(-EulerGamma + Enumerable.Range(1, 9).Sum(i => 1.0 / i), Digamma.Of(10), 1e-11);
        for (var x = 0.1; x < 30; x += 0.7)
        {
            Assert.Equal(Digamma.Of(x) + (1 / x), Digamma.Of(x + 1), 1e-10);
        }
    }

    /// <summary>
    /// Variational Bayes once more, step by step as the paper writes it: sums over classes and over who knew, without the ratios and orders that
    /// make the product's fast.
    /// </summary>
    [Theory]
    [InlineData(2, false)]
    [InlineData(3, false)]
    [InlineData(3, true)]
    public void Iterations_are_those_of_the_plain_formulas(int classes, bool withGold)
    {
        var matrices = Enumerable.Range(0, 6).Select(r => CrowdLabels.OneCoin(classes, 0.4 + (0.1 * r))).ToArray();
        var crowd = CrowdLabels.Simulate(40, classes, 4, matrices, seed: 8);
        var input = new AggregationInput(crowd.Table) { Gold = withGold ? crowd.Gold.Select((k, n) => n % 4 == 0 ? k : -1).ToArray() : [] };
        var options = new MaceOptions { ClassSmoothing = 1 };
        var run = new MaceRun(new MaceData(input), options, restart: 0);
        var plain = new PlainMace(input, options, run);
        var posteriors = new double[40 * classes];
        run.Fit(posteriors, most: 7, new Blocks(1, default), _ => { });
        plain.Fit(iterations: 7);

        Assert.Equal(plain.LogLikelihood, run.LogLikelihood, 1e-8);
        Assert.Equal(plain.Posteriors, posteriors, (one, other) => Math.Abs(one - other) < 1e-9);
        Assert.Equal(plain.Competence, run.Competence, (one, other) => Math.Abs(one - other) < 1e-9);
    }

    [Fact]
    public void Competences_of_a_simulated_crowd_are_found_again_and_clickers_are_found_out()
    {
        // Labelers know with probability θ; who does not know answers 0 (the first two labelers), or anything.
        double[] thetas = [0.05, 0.3, 0.5, 0.7, 0.9, 0.95];
        var matrices = thetas.Select((theta, r) => Enumerable.Range(0, 9)
            .Select(cell => (cell % 4 == 0 ? theta : 0) + ((1 - theta) * (r < 2 ? (cell % 3 == 0 ? 1 : 0) : 1.0 / 3))).ToArray()).ToArray();
        var crowd = CrowdLabels.Simulate(1500, 3, 6, matrices, seed: 3);
        var consensus = AggregatorCatalogue.Find("mace")!.Create().Aggregate(new AggregationInput(crowd.Table), new AggregationControl());

        // Binomial standard errors are below 0.013; the rest is what is not known of the classes.
        Assert.Equal(thetas, consensus.LabelerSkills!, (one, other) => Math.Abs(one - other) < 0.05);
        Assert.True(crowd.Accuracy(consensus.Posteriors) > 0.97);
    }

    [Fact]
    public void Starts_follow_what_labelers_said_and_not_their_index()
    {
        var table = Tables.Of(3, 3, 2, (0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 2, 1), (2, 1, 0), (2, 2, 0));
        var permuted = Tables.Of(3, 3, 2, (2, 2, 0), (2, 0, 1), (0, 2, 1), (0, 1, 1), (1, 0, 0), (1, 1, 0));
        var (one, other) = (MaceStarts.Fingerprints(table), MaceStarts.Fingerprints(permuted));

        Assert.Equal([one[0], one[1], one[2]], [other[2], other[0], other[1]]);
        Assert.Equal(3, one.Distinct().Count());
    }

    private sealed class PlainMace(AggregationInput input, MaceOptions options, MaceRun start)
    {
        private readonly int _classes = input.Table.ClassCount;
        private readonly double[] _spam = [.. start.Spamming];
        private readonly double[] _know = [.. start.Knowing];
        private readonly double[] _strategy = [.. start.Strategies];
        private double[] _prior = [.. Enumerable.Repeat(1.0 / input.Table.ClassCount, input.Table.ClassCount)];

        public double[] Posteriors { get; } = new double[input.Table.ItemCount * input.Table.ClassCount];

        public double[] Competence { get; } = new double[input.Table.LabelerCount];

        public double LogLikelihood { get; private set; }

        public void Fit(int iterations)
        {
            Expect();
            for (var i = 0; i < iterations; i++)
            {
                Maximise();
                Expect();
            }
        }

        private double Named(int annotation, int k) =>
            (_spam[input.Table.Labelers[annotation]] * _strategy[(input.Table.Labelers[annotation] * _classes) + input.Table.Classes[annotation]])
            + (input.Table.Classes[annotation] == k ? _know[input.Table.Labelers[annotation]] : 0);

        private void Expect()
        {
            LogLikelihood = 0;
            for (var n = 0; n < input.Table.ItemCount; n++)
            {
                var (first, end) = input.Table.RangeOfItem(n);
                var joint = Enumerable.Range(0, _classes)
                    .Select(k => _prior[k] * Enumerable.Range(first, end - first).Aggregate(1.0, (product, i) => product * Named(i, k)))
                    .Select((p, k) => input.IsGold(n, out var known) && known != k ? 0 : p).ToArray();
                LogLikelihood += Math.Log(joint.Sum());
                joint.Select(p => p / joint.Sum()).ToArray().CopyTo(Posteriors, n * _classes);
            }
        }

        private void Maximise()
        {
            var table = input.Table;
            var (known, guessed) = (new double[table.LabelerCount], new double[table.LabelerCount * _classes]);
            for (var i = 0; i < table.Count; i++)
            {
                var (r, y) = (table.Labelers[i], table.Classes[i]);
                for (var k = 0; k < _classes; k++)
                {
                    var p = Posteriors[(table.Items[i] * _classes) + k];
                    var knew = y == k ? _know[r] / Named(i, k) : 0;
                    known[r] += p * knew;
                    guessed[(r * _classes) + y] += p * (1 - knew);
                }
            }

            for (var r = 0; r < table.LabelerCount; r++)
            {
                var all = guessed[(r * _classes)..((r + 1) * _classes)].Sum();
                var total = Digamma.Of(all + known[r] + options.PriorKnowing + options.PriorSpamming);
                _know[r] = Math.Exp(Digamma.Of(known[r] + options.PriorKnowing) - total);
                _spam[r] = Math.Exp(Digamma.Of(all + options.PriorSpamming) - total);
                Competence[r] = (known[r] + options.PriorKnowing) / (all + known[r] + options.PriorKnowing + options.PriorSpamming);
                for (var y = 0; y < _classes; y++)
                {
                    _strategy[(r * _classes) + y] = Math.Exp(
                        Digamma.Of(guessed[(r * _classes) + y] + options.PriorStrategy) - Digamma.Of(all + (_classes * options.PriorStrategy)));
                }
            }

            _prior = [.. Enumerable.Range(0, _classes)
                .Select(k => (Enumerable.Range(0, table.ItemCount).Sum(n => Posteriors[(n * _classes) + k]) + 1) / (table.ItemCount + _classes))];
        }
    }
}
