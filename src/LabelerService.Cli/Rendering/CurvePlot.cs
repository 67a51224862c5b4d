using System.Globalization;
using System.Xml;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Rendering;

/// <summary>
/// A learning curve as an SVG picture: accuracy against the number of labels on a logarithmic axis; for each capacity the means of its points with
/// bars of one standard deviation over the seeds, the fit, and the band in which a model's accuracy lies with 95 %.
/// </summary>
internal sealed class CurvePlot
{
    private const double Width = 840;
    private const double Height = 560;
    private const double Left = 76;
    private const double Right = 24;
    private const double Top = 56;
    private const double Bottom = 72;

    // Told apart by the colour-blind, too; dashes tell them apart without colour.
    private static readonly string[] Colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7"];
    private static readonly string[] Dashes = ["none", "8 4", "2 3", "10 3 2 3"];

    private readonly Curve _curve;
    private readonly IReadOnlyList<CurveFit> _fits;
    private readonly (double Low, double High) _x;
    private readonly (double Low, double High) _y;

    private CurvePlot(Curve curve, IReadOnlyList<CurveFit> fits)
    {
        (_curve, _fits) = (curve, fits);
        var counts = Measured.Select(point => (double)point.AnnotationCount).Concat(fits.SelectMany(fit => fit.Forecasts.Select(forecast => (double)forecast.AnnotationCount))).ToArray();
        var values = Means(Measured).SelectMany(mean => new[] { mean.Value - mean.Deviation, mean.Value + mean.Deviation })
            .Concat(fits.SelectMany(fit => fit.Forecasts.SelectMany(forecast => new[] { forecast.Value, forecast.Low, forecast.High }))).ToArray();
        // A decade's tenth on both sides; an axis of one value would have no length.
        _x = (Math.Log(counts.Min()) - 0.1, Math.Log(counts.Max()) + 0.1);
        var step = Step(Math.Max(values.Max() - values.Min(), 0.02));
        _y = (Math.Max(0, Math.Floor(values.Min() / step) * step), Math.Min(1, Math.Ceiling(values.Max() / step) * step));
        if (_y.High - _y.Low < step)
        {
            _y = (Math.Max(0, _y.High - step), Math.Max(step, _y.High));
        }
    }

    private IEnumerable<CurvePoint> Measured => _curve.Points.Where(point => point.Problem.Length == 0 && point.AnnotationCount > 0);

    /// <summary>Draws a curve; null where no point of it is measured.</summary>
    /// <param name="curve">The curve with its points.</param>
    /// <param name="fits">Its fits, with forecasts at the numbers of labels that lines and bands are drawn through.</param>
    public static string? Draw(Curve curve, IReadOnlyList<CurveFit> fits) =>
        curve.Points.Any(point => point.Problem.Length == 0 && point.AnnotationCount > 0) ? new CurvePlot(curve, fits).Draw() : null;

    private string Draw()
    {
        var text = new StringWriter(CultureInfo.InvariantCulture);
        using (var svg = XmlWriter.Create(text, new XmlWriterSettings { Indent = true, OmitXmlDeclaration = true }))
        {
            svg.WriteStartElement("svg", "http://www.w3.org/2000/svg");
            Attributes(svg, ("viewBox", $"0 0 {Width} {Height}"), ("width", $"{Width}"), ("height", $"{Height}"), ("font-family", "sans-serif"), ("font-size", "13"));
            Element(svg, "rect", null, ("width", $"{Width}"), ("height", $"{Height}"), ("fill", "white"));
            Text(svg, Width / 2, 24, $"{_curve.Name}: {_curve.Algorithm}", "middle", ("font-size", "16"), ("class", "title"));
            Axes(svg);
            string[] capacities = [.. _curve.Points.Select(point => point.Capacity).Distinct()];
            for (var i = 0; i < capacities.Length; i++)
            {
                Capacity(svg, capacities[i], Colours[i % Colours.Length], Dashes[i % Dashes.Length]);
            }

            Legend(svg, capacities);
            svg.WriteEndElement();
        }

        return text.ToString();
    }

    private void Capacity(XmlWriter svg, string capacity, string colour, string dash)
    {
        var forecasts = _fits.FirstOrDefault(fit => fit.Capacity == capacity)?.Forecasts.OrderBy(forecast => forecast.AnnotationCount).ToArray() ?? [];
        if (forecasts.Length > 1)
        {
            var band = forecasts.Select(forecast => At(forecast.AnnotationCount, forecast.High))
                .Concat(forecasts.Reverse().Select(forecast => At(forecast.AnnotationCount, forecast.Low)));
            Element(svg, "polygon", null, ("points", string.Join(' ', band)), ("fill", colour), ("fill-opacity", "0.12"), ("class", "band"));
            Element(
                svg, "polyline", null, ("points", string.Join(' ', forecasts.Select(forecast => At(forecast.AnnotationCount, forecast.Value)))), ("fill", "none"),
                ("stroke", colour), ("stroke-width", "2"), ("stroke-dasharray", dash), ("class", "fit"));
        }

        foreach (var mean in Means(Measured.Where(point => point.Capacity == capacity)))
        {
            var (x, y) = (X(mean.Labels), Y(mean.Value));
            if (mean.Deviation > 0)
            {
                Element(
                    svg, "line", null, ("x1", Number(x)), ("x2", Number(x)), ("y1", Number(Y(mean.Value - mean.Deviation))),
                    ("y2", Number(Y(mean.Value + mean.Deviation))), ("stroke", colour), ("class", "bar"));
            }

            // Parts with fewer labels an item lie off the line: hollow.
            var hollow = mean.Fraction < _curve.LabelFractions.DefaultIfEmpty(1).Max();
            Element(
                svg, "circle", string.Create(CultureInfo.InvariantCulture, $"{mean.Labels:0} labels: {mean.Value * 100:0.00} %, {mean.Count} seeds"),
                ("cx", Number(x)), ("cy", Number(y)), ("r", "4"), ("fill", hollow ? "white" : colour), ("stroke", colour), ("class", "point"));
        }
    }

    private void Axes(XmlWriter svg)
    {
        var (right, bottom) = (Width - Right, Height - Bottom);
        var step = Step(_y.High - _y.Low);
        for (var tick = Math.Ceiling((_y.Low / step) - 1e-9) * step; tick <= _y.High + (step * 1e-6); tick += step)
        {
            Element(svg, "line", null, ("x1", Number(Left)), ("x2", Number(right)), ("y1", Number(Y(tick))), ("y2", Number(Y(tick))), ("stroke", "#e0e0e0"));
            Text(svg, Left - 8, Y(tick) + 4, (tick * 100).ToString("0.##", CultureInfo.InvariantCulture), "end", ("class", "y-tick"));
        }

        foreach (var tick in Ticks())
        {
            Element(svg, "line", null, ("x1", Number(X(tick))), ("x2", Number(X(tick))), ("y1", Number(Top)), ("y2", Number(bottom)), ("stroke", "#e0e0e0"));
            Text(svg, X(tick), bottom + 20, tick.ToString("#,0", CultureInfo.InvariantCulture), "middle", ("class", "x-tick"));
        }

        Element(
            svg, "path", null, ("d", $"M {Number(Left)} {Number(Top)} V {Number(bottom)} H {Number(right)}"), ("fill", "none"), ("stroke", "black"), ("class", "axes"));
        Text(svg, (Left + right) / 2, Height - 20, "labels (logarithmic)", "middle");
        var middle = Number((Top + bottom) / 2);
        Text(svg, 20, (Top + bottom) / 2, $"accuracy, % ({CurveText.Basis(_curve.Basis)})", "middle", ("transform", $"rotate(-90 20 {middle})"));
    }

    private void Legend(XmlWriter svg, string[] capacities)
    {
        for (var i = 0; i < capacities.Length; i++)
        {
            var y = Top + 14 + (20 * i);
            Element(
                svg, "line", null, ("x1", Number(Left + 14)), ("x2", Number(Left + 44)), ("y1", Number(y)), ("y2", Number(y)), ("stroke", Colours[i % Colours.Length]),
                ("stroke-width", "2"), ("stroke-dasharray", Dashes[i % Dashes.Length]));
            Text(svg, Left + 52, y + 4, capacities[i].Length == 0 ? _curve.Algorithm : $"capacity {capacities[i]}", "start", ("class", "legend"));
        }

        Text(svg, Left + 14, Top + 18 + (20 * capacities.Length), "bars: 1 SD over seeds; band: 95 % of models", "start", ("font-size", "11"), ("fill", "#555"));
    }

    // 1, 2 and 5 times powers of ten; if those are too many, powers of ten alone.
    private double[] Ticks()
    {
        double[] all =
        [
            .. Enumerable.Range(0, 13).SelectMany(power => new[] { 1.0, 2, 5 }.Select(times => times * Math.Pow(10, power)))
                .Where(tick => Math.Log(tick) >= _x.Low && Math.Log(tick) <= _x.High),
        ];
        const int Most = 10;
        return all.Length <= Most ? all : [.. all.Where(tick => Math.Abs(Math.Log10(tick) - Math.Round(Math.Log10(tick))) < 1e-9)];
    }

    private double X(double labels) => Left + ((Math.Log(labels) - _x.Low) / (_x.High - _x.Low) * (Width - Left - Right));

    private double Y(double value) => Height - Bottom - ((Math.Clamp(value, _y.Low, _y.High) - _y.Low) / (_y.High - _y.Low) * (Height - Top - Bottom));

    private string At(double labels, double value) => $"{Number(X(labels))},{Number(Y(value))}";

    // About six steps of 1, 2 or 5 times a power of ten.
    private static double Step(double range)
    {
        var rough = range / 6;
        var power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        return power * ((rough / power) switch { <= 1 => 1, <= 2 => 2, <= 5 => 5, _ => 10 });
    }

    private static IEnumerable<(double Labels, double Value, double Deviation, int Count, double Fraction)> Means(IEnumerable<CurvePoint> points) =>
        points.GroupBy(point => (point.Capacity, point.ItemFraction, point.LabelFraction)).Select(part =>
        {
            var mean = part.Average(point => point.Value);
            var count = part.Count();
            var deviation = count < 2 ? 0 : Math.Sqrt(part.Sum(point => (point.Value - mean) * (point.Value - mean)) / (count - 1));
            return (part.Average(point => (double)point.AnnotationCount), mean, deviation, count, part.Key.LabelFraction);
        });

    private static string Number(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    private static void Text(XmlWriter svg, double x, double y, string text, string anchor, params (string Name, string Value)[] attributes)
    {
        svg.WriteStartElement("text");
        Attributes(svg, [("x", Number(x)), ("y", Number(y)), ("text-anchor", anchor), .. attributes]);
        svg.WriteString(text);
        svg.WriteEndElement();
    }

    private static void Element(XmlWriter svg, string name, string? title, params (string Name, string Value)[] attributes)
    {
        svg.WriteStartElement(name);
        Attributes(svg, attributes);
        if (title is not null)
        {
            svg.WriteElementString("title", title);
        }

        svg.WriteEndElement();
    }

    private static void Attributes(XmlWriter svg, params (string Name, string Value)[] attributes)
    {
        foreach (var (name, value) in attributes)
        {
            svg.WriteAttributeString(name, value);
        }
    }
}
