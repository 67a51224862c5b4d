using LabelerService.Core.Aggregation;
using LabelerService.Core.Annotations;
using LabelerService.Core.Items;
using LabelerService.Core.Tests.Aggregation;

namespace LabelerService.Core.Tests.Items;

public sealed class ItemEvidenceTests
{
    private static readonly double[] Matrices =
        [0.9, 0.05, 0.05, 0.1, 0.8, 0.1, 0.2, 0.1, 0.7, 0.5, 0.3, 0.2, 0.2, 0.6, 0.2, 0.1, 0.3, 0.6, 0.98, 0.01, 0.01, 0.01, 0.98, 0.01, 0.01, 0.01, 0.98];

    private static readonly double[] Prior = [0.5, 0.3, 0.2];

    [Fact]
    public void An_annotation_divided_out_leaves_the_posterior_of_the_table_without_it()
    {
        (int Item, int Labeler, int Class)[] rows = [(0, 0, 0), (0, 1, 1), (0, 2, 2), (1, 2, 1), (2, 0, 2), (2, 1, 2)];
        var table = Tables.Of(3, 3, 3, rows);
        var evidence = new ItemEvidence(new AggregationInput(table), Consensus(table));
        for (var i = 0; i < rows.Length; i++)
        {
            var rest = Tables.Of(3, 3, 3, [.. rows.Where((_, j) => j != i)]);
            var expected = new double[9];
            ConfusionEm.EStep(rest, Prior, Confusions(), expected);
            double[] logs = new double[3], without = new double[3], prior = new double[3];
            evidence.Logs(rows[i].Item, logs);
            evidence.Without(i, logs, without);

            Assert.All(Enumerable.Range(0, 3), k => Assert.Equal(expected[(rows[i].Item * 3) + k], without[k], 1e-9));
            evidence.PriorLogs(rows[i].Item, prior);
            ClassDistributions.SoftMax(prior);
            Assert.All(Enumerable.Range(0, 3), k => Assert.Equal(Prior[k], prior[k], 1e-9));
        }
    }

    [Fact]
    public void A_posterior_that_underflowed_is_worked_out_anew()
    {
        // 400 experts agree but for one: the posterior is 1 exactly, and yet the one must be judged by the others.
        var rows = Enumerable.Range(0, 400).Select(i => (0, 2, i == 0 ? 1 : 0)).ToArray();
        var table = Tables.Of(1, 3, 3, rows);
        var consensus = Consensus(table);
        Assert.Equal(1, consensus.Posteriors[0]);
        double[] logs = new double[3], without = new double[3];
        var evidence = new ItemEvidence(new AggregationInput(table), consensus);
        evidence.Logs(0, logs);
        evidence.Without(0, logs, without);

        Assert.Equal(1, without[0], 1e-12);
        Assert.All(logs, log => Assert.True(double.IsFinite(log)));
    }

    [Fact]
    public void A_known_item_is_its_class_whatever_is_said_of_it()
    {
        var table = Tables.Of(1, 3, 3, (0, 2, 1), (0, 2, 1));
        var input = new AggregationInput(table) { Gold = new[] { 2 } };
        var consensus = new AggregatorOf("hierarchical").Aggregate(input);
        double[] logs = new double[3], without = new double[3];
        var evidence = new ItemEvidence(input, consensus);
        evidence.Logs(0, logs);
        evidence.Without(0, logs, without);

        Assert.Equal([0, 0, 1], without);
    }

    private static LabelerConfusions Confusions() => LabelerConfusions.FromMatrices(3, Matrices, Matrices.AsSpan(0, 9));

    private static Consensus Consensus(AnnotationTable table)
    {
        var posteriors = new double[table.ItemCount * 3];
        ConfusionEm.EStep(table, Prior, Confusions(), posteriors);
        return new Consensus { ClassCount = 3, Posteriors = posteriors, ClassPrior = Prior, Confusions = Confusions(), Iterations = 1, Converged = true };
    }
}
