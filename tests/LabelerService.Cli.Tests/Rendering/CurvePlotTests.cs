using System.Globalization;
using System.Xml.Linq;
using LabelerService.Cli.Rendering;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Tests.Rendering;

public class CurvePlotTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    [Fact]
    public void Points_lie_where_their_labels_and_accuracy_say_on_a_logarithmic_axis()
    {
        var picture = Draw(Example());
        var circles = Of(picture, "circle", "point");

        // Two capacities of four sizes, and one part with fewer labels an item.
        Assert.Equal(9, circles.Length);
        var first = circles.Take(4).Select(circle => (X: Number(circle, "cx"), Y: Number(circle, "cy"))).ToArray();

        // 100, 200, 400, 800 labels: equal steps; 60, 65, 70, 75 %: equal steps up.
        for (var i = 2; i < 4; i++)
        {
            Assert.Equal(first[1].X - first[0].X, first[i].X - first[i - 1].X, 0.05);
            Assert.Equal(first[1].Y - first[0].Y, first[i].Y - first[i - 1].Y, 0.05);
        }

        Assert.True(first[1].X > first[0].X && first[1].Y < first[0].Y);

        // The tick of a number stands where a point of that number does.
        var tick = Of(picture, "text", "x-tick").Single(text => text.Value == "200");
        Assert.Equal(first[1].X, Number(tick, "x"), 0.02);
        var level = Of(picture, "text", "y-tick").Single(text => text.Value == "70");
        Assert.Equal(first[2].Y + 4, Number(level, "y"), 0.02);
    }

    [Fact]
    public void Each_capacity_has_one_line_a_band_bars_and_an_entry_in_the_legend_all_within_the_picture()
    {
        var picture = Draw(Example());
        var lines = Of(picture, "polyline", "fit");
        Assert.Equal(2, lines.Length);
        Assert.Equal(["capacity s", "capacity l"], Of(picture, "text", "legend").Select(text => text.Value));
        Assert.NotEqual((string?)lines[0].Attribute("stroke"), (string?)lines[1].Attribute("stroke"));
        Assert.Single(Of(picture, "path", "axes"));
        Assert.Contains(picture.Descendants(Svg + "text"), text => text.Value == "accuracy, % (gold of the test split)");
        Assert.Contains(picture.Descendants(Svg + "text"), text => text.Value == "labels (logarithmic)");

        // The band of a capacity goes along above its line and back below it.
        foreach (var (line, band) in lines.Zip(Of(picture, "polygon", "band")))
        {
            var (along, around) = (Pairs(line), Pairs(band));
            Assert.Equal(2 * along.Length, around.Length);
            for (var i = 0; i < along.Length; i++)
            {
                Assert.Equal(along[i].X, around[i].X, 0.02);
                Assert.InRange(along[i].Y, around[i].Y, around[^(i + 1)].Y);
            }
        }

        // One standard deviation of 0.6 ± 0.01 over two seeds, up and down.
        var bar = Of(picture, "line", "bar")[0];
        var circles = Of(picture, "circle", "point");
        var point = (Number(circles[0], "cy") - Number(circles[1], "cy")) / 5;
        Assert.Equal(2 * Math.Sqrt(2) * point, Number(bar, "y1") - Number(bar, "y2"), 0.05);

        foreach (var (x, y) in circles.Select(circle => (Number(circle, "cx"), Number(circle, "cy"))).Concat(lines.SelectMany(Pairs)))
        {
            Assert.InRange(x, 76, 840 - 24);
            Assert.InRange(y, 56, 560 - 72);
        }
    }

    [Fact]
    public void Names_are_text_and_no_markup()
    {
        var curve = Example();
        curve.Algorithm = "<script>\"&'</script>";
        var picture = Draw(curve);
        Assert.Equal("datasets/d/curves/c: <script>\"&'</script>", Of(picture, "text", "title").Single().Value);
        Assert.DoesNotContain(picture.Descendants(), element => element.Name.LocalName == "script");
    }

    [Fact]
    public void A_single_point_is_drawn_and_nothing_measured_is_no_picture()
    {
        var curve = Example();
        while (curve.Points.Count > 1)
        {
            curve.Points.RemoveAt(1);
        }

        Assert.Single(Of(Draw(curve, fits: []), "circle", "point"));
        curve.Points[0].Problem = "Nobody has labels enough.";
        Assert.Null(CurvePlot.Draw(curve, []));
    }

    [Fact]
    public void Points_become_lines_of_CSV_with_cells_that_run_nothing()
    {
        var curve = Example();
        curve.Points[0].Problem = "=1+1, \"no\"";
        var lines = CurveText.Csv(curve).Split("\r\n");
        Assert.Equal("capacity,item_fraction,label_fraction,seed,items,labels,accuracy,evaluated,seconds,problem", lines[0]);
        Assert.Equal("s,0.125,1,1,50,100,,200,0.5,\"'=1+1, \"\"no\"\"\"", lines[1]);
        Assert.Equal("s,0.125,1,2,50,100,0.59,200,0.5,", lines[2]);
        Assert.Equal(curve.Points.Count + 2, lines.Length);
    }

    private static Curve Example()
    {
        var curve = new Curve { Name = "datasets/d/curves/c", Algorithm = "wdn", Basis = "test", LabelFractions = { 0.5, 1 }, Capacities = { "s", "l" } };
        foreach (var (capacity, more) in new[] { ("s", 0.0), ("l", 0.1) })
        {
            for (var i = 0; i < 4; i++)
            {
                curve.Points.Add(Point(capacity, 0.125 * (1 << i), 1, 1, 100 << i, 0.61 + (0.05 * i) + more));
                curve.Points.Add(Point(capacity, 0.125 * (1 << i), 1, 2, 100 << i, 0.59 + (0.05 * i) + more));
            }
        }

        curve.Points.Add(Point("l", 1, 0.5, 1, 400, 0.72));
        return curve;
    }

    private static CurvePoint Point(string capacity, double items, double labels, long seed, long count, double value) => new()
    {
        Capacity = capacity,
        ItemFraction = items,
        LabelFraction = labels,
        Seed = seed,
        ItemCount = count / 2,
        AnnotationCount = count,
        Value = Math.Round(value, 6),
        EvaluatedCount = 200,
        TrainingSeconds = 0.5,
    };

    private static XElement Draw(Curve curve, CurveFit[]? fits = null) => XElement.Parse(CurvePlot.Draw(curve, fits ?? [Fit("s", 0), Fit("l", 0.1)])!);

    private static CurveFit Fit(string capacity, double more)
    {
        var fit = new CurveFit { Capacity = capacity };
        foreach (var count in new[] { 100, 200, 400, 800, 1600 })
        {
            var value = 0.6 + more + (0.05 * Math.Log2(count / 100.0));
            fit.Forecasts.Add(new CurveForecast { AnnotationCount = count, Value = value, Low = value - 0.02, High = value + 0.02 });
        }

        return fit;
    }

    private static XElement[] Of(XElement picture, string name, string kind) =>
        [.. picture.Descendants(Svg + name).Where(element => (string?)element.Attribute("class") == kind)];

    private static double Number(XElement element, string name) => double.Parse(element.Attribute(name)!.Value, CultureInfo.InvariantCulture);

    private static (double X, double Y)[] Pairs(XElement element) =>
    [
        .. element.Attribute("points")!.Value.Split(' ').Select(pair => pair.Split(',')).Select(pair =>
            (double.Parse(pair[0], CultureInfo.InvariantCulture), double.Parse(pair[1], CultureInfo.InvariantCulture))),
    ];
}
