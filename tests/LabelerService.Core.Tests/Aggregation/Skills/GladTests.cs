using LabelerService.Core.Aggregation;
using LabelerService.Core.Aggregation.Skills;
using LabelerService.Core.Annotations;
using LabelerService.Core.Parallelism;

namespace LabelerService.Core.Tests.Aggregation.Skills;

public sealed class GladTests
{
    private const double Step = 1e-5;

    [Fact]
    public void Gradients_and_curvatures_are_those_of_finite_differences()
    {
        var random = new Random(1);
        var (table, model) = Random(random, items: 12, labelers: 5, classes: 3, labels: 40);
        for (var r = 0; r < table.LabelerCount; r++)
        {
            var at = (random.NextDouble() * 6) - 3;
            Compare(model.OfAbility(r, at), model.OfAbility(r, at - Step), model.OfAbility(r, at + Step), exact: true);
        }

        for (var n = 0; n < table.ItemCount; n++)
        {
            var at = (random.NextDouble() * 4) - 2;
            Compare(model.OfLogEase(n, at), model.OfLogEase(n, at - Step), model.OfLogEase(n, at + Step), exact: false);
        }
    }

    /// <summary>Differences of the parts are differences of the expected log posterior written out in full.</summary>
    [Fact]
    public void Parts_of_the_objective_add_up_to_the_expected_log_posterior()
    {
        var random = new Random(2);
        var (table, model) = Random(random, items: 6, labelers: 4, classes: 3, labels: 700);
        for (var trial = 0; trial < 20; trial++)
        {
            var (labeler, item, value) = (random.Next(4), random.Next(6), (random.NextDouble() * 3) - 1);
            var before = Expected(table, model);
            var parts = model.OfAbility(labeler, value).Value - model.OfAbility(labeler, model.Abilities[labeler]).Value;
            model.Abilities[labeler] = value;
            Assert.Equal(Expected(table, model) - before, parts, 1e-5);

            before = Expected(table, model);
            parts = model.OfLogEase(item, value).Value - model.OfLogEase(item, model.LogEase[item]).Value;
            model.LogEase[item] = value;
            model.Ease[item] = Math.Exp(value);
            Assert.Equal(Expected(table, model) - before, parts, 1e-5);
        }
    }

    /// <summary>The E-step against the definition: Σ over classes of (1/K) Π of the probabilities of the annotations.</summary>
    [Fact]
    public void Posteriors_and_likelihood_are_those_of_the_definition()
    {
        var random = new Random(3);
        var (table, model) = Random(random, items: 8, labelers: 5, classes: 4, labels: 30);
        for (var n = 0; n < table.ItemCount; n++)
        {
            var joint = new double[table.ClassCount];
            joint.AsSpan().Fill(1.0 / table.ClassCount);
            var (start, end) = table.RangeOfItem(n);
            for (var i = start; i < end; i++)
            {
                for (var k = 0; k < joint.Length; k++)
                {
                    joint[k] *= Probability(model, table.Labelers[i], n, table.Classes[i] == k, table.ClassCount);
                }
            }

            var evidence = model.Expect(n, known: -1);
            Assert.Equal(Math.Log(joint.Sum()), evidence, 1e-9);
            for (var k = 0; k < joint.Length; k++)
            {
                Assert.Equal(joint[k] / joint.Sum(), model.Posteriors[(n * joint.Length) + k], 1e-9);
            }

            Assert.Equal(Math.Log(joint[2] * joint.Length), model.Expect(n, known: 2), 1e-9);
        }
    }

    [Fact]
    public void The_log_posterior_never_falls()
    {
        var random = new Random(4);
        for (var trial = 0; trial < 20; trial++)
        {
            var input = AggregatorCases.Random(random);
            var model = new GladModel(input.Table, new LabelerOrder(input.Table));
            var (blocks, glad) = (new Blocks(1, default), new GladAggregator(new GladOptions()));
            var before = GladAggregator.Expect(input, model, blocks);
            for (var iteration = 0; iteration < 15; iteration++)
            {
                glad.Maximise(input, model, blocks);
                var after = GladAggregator.Expect(input, model, blocks);
                Assert.True(after >= before - 1e-9, $"trial {trial}, iteration {iteration}: {before} to {after}");
                before = after;
            }
        }
    }

    [Fact]
    public void Abilities_and_difficulties_of_a_simulated_crowd_are_found_again()
    {
        const int Items = 600, Labelers = 12;
        var random = new Random(5);
        var abilities = Enumerable.Range(0, Labelers).Select(r => r == 0 ? -1.0 : 0.3 + (0.2 * r)).ToArray();
        var hard = Enumerable.Range(0, Items).Select(n => n % 2 == 0).ToArray();
        var truth = Enumerable.Range(0, Items).Select(_ => random.Next(3)).ToArray();
        var rows = from n in Enumerable.Range(0, Items)
                   from r in Enumerable.Range(0, Labelers)
                   let right = random.NextDouble() < 1 / (1 + Math.Exp(-abilities[r] * (hard[n] ? 0.5 : 4)))
                   select (n, r, right ? truth[n] : (truth[n] + random.Next(1, 3)) % 3);
        var consensus = AggregatorCatalogue.Find("glad")!.Create().Aggregate(
            new AggregationInput(Tables.Of(Items, Labelers, 3, [.. rows])), new AggregationControl());

        // Skills in the order of abilities, the adversary last; hard items found harder.
        Assert.True(consensus.LabelerSkills![0] < 0.3);
        Assert.True(SpearmanOfOrder(consensus.LabelerSkills[1..]) > 0.9);
        var difficulties = consensus.ItemDifficulties!;
        Assert.True(difficulties.Where((_, n) => hard[n]).Average() > difficulties.Where((_, n) => !hard[n]).Average() + 0.1);
        Assert.True(consensus.Classes().Zip(truth).Count(pair => pair.First == pair.Second) > 0.93 * Items);
    }

    private static double SpearmanOfOrder(double[] values)
    {
        var ranks = values.Select(value => values.Count(other => other < value)).ToArray();
        var squares = ranks.Select((rank, i) => (double)(rank - i) * (rank - i)).Sum();
        return 1 - (6 * squares / (values.Length * ((values.Length * values.Length) - 1)));
    }

    private static void Compare(GladPoint here, GladPoint below, GladPoint above, bool exact)
    {
        Assert.Equal((above.Value - below.Value) / (2 * Step), here.Gradient, 1e-5);
        // Curvature is minus the second derivative; of a difficulty only where that is safely positive.
        var second = (above.Gradient - below.Gradient) / (2 * Step);
        if (exact || second < -1)
        {
            Assert.Equal(-second, here.Curvature, 1e-4);
        }

        Assert.True(here.Curvature >= 1 - 1e-12);
    }

    private static double Expected(AnnotationTable table, GladModel model)
    {
        var sum = model.LogPrior();
        for (var i = 0; i < table.Count; i++)
        {
            for (var k = 0; k < table.ClassCount; k++)
            {
                var probability = Probability(model, table.Labelers[i], table.Items[i], table.Classes[i] == k, table.ClassCount);
                sum += model.Posteriors[(table.Items[i] * table.ClassCount) + k] * Math.Log(probability);
            }
        }

        return sum;
    }

    private static double Probability(GladModel model, int labeler, int item, bool right, int classes)
    {
        var sigma = 1 / (1 + Math.Exp(-model.Abilities[labeler] * model.Ease[item]));
        return right ? sigma : (1 - sigma) / (classes - 1);
    }

    private static (AnnotationTable Table, GladModel Model) Random(Random random, int items, int labelers, int classes, int labels)
    {
        var table = Tables.Of(items, labelers, classes, [.. Enumerable.Range(0, labels).Select(_ => (random.Next(items), random.Next(labelers), random.Next(classes)))]);
        var model = new GladModel(table, new LabelerOrder(table));
        Tables.Distributions(random, items, classes).CopyTo(model.Posteriors, 0);
        for (var r = 0; r < labelers; r++)
        {
            model.Abilities[r] = (random.NextDouble() * 4) - 1;
        }

        for (var n = 0; n < items; n++)
        {
            model.LogEase[n] = (random.NextDouble() * 2) - 1;
            model.Ease[n] = Math.Exp(model.LogEase[n]);
        }

        return (table, model);
    }
}
