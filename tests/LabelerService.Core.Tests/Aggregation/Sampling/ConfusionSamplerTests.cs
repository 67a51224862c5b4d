using CsCheck;
using LabelerService.Core.Aggregation;
using LabelerService.Core.Aggregation.Sampling;
using LabelerService.Core.Annotations;
using LabelerService.Core.Tests.Data;

namespace LabelerService.Core.Tests.Aggregation.Sampling;

public sealed class ConfusionSamplerTests
{
    private const int Seeds = 12;

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

    // Means over independent chains against the exact ones: their spread over chains is the Monte-Carlo error. Of some thirty numbers,
    // none is further off than 4.5 errors but for one run of a thousand.
    private static void Compare(AggregationInput input)
    {
        var (table, classes) = (input.Table, input.Table.ClassCount);
        var common = LabelerConfusions.FromMatrices(classes, CrowdLabels.OneCoin(classes, 0.7), CrowdLabels.OneCoin(classes, 0.7));
        var previous = Start(table, common);
        var exact = new ExactPosterior(input, common);
        var draws = int.Parse(Environment.GetEnvironmentVariable("LABELER_SAMPLER_DRAWS") ?? "1500", System.Globalization.CultureInfo.InvariantCulture);
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
}
