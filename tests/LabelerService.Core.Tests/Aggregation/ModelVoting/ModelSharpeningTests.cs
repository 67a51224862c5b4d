using LabelerService.Core.Aggregation;
using LabelerService.Core.Aggregation.ModelVoting;
using LabelerService.Core.Annotations;
using LabelerService.Core.Tests.Data;

namespace LabelerService.Core.Tests.Aggregation.ModelVoting;

public sealed class ModelSharpeningTests
{
    private const int Classes = 3;
    private static readonly double[] Accuracies = [0.95, 0.85, 0.75, 0.65, 0.5, 0.35];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_model_that_is_too_unsure_by_a_known_power_gets_that_power_back(int labels)
    {
        var crowd = Crowd(labels, seed: 1);
        var sure = Bayes(crowd.Gold, seed: 2);
        var unsure = Power(sure, 0.2);
        var sharpened = ModelSharpening.Apply(Input(crowd, unsure), new AggregationControl());
        var (asIs, with, best) = (Run(crowd, unsure), Run(crowd, sharpened.Probabilities.ToArray()), Run(crowd, sure));

        // With one label an item the likelihood is flat: a third less or more does the same.
        Assert.InRange(sharpened.Power, 3.3, 7);
        Assert.Equal("MODEL_SHARPENED", sharpened.Warning!.Code);
        Assert.Equal(Right(crowd, best), Right(crowd, with), 0.01);
        Assert.All(with.LabelerSkills!.Zip(Accuracies), pair => Assert.Equal(pair.Second, pair.First, 0.06));
        Assert.True(Right(crowd, asIs) < Right(crowd, with) - 0.03, $"{Right(crowd, asIs)} {Right(crowd, with)}");
    }

    [Fact]
    public void A_model_that_is_as_sure_as_it_is_right_or_surer_stays_as_it_is()
    {
        var crowd = Crowd(2, seed: 1);
        var sure = Bayes(crowd.Gold, seed: 2);
        var tooSure = Power(sure, 3);

        var right = ModelSharpening.Apply(Input(crowd, sure), new AggregationControl());
        Assert.InRange(right.Power, 1, 1.3);
        Assert.Null(right.Warning);
        var kept = ModelSharpening.Apply(Input(crowd, tooSure), new AggregationControl());
        Assert.Equal(1, kept.Power);
        Assert.Equal(tooSure, kept.Probabilities.ToArray());
    }

    [Fact]
    public void Labelers_of_a_few_labels_each_are_no_evidence_against_the_model()
    {
        var accuracies = Enumerable.Range(0, 300).Select(r => 0.5 + (0.45 * (r * 37 % 300) / 300)).ToArray();
        var crowd = CrowdLabels.Simulate(2_000, Classes, 1, [.. accuracies.Select(accuracy => CrowdLabels.OneCoin(Classes, accuracy))], 9);

        Assert.Equal(1, ModelSharpening.Apply(Input(crowd, Power(Bayes(crowd.Gold, seed: 10), 0.7)), new AggregationControl()).Power);
    }

    [Fact]
    public void Silence_stays_silence_the_likeliest_class_stays_and_items_without_annotations_are_sharpened_too()
    {
        var crowd = Crowd(1, seed: 3);
        var table = crowd.Table;
        var unsure = Power(Bayes(crowd.Gold, seed: 4), 0.2);
        unsure.AsSpan(0, Classes).Clear();
        int[] kept = [.. Enumerable.Range(0, table.Count).Where(a => table.Items[a] % 7 != 0)];
        var fewer = new AnnotationTable(
            table.ItemCount, table.LabelerCount, Classes, [.. kept.Select(a => table.Items[a])], [.. kept.Select(a => table.Labelers[a])],
            [.. kept.Select(a => table.Classes[a])]);
        var sharpened = ModelSharpening.Apply(new AggregationInput(fewer) { ModelProbabilities = unsure }, new AggregationControl());
        var rows = sharpened.Probabilities.ToArray().Chunk(Classes).ToArray();

        Assert.Equal(new float[Classes], rows[0]);
        foreach (var (before, after) in unsure.Chunk(Classes).Zip(rows).Skip(1))
        {
            Assert.Equal(1, after.Sum(), 1e-5);
            Assert.Equal(Array.IndexOf(before, before.Max()), Array.IndexOf(after, after.Max()));
            Assert.True(after.Max() > before.Max());
            Assert.Equal(Math.Pow(before[0] / before[1], sharpened.Power), after[0] / after[1], 1e-3 * Math.Max(1, after[0] / after[1]));
        }
    }

    [Fact]
    public void The_bits_do_not_depend_on_threads()
    {
        var crowd = Crowd(2, seed: 5);
        var input = Input(crowd, Power(Bayes(crowd.Gold, seed: 6), 0.3));
        var one = ModelSharpening.Apply(input, new AggregationControl { Threads = 1 });

        foreach (var threads in (int[])[2, 3, 8])
        {
            var more = ModelSharpening.Apply(input, new AggregationControl { Threads = threads });
            Assert.Equal(one.Power, more.Power);
            Assert.Equal(one.Probabilities.ToArray(), more.Probabilities.ToArray());
        }
    }

    [Fact]
    public void Poor_data_leave_the_model_as_it_is_or_finite()
    {
        var none = new AnnotationTable(2, 1, 2, [], [], []);
        var one = new AnnotationTable(2, 1, 2, [0, 1], [0, 0], [0, 1]);
        var single = new AnnotationTable(2, 1, 1, [0, 1], [0, 0], [0, 0]);
        foreach (var (table, model) in ((AnnotationTable, float[])[])
            [
                (none, [0.6f, 0.4f, 0.5f, 0.5f]), (one, []), (one, [0, 0, 0, 0]), (single, [1, 1]), (one, [float.NaN, 0.5f, float.PositiveInfinity, 0]),
            ])
        {
            var sharpened = ModelSharpening.Apply(new AggregationInput(table) { ModelProbabilities = model }, new AggregationControl());
            Assert.Equal(1, sharpened.Power);
            Assert.Equal(model, sharpened.Probabilities.ToArray());
        }

        foreach (var model in (float[][])[[0.6f, 0.4f, 0.4f, 0.6f], [0.6f, 0.4f, 0.6f, 0.4f], [1, 0, 0, 1], [0.5f, 0.5f, 0.5f, 0.5f], [0.6f, 0.4f, 0, 0]])
        {
            var sharpened = ModelSharpening.Apply(new AggregationInput(one) { ModelProbabilities = model }, new AggregationControl());
            Assert.InRange(sharpened.Power, 1, 20.001);
            Assert.All(sharpened.Probabilities.ToArray(), value => Assert.InRange(value, 0, 1));
        }
    }

    [Fact]
    public void Cancelling_ends_it()
    {
        var crowd = Crowd(1, seed: 7);
        Assert.ThrowsAny<OperationCanceledException>(() => ModelSharpening.Apply(
            Input(crowd, Power(Bayes(crowd.Gold, seed: 8), 0.2)), new AggregationControl { Cancel = new CancellationToken(true) }));
    }

    private static CrowdLabels Crowd(int labels, int seed) =>
        CrowdLabels.Simulate(3_000, Classes, labels, [.. Accuracies.Select(accuracy => CrowdLabels.OneCoin(Classes, accuracy))], seed);

    private static AggregationInput Input(CrowdLabels crowd, float[] model) => new(crowd.Table) { ModelProbabilities = model };

    private static Consensus Run(CrowdLabels crowd, float[] model) => AggregatorCatalogue.Find("model")!.Create().Aggregate(Input(crowd, model), new AggregationControl());

    private static double Right(CrowdLabels crowd, Consensus consensus) =>
        consensus.Classes().Zip(crowd.Gold).Count(pair => pair.First == pair.Second) / (double)crowd.Gold.Length;

    /// <summary>Exact posteriors of classes that show as Gaussians at the corners of a triangle, 2 standard deviations from its centre.</summary>
    private static float[] Bayes(IReadOnlyList<int> gold, int seed)
    {
        var random = new Random(seed);
        var rows = new float[gold.Count * Classes];
        var logs = new double[Classes];
        for (var n = 0; n < gold.Count; n++)
        {
            var (x, y) = (Normal() + X(gold[n]), Normal() + Y(gold[n]));
            for (var k = 0; k < Classes; k++)
            {
                logs[k] = -(((x - X(k)) * (x - X(k))) + ((y - Y(k)) * (y - Y(k)))) / 2;
            }

            ClassDistributions.SoftMax(logs);
            for (var k = 0; k < Classes; k++)
            {
                rows[(n * Classes) + k] = (float)logs[k];
            }
        }

        return rows;

        double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

        static double X(int k) => 2 * Math.Cos(2 * Math.PI * k / Classes);

        static double Y(int k) => 2 * Math.Sin(2 * Math.PI * k / Classes);
    }

    private static float[] Power(float[] rows, double power) =>
    [
        .. rows.Chunk(Classes).SelectMany(row =>
        {
            var raised = row.Select(p => Math.Pow(Math.Max(p, 1e-12), power)).ToArray();
            return raised.Select(value => (float)(value / raised.Sum()));
        }),
    ];
}
