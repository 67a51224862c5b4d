using LabelerService.Core.Curves;
using LabelerService.Core.Errors;

namespace LabelerService.Core.Tests.Curves;

public class CurvePlanTests
{
    [Fact]
    public void The_two_arms_meet_where_all_is_measured()
    {
        var plan = CurvePlan.Check(new CurvePlan { ItemShares = [1, 0.5], LabelShares = [1, 0.25], Capacities = ["s", "l"], Seeds = 2 });
        var cells = plan.Cells();
        Assert.Equal(12, cells.Count);
        Assert.Equal(
            [("s", 0.5, 1.0), ("l", 0.5, 1.0), ("s", 1, 1), ("l", 1, 1), ("s", 1, 0.25), ("l", 1, 0.25)],
            cells.Take(6).Select(cell => (cell.Capacity, cell.ItemShare, cell.LabelShare)));
        Assert.All(cells.Take(6), cell => Assert.Equal(1, cell.Seed));
        Assert.All(cells.Skip(6), cell => Assert.Equal(2, cell.Seed));
    }

    [Theory]
    [InlineData(new[] { 0.0, 1 }, new[] { 1.0 }, "m", 1, "curve.item_fractions")]
    [InlineData(new[] { 1.1 }, new[] { 1.0 }, "m", 1, "curve.item_fractions")]
    [InlineData(new[] { double.NaN }, new[] { 1.0 }, "m", 1, "curve.item_fractions")]
    [InlineData(new[] { 0.5, 0.5 }, new[] { 1.0 }, "m", 1, "curve.item_fractions")]
    [InlineData(new double[0], new[] { 1.0 }, "m", 1, "curve.item_fractions")]
    [InlineData(new[] { 1.0 }, new[] { -1.0 }, "m", 1, "curve.label_fractions")]
    [InlineData(new[] { 1.0 }, new[] { 1.0 }, "xl", 1, "curve.capacities")]
    [InlineData(new[] { 1.0 }, new[] { 1.0 }, "m", 0, "curve.seed_count")]
    [InlineData(new[] { 1.0 }, new[] { 1.0 }, "m", 101, "curve.seed_count")]
    public void What_is_wrong_is_named(double[] items, double[] labels, string capacity, int seeds, string field)
    {
        var error = Assert.Throws<ServiceException>(() => CurvePlan.Check(
            new CurvePlan { ItemShares = items, LabelShares = labels, Capacities = [capacity], Seeds = seeds }));
        Assert.Equal((ErrorKind.InvalidArgument, "INVALID_CURVE"), (error.Kind, error.Reason));
        Assert.Equal(field, Assert.Single(error.Violations).Field);
    }

    [Theory]
    [InlineData("bingo", "epochs", "1", "curve.algorithm")]
    [InlineData("wdn", "capacity", "s", "curve.settings[capacity]")]
    [InlineData("wdn", "epochs", "none", "settings[epochs]")]
    public void Settings_that_do_not_go_with_a_curve_are_named(string algorithm, string key, string value, string field)
    {
        var settings = new Dictionary<string, string> { [key] = value };
        var error = Assert.Throws<ServiceException>(() => CurveSettings.Check(algorithm, settings, new CurvePlan { ItemShares = [1], Capacities = ["m"] }));
        Assert.Equal(field, Assert.Single(error.Violations).Field);
    }

    [Fact]
    public void Where_no_capacity_is_named_it_is_the_setting()
    {
        var plan = new CurvePlan { ItemShares = [1], Capacities = [] };
        Assert.Equal(["l"], CurveSettings.Check("wdn", new Dictionary<string, string> { ["capacity"] = "l" }, plan).Capacities);
        Assert.Equal(["m"], CurveSettings.Check("wdn", new Dictionary<string, string>(), plan).Capacities);
    }

    [Fact]
    public void More_points_than_anybody_waits_for_are_refused()
    {
        double[] many = [.. Enumerable.Range(1, 32).Select(i => i / 32.0)];
        var error = Assert.Throws<ServiceException>(() => CurvePlan.Check(new CurvePlan { ItemShares = many, Seeds = 100 }));
        Assert.Contains("3200 points", error.Message, StringComparison.Ordinal);
    }
}
