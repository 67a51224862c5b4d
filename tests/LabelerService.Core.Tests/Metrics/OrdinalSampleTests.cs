using CsCheck;
using LabelerService.Core.Metrics;

namespace LabelerService.Core.Tests.Metrics;

public sealed class OrdinalSampleTests
{
    private static readonly Gen<(int Gold, int Predicted)[]> Grades = Gen.Select(Gen.Int[0, 3], Gen.Int[0, 3]).Array[1, 40];

    [Fact]
    public void Values_agree_with_those_worked_out_by_hand()
    {
        var sample = Sample([(0, 0), (1, 2), (2, 2), (0, 2)], 3);

        Assert.Equal(0.75, sample.MeanAbsoluteError());
        // Observed 0 + 1 + 0 + 4 = 5. Expected: gold 2 1 1, predicted 1 0 3: (2·3·4 + 1·1·1 + 1·3·1 + 1·1·4) / 4 = 8.
        Assert.Equal(1 - (5.0 / 8), sample.QuadraticWeightedKappa(), 12);
    }

    [Fact]
    public void Kappa_is_one_for_the_right_answers_and_never_above() => Grades.Sample(grades =>
    {
        var kappa = Sample(grades, 4).QuadraticWeightedKappa();
        Assert.True(kappa <= 1 || double.IsNaN(kappa));
        var right = Sample([.. grades.Select(g => (g.Gold, g.Gold))], 4).QuadraticWeightedKappa();
        Assert.Equal(grades.Select(g => g.Gold).Distinct().Count() > 1 ? 1 : double.NaN, right);
    });

    [Fact]
    public void Reversed_scales_have_the_same_values() => Grades.Sample(grades =>
    {
        OrdinalSample one = Sample(grades, 4), other = Sample([.. grades.Select(g => (3 - g.Gold, 3 - g.Predicted))], 4);
        Assert.Equal(one.MeanAbsoluteError(), other.MeanAbsoluteError(), 12);
        Assert.Equal(one.QuadraticWeightedKappa(), other.QuadraticWeightedKappa(), 1e-9);
    });

    [Fact]
    public void Without_gold_there_is_nothing()
    {
        var sample = new OrdinalSample([1f, 0f], [-1], 2);

        Assert.Equal(0, sample.Count);
        Assert.True(double.IsNaN(sample.MeanAbsoluteError()));
        Assert.True(double.IsNaN(sample.QuadraticWeightedKappa()));
    }

    private static OrdinalSample Sample((int Gold, int Predicted)[] grades, int classes) => new(
        [.. grades.SelectMany(g => Enumerable.Range(0, classes).Select(k => k == g.Predicted ? 1f : 0f))], [.. grades.Select(g => g.Gold)], classes);
}
