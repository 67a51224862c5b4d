using System.Globalization;
using System.Text;
using LabelerService.Cli.Files;
using LabelerService.Contracts.V1;
using Spectre.Console;

namespace LabelerService.Cli.Rendering;

/// <summary>A learning curve for people, and its points as a table of their own.</summary>
internal static class CurveText
{
    /// <summary>What accuracy is measured against.</summary>
    public static string Basis(string basis) => basis switch
    {
        "test" => "gold of the test split",
        "validation" => "gold of the validation split",
        "held_out" => "agreement with labels set aside",
        _ => "not measured yet",
    };

    /// <summary>Prints points, fits, forecasts and advice.</summary>
    public static void Write(IAnsiConsole console, Curve curve)
    {
        Line(console, $"{curve.Name}: {curve.Algorithm}, {curve.MeasuredCount} of {curve.PointCount} points, accuracy by {Basis(curve.Basis)}");
        var points = Tables.Create("capacity", "items", "labels", "labels/item", "accuracy", "± SD", "seeds");
        foreach (var part in curve.Points.Where(point => point.Problem.Length == 0)
            .GroupBy(point => (point.Capacity, point.ItemFraction, point.LabelFraction))
            .OrderBy(part => part.Key.Capacity, StringComparer.Ordinal).ThenByDescending(part => part.Key.LabelFraction).ThenBy(part => part.Key.ItemFraction))
        {
            var (count, mean) = (part.Count(), part.Average(point => point.Value));
            var (items, labels) = (part.Average(point => (double)point.ItemCount), part.Average(point => (double)point.AnnotationCount));
            var deviation = count < 2 ? "" : Percent(Math.Sqrt(part.Sum(point => (point.Value - mean) * (point.Value - mean)) / (count - 1)));
            points.AddTextRow(
                part.Key.Capacity, items.ToString("0", CultureInfo.InvariantCulture), labels.ToString("0", CultureInfo.InvariantCulture),
                (labels / items).ToString("0.00", CultureInfo.InvariantCulture), Percent(mean), deviation, count.ToString(CultureInfo.InvariantCulture));
        }

        console.Write(points);
        foreach (var point in curve.Points.Where(point => point.Problem.Length > 0))
        {
            Line(console, $"no model on {point.AnnotationCount} labels, seed {point.Seed}: {point.Problem}");
        }

        foreach (var fit in curve.Fits)
        {
            Fit(console, fit);
        }

        Options(console, curve.Advice);
        if (curve.Advice is { Summary.Length: > 0 } advice)
        {
            Line(console, advice.Summary);
        }

        if (curve.Basis is "validation")
        {
            Line(console, "There is no test gold: the validation items also chose when to stop training, so accuracies are a little too good.");
        }
        else if (curve.Basis is "held_out")
        {
            Line(console, "There is no gold: accuracy is agreement with the most frequent label of items set aside, so errors of labelers count against it.");
        }
    }

    /// <summary>The points as CSV, one a line.</summary>
    public static string Csv(Curve curve)
    {
        var text = new StringBuilder("capacity,item_fraction,label_fraction,seed,items,labels,accuracy,evaluated,seconds,problem\r\n");
        foreach (var point in curve.Points)
        {
            var accuracy = point.Problem.Length > 0 ? "" : point.Value.ToString("R", CultureInfo.InvariantCulture);
            text.Append(
                CultureInfo.InvariantCulture,
                $"{CsvText.Cell(point.Capacity)},{point.ItemFraction:R},{point.LabelFraction:R},{point.Seed},{point.ItemCount},{point.AnnotationCount},{accuracy},{point.EvaluatedCount},{point.TrainingSeconds:0.###},{CsvText.Cell(point.Problem)}\r\n");
        }

        return text.ToString();
    }

    private static void Fit(IAnsiConsole console, CurveFit fit)
    {
        var of = fit.Capacity.Length == 0 ? "" : $" at capacity {fit.Capacity}";
        Line(console, string.Create(
            CultureInfo.InvariantCulture,
            $"accuracy{of} = {Percent(fit.Intercept)} + {Percent(fit.Slope)} ({Percent(fit.SlopeLow)} to {Percent(fit.SlopeHigh)}) · ln(labels), ± {Percent(fit.ResidualDeviation)} a model; it saturates with probability {fit.Saturation:0.00}"));
        if (fit.HasLabelWorth)
        {
            Line(console, string.Create(
                CultureInfo.InvariantCulture,
                $"another label of an item is worth {fit.LabelWorth:0.00} ({fit.LabelWorthLow:0.00} to {fit.LabelWorthHigh:0.00}) of a label of another item"));
        }

        var table = Tables.Create("labels", "expected", "95 % of models", "on other items", "gain", "95 %");
        foreach (var forecast in fit.Forecasts)
        {
            table.AddTextRow(
                forecast.AnnotationCount.ToString("#,0", CultureInfo.InvariantCulture), Percent(forecast.Value), $"{Percent(forecast.Low)} to {Percent(forecast.High)}",
                $"{Percent(forecast.OtherLow)} to {Percent(forecast.OtherHigh)}", Signed(forecast.Gain), $"{Signed(forecast.GainLow)} to {Signed(forecast.GainHigh)}");
        }

        console.Write(table);
        foreach (var warning in fit.Warnings)
        {
            Line(console, warning);
        }
    }

    private static void Options(IAnsiConsole console, CurveAdvice? advice)
    {
        if (advice is not { Options.Count: > 0 })
        {
            return;
        }

        var table = Tables.Create("what to get", "cost", "gain", "95 %", "best with probability");
        foreach (var option in advice.Options)
        {
            table.AddTextRow(
                option.Description, option.Cost.ToString("#,0.##", CultureInfo.InvariantCulture), Signed(option.Gain),
                $"{Signed(option.GainLow)} to {Signed(option.GainHigh)}", option.Best.ToString("0.00", CultureInfo.InvariantCulture));
        }

        console.Write(table);
    }

    private static void Line(IAnsiConsole console, string text) => console.WriteLine(text);

    private static string Percent(double share) => (share * 100).ToString("0.0", CultureInfo.InvariantCulture);

    private static string Signed(double share) => (share * 100).ToString("+0.0;−0.0;0.0", CultureInfo.InvariantCulture);
}
