using LabelerService.Core.Models;
using LabelerService.Core.Training;

namespace LabelerService.Core.Tests.Models;

public sealed class HeadMixtureTests
{
    private const int Heads = 7;
    private const int Classes = 4;
    private readonly Random _random = new(12);

    [Theory]
    [InlineData(Mixing.Linear, 1)]
    [InlineData(Mixing.Linear, 1.7)]
    [InlineData(Mixing.LogLinear, 1)]
    [InlineData(Mixing.LogLinear, 0.6)]
    public void A_subset_is_the_average_by_renormalised_weights(Mixing mixing, double temperature)
    {
        var (heads, weights) = (Distributions(Heads, Classes), Distributions(1, Heads));
        int[][] subsets = [[0, 1, 2, 3, 4, 5, 6], [3], [0, 6], [1, 2, 5]];
        foreach (var subset in subsets)
        {
            var (subsetWeights, result) = (new float[subset.Length], new float[Classes]);
            new HeadMixture(mixing, temperature).Average(heads, weights, subset, subsetWeights, result);
            var total = subset.Sum(head => (double)weights[head]);
            Assert.Equal(1, subsetWeights.Sum(), 1e-6);
            var expected = Expected(mixing, temperature, heads, [.. subset.Select(head => (head, weights[head] / total))]);
            for (var k = 0; k < Classes; k++)
            {
                Assert.Equal(expected[k], result[k], 1e-6);
            }
        }
    }

    [Fact]
    public void One_head_alone_says_what_it_says_with_all_the_weight()
    {
        var (heads, weights) = (Distributions(Heads, Classes), Distributions(1, Heads));
        var (subsetWeights, result) = (new float[1], new float[Classes]);
        new HeadMixture(Mixing.Linear, 1).Average(heads, weights, [5], subsetWeights, result);
        Assert.Equal([1f], subsetWeights);
        Assert.Equal(heads[(5 * Classes)..(6 * Classes)], result);
    }

    [Fact]
    public void Heads_without_any_weight_count_alike()
    {
        var heads = Distributions(Heads, Classes);
        var weights = new float[Heads];
        weights[0] = 1;
        var (subsetWeights, result) = (new float[2], new float[Classes]);
        new HeadMixture(Mixing.Linear, 1).Average(heads, weights, [2, 4], subsetWeights, result);
        Assert.Equal([0.5f, 0.5f], subsetWeights);
        Assert.Equal((heads[2 * Classes] + heads[4 * Classes]) / 2, result[0], 1e-6f);
    }

    [Theory]
    [InlineData("wdn", null, true)]
    [InlineData("bn", null, true)]
    [InlineData("consensus", null, false)]
    [InlineData("crowd_layer", null, false)]
    [InlineData("auto", "wdn[mixing=linear]", true)]
    [InlineData("auto", "consensus[classifier=net]", false)]
    [InlineData("auto", null, false)]
    public void Only_models_that_average_their_heads_have_subsets(string algorithm, string? chosen, bool has)
    {
        var manifest = Manifest(algorithm) with { Selection = chosen is null ? null : new ModelSelection("c", chosen, "r", []) };
        Assert.Equal(has, HeadMixture.Of(manifest) is not null);
    }

    [Fact]
    public void Mixing_and_temperature_are_those_the_model_was_trained_with()
    {
        var settings = AlgorithmCatalogue.Validate("dn", new Dictionary<string, string> { ["mixing"] = LogLinear() }).Effective;
        Assert.Equal(new HeadMixture(Mixing.LogLinear, 1.5), HeadMixture.Of(Manifest("dn") with { Settings = settings, Temperature = 1.5 }));
        Assert.Equal(
            new HeadMixture(Mixing.Linear, 1),
            HeadMixture.Of(Manifest("dn") with { Settings = AlgorithmCatalogue.Validate("dn", new Dictionary<string, string>()).Effective }));
    }

    // Whatever the setting's text for it is, the catalogue has it.
    private static string LogLinear() => new[] { "loglinear", "log_linear", "log-linear" }.Single(text =>
    {
        try
        {
            return AlgorithmCatalogue.Validate("dn", new Dictionary<string, string> { ["mixing"] = text }).Mixing == Mixing.LogLinear;
        }
        catch (Core.Errors.ServiceException)
        {
            return false;
        }
    });

    private static double[] Expected(Mixing mixing, double temperature, float[] heads, (int Head, double Weight)[] members)
    {
        var mixed = new double[Classes];
        for (var k = 0; k < Classes; k++)
        {
            var sum = members.Sum(member => member.Weight * (mixing == Mixing.Linear
                ? heads[(member.Head * Classes) + k]
                : Math.Log(heads[(member.Head * Classes) + k])));
            mixed[k] = mixing == Mixing.Linear ? sum : Math.Exp(sum);
        }

        double[] tempered = [.. mixed.Select(p => Math.Pow(p / mixed.Sum(), 1 / temperature))];
        return [.. tempered.Select(p => p / tempered.Sum())];
    }

    private float[] Distributions(int rows, int length)
    {
        var values = new float[rows * length];
        for (var row = 0; row < rows; row++)
        {
            var draws = Enumerable.Range(0, length).Select(_ => _random.NextDouble() + 0.01).ToArray();
            for (var i = 0; i < length; i++)
            {
                values[(row * length) + i] = (float)(draws[i] / draws.Sum());
            }
        }

        return values;
    }

    private static ModelManifest Manifest(string algorithm) => new()
    {
        Algorithm = algorithm,
        Classes = ["a", "b"],
        FeatureLength = 2,
        Heads = [new ModelHead(null, 0, 1, 1)],
        Settings = new Dictionary<string, string>(),
        Seed = 1,
        SnapshotId = "s",
        CodeVersion = "1",
        AnnotationCount = 1,
        Metrics = [],
        ParityMaxDifference = 0,
        TrainingSeconds = 0,
    };
}
