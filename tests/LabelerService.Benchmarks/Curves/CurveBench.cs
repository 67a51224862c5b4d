using System.CommandLine;
using System.Globalization;
using LabelerService.Benchmarks.CommandLine;
using LabelerService.Benchmarks.Datasets;
using LabelerService.Benchmarks.Models;
using LabelerService.Benchmarks.Reporting;
using LabelerService.Core.Curves;
using LabelerService.Learning;

namespace LabelerService.Benchmarks.Curves;

/// <summary>
/// <c>bench curve</c>: whether a learning curve measured on up to half of the data says what all of it gives. Real data: of each seed the forecast
/// interval is compared with the measured accuracy; a plain log-linear fit by least squares beside it. Simulated curves of known truth
/// show whether intervals hold what they promise, also for shapes that the fit does not know.
/// </summary>
internal static class CurveBench
{
    private const int MostSeeds = 100;
    private const int SimulatedCurves = 300;
    private const int Together = 3;
    private static readonly double[] Shares = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5];

    private static readonly Dictionary<string, (int Digits, Dictionary<string, string> Settings)> Real = new(StringComparer.Ordinal)
    {
        ["labelme"] = (0, new() { ["epochs"] = "30", ["averaging_epochs"] = "10" }),
        ["mnist"] = (2000, new() { ["hidden"] = "64", ["epochs"] = "20", ["averaging_epochs"] = "5" }),
    };

    public static Command Create(BenchHost host)
    {
        var seeds = new Option<int>("--seeds") { Description = "Curves of each data set, from 3 up", HelpName = "NUMBER", DefaultValueFactory = _ => 20 };
        var only = new Option<string?>("--only") { Description = "One of labelme, mnist and simulated", HelpName = "NAME" };
        var command = new Command("curve", "Forecasts of learning curves from half of the data against what all of it gives") { seeds, only };
        host.Handle(command, (run, cancellationToken) =>
        {
            if (run.Get(seeds) is < Together or > MostSeeds)
            {
                throw new BenchUsageException($"--seeds {run.Get(seeds)} is not from {Together} to {MostSeeds}");
            }

            if (run.Get(only) is { } name && name != "simulated" && !Real.ContainsKey(name))
            {
                throw new BenchUsageException($"--only {name} is none of labelme, mnist and simulated");
            }

            run.Result.Settings["seeds"] = run.Get(seeds);
            run.Result.Settings["fractions"] = Shares;
            run.Result.Details["units"] = "coverage: share of 95 % intervals that hold the truth; width: of the interval, in points; error: forecast less measured, in points";
            var table = new BenchTable(
                $"Forecast of all from up to half of the labels, {run.Get(seeds)} seeds", "data", "curve", "measured %", "coverage", "width", "error",
                "least squares: coverage", "width");
            foreach (var (data, (digits, settings)) in Real.Where(entry => run.Get(only) is null || run.Get(only) == entry.Key))
            {
                Measure(run, table, data, digits, settings, run.Get(seeds), cancellationToken);
            }

            run.Result.Table(table);
            if (run.Get(only) is null or "simulated")
            {
                Simulate(run, cancellationToken);
            }
        });
        return command;
    }

    private static void Measure(
        BenchRun run, BenchTable table, string name, int items, Dictionary<string, string> requested, int seeds, CancellationToken cancellationToken)
    {
        var data = DatasetCatalogue.All[name](DataFolder.Of(run));
        var whole = data.ForTraining(withValidationGold: false);
        if (items > 0)
        {
            // Fewer items of the same crowd, so that the curve still rises and a run is short.
            whole = whole.Thinned((double)items / whole.TrainingSize().Items, 1, 0);
        }

        var size = whole.TrainingSize();
        var settings = CurveSettings.Of("wdn", requested, new CurveCell("", 1, 1, 1));
        var trainer = new ModelTrainer(run.Time, "bench");
        run.Result.Settings[name] = new { items = size.Items, labels = size.Labels, evaluated = data.TestGold.Length, net = settings.Effective };
        var points = new List<CurvePoint[]>();
        var all = new List<double>();
        for (var seed = 1; seed <= seeds; seed++)
        {
            points.Add([.. Shares.Select(share => Train(share))]);
            all.Add(Train(1).Accuracy!.Value);
            run.Note(string.Create(
                CultureInfo.InvariantCulture, $"{name} seed {seed}: {string.Join(' ', points[^1].Select(point => (100 * point.Accuracy!.Value).ToString("0.0", CultureInfo.InvariantCulture)))} → {100 * all[^1]:0.0}"));

            CurvePoint Train(double share)
            {
                var part = whole.Thinned(share, 1, seed);
                var score = ModelScore.Of(trainer.Train(part, settings, seed, null, cancellationToken), data.TestFeatures, data.TestGold, []);
                var of = part.TrainingSize();
                return new CurvePoint(new CurveCell("", share, 1, seed), of.Items, of.Labels, score.Accuracy / 100, data.TestGold.Length, score.Seconds);
            }
        }

        Report(run, table, name, $"{Together} seeds", "three", size, all, seed => [.. Enumerable.Range(0, Together).SelectMany(next => points[(seed + next) % seeds])]);
        Report(run, table, name, "1 seed", "one", size, all, seed => points[seed]);
    }

    private static void Report(
        BenchRun run, BenchTable table, string data, string title, string key, CurveSize size, List<double> all, Func<int, CurvePoint[]> curve)
    {
        var (inside, width, error, plainInside, plainWidth) = (0, 0.0, 0.0, 0, 0.0);
        for (var seed = 0; seed < all.Count; seed++)
        {
            var points = curve(seed);
            var forecast = CurveAnalysis.Of(points, size, new CurveQuestion { Labels = [size.Labels] }).Fits[0].Forecasts[0];
            var plain = LeastSquares.Predict([.. points.Select(point => ((double)point.Labels, point.Accuracy!.Value))], size.Labels);
            inside += Holds(forecast.Measured, all[seed]);
            plainInside += Holds(plain, all[seed]);
            width += 100 * (forecast.Measured.High - forecast.Measured.Low) / all.Count;
            plainWidth += 100 * (plain.High - plain.Low) / all.Count;
            error += 100 * (forecast.Expected.Mean - all[seed]) / all.Count;
        }

        var (coverage, plainCoverage) = ((double)inside / all.Count, (double)plainInside / all.Count);
        run.Result.Figure($"{data}.{key}.coverage", coverage);
        run.Result.Figure($"{data}.{key}.width", width);
        run.Result.Figure($"{data}.{key}.error", error);
        run.Result.Figure($"{data}.{key}.least_squares.coverage", plainCoverage);
        run.Result.Figure($"{data}.{key}.least_squares.width", plainWidth);
        table.Row(
            data, title, Text(100 * all.Average(), "0.0"), Text(coverage, "0.00"), Text(width, "0.0"), Text(error, "+0.0;-0.0"), Text(plainCoverage, "0.00"),
            Text(plainWidth, "0.0"));
    }

    private static void Simulate(BenchRun run, CancellationToken cancellationToken)
    {
        var table = new BenchTable(
            $"Simulated curves, {SimulatedCurves} of each kind, noise of 0.6 points at all labels", "truth", "seeds", "coverage of one model", "width", "coverage of the mean", "width");
        foreach (var (name, truth) in SimulatedCurve.Truths)
        {
            foreach (var seeds in new[] { 1, Together })
            {
                var random = new Random(seeds);
                var (one, oneWidth, mean, meanWidth) = (0, 0.0, 0, 0.0);
                for (var i = 0; i < SimulatedCurves; i++)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    var points = SimulatedCurve.Points(truth, Shares, seeds, random);
                    var forecast = CurveAnalysis.Of(points, SimulatedCurve.Size, new CurveQuestion { Labels = [SimulatedCurve.Size.Labels] }).Fits[0].Forecasts[0];
                    one += Holds(forecast.Measured, truth(1) + SimulatedCurve.Noise(1, random));
                    mean += Holds(forecast.Expected, truth(1));
                    oneWidth += 100 * (forecast.Measured.High - forecast.Measured.Low) / SimulatedCurves;
                    meanWidth += 100 * (forecast.Expected.High - forecast.Expected.Low) / SimulatedCurves;
                }

                var key = $"simulated.{name}.{(seeds == 1 ? "one" : "three")}";
                run.Result.Figure($"{key}.coverage", (double)one / SimulatedCurves);
                run.Result.Figure($"{key}.width", oneWidth);
                run.Result.Figure($"{key}.mean_coverage", (double)mean / SimulatedCurves);
                run.Result.Figure($"{key}.mean_width", meanWidth);
                table.Row(
                    name, Text(seeds, "0"), Text((double)one / SimulatedCurves, "0.00"), Text(oneWidth, "0.0"), Text((double)mean / SimulatedCurves, "0.00"), Text(meanWidth, "0.0"));
            }
        }

        run.Result.Table(table);
    }

    private static int Holds(CurveInterval interval, double value) => value >= interval.Low && value <= interval.High ? 1 : 0;

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
