using LabelerService.Core.Curves;

namespace LabelerService.Core.Tests.Curves;

public class CurveGrowthTests
{
    // Curves in n = e^x as they are written elsewhere, from any height.
    private static readonly Dictionary<string, (CurveGrowth Growth, Func<double, double> Curve)> All = new(StringComparer.Ordinal)
    {
        ["line"] = (new PowerGrowth(0), Math.Log),
        ["power"] = (new PowerGrowth(0.5), n => -2 * Math.Pow(n, -0.5)),
        ["Morgan, Mercer, Flodin"] = (new HillGrowth(1.4, -0.7), n => Math.Pow(n, 1.4) / (Math.Exp(-0.98) + Math.Pow(n, 1.4))),
        ["Weibull"] = (new WeibullGrowth(1.4, -0.7), n => -Math.Exp(-Math.Exp(0.98) * Math.Pow(n, 1.4))),
        ["Fréchet"] = (new FrechetGrowth(1.4, -0.7), n => Math.Exp(-Math.Exp(-0.98) * Math.Pow(n, -1.4))),
    };

    public static TheoryData<string> Names => [.. All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Growth_is_its_curve_counted_from_the_largest_part(string name)
    {
        var (growth, curve) = All[name];
        Assert.Equal(0, growth.Of(0), 1e-15);
        foreach (var n in new[] { 0.03, 0.2, 0.7, 2, 10 })
        {
            Assert.Equal(curve(n) - curve(1), growth.Of(Math.Log(n)), 1e-12);
        }

        Assert.Equal(growth.Saturates, double.IsFinite(growth.Of(double.PositiveInfinity)));
    }

    [Fact]
    public void Prior_of_all_shapes_is_one_and_three_quarters_of_it_saturate()
    {
        Assert.Equal(1, CurveShape.All.Sum(shape => Math.Exp(shape.LogPrior)), 1e-9);
        Assert.Equal(
            CurveShape.PriorOfSaturation, CurveShape.All.Where(shape => shape.Growth.Saturates).Sum(shape => Math.Exp(shape.LogPrior)), 1e-9);
    }
}
