using System.CommandLine;
using System.Globalization;
using LabelerService.Benchmarks.CommandLine;
using LabelerService.Benchmarks.Datasets;
using LabelerService.Benchmarks.Models;
using LabelerService.Benchmarks.Reporting;
using LabelerService.Core.Quantising;
using LabelerService.Core.Training;

namespace LabelerService.Benchmarks.Quantized;

/// <summary>
/// <c>bench quantized</c>: what Li et al. (Training Quantized Nets: A Deeper Understanding. NIPS 2017) find, found again: the errors of nets
/// trained on a grid, what becomes of the iterates as the step shrinks, how far above the minimum of a convex problem a scheme ends; and what
/// one bit and eight bits a weight cost and save in serving.
/// </summary>
internal static class QuantizedBench
{
    private const int MostSeeds = 100;
    private const string Nothing = "none";

    public static Command Create(BenchHost host)
    {
        var dataset = new Option<string[]>("--dataset")
        {
            Description = "mnist or labelme; may be repeated; none trains no nets [default: both]",
            HelpName = "NAME",
            AllowMultipleArgumentsPerToken = true,
        };
        var seeds = new Option<int>("--seeds") { Description = "Number of seeds, from 1 up", HelpName = "NUMBER", DefaultValueFactory = _ => 5 };
        var bits = new Option<int>("--bits") { Description = "Bits of a weight in R, SR, BC and BWN", HelpName = "NUMBER", DefaultValueFactory = _ => 1 };
        var digits = new Option<int>("--digits") { Description = "Training digits at most", HelpName = "NUMBER", DefaultValueFactory = _ => 4000 };
        var set = new Option<string[]>("--set") { Description = "A setting of all nets; may be repeated", HelpName = "KEY=VALUE" };
        var seconds = new Option<double>("--seconds")
        {
            Description = "Duration of each timing",
            HelpName = "SECONDS",
            DefaultValueFactory = _ => 2,
        };
        var plot = new Option<string?>("--plot") { Description = "Writes the histograms of the annealing experiment as SVG", HelpName = "FILE" };
        var command = new Command("quantized", "Nets trained and served with few bits a weight: error, annealing, size and speed")
        {
            dataset, seeds, bits, digits, set, seconds, plot,
        };
        host.Handle(command, (run, cancellationToken) =>
        {
            if (run.Get(seeds) is < 1 or > MostSeeds)
            {
                throw new BenchUsageException($"--seeds {run.Get(seeds)} is not from 1 to {MostSeeds}");
            }

            if (run.Get(bits) is < 1 or > WeightGrid.MostBits)
            {
                throw new BenchUsageException($"--bits {run.Get(bits)} is not from 1 to {WeightGrid.MostBits}");
            }

            string[] chosen = run.Get(dataset) is { Length: > 0 } given ? given : [.. SchemeComparison.Datasets];
            if (chosen.FirstOrDefault(name => name != Nothing && !SchemeComparison.Datasets.Contains(name)) is { } unknown)
            {
                throw new BenchUsageException($"--dataset {unknown} is none of {string.Join(", ", SchemeComparison.Datasets)}, {Nothing}");
            }

            run.Result.Settings["seeds"] = run.Get(seeds);
            run.Result.Settings["bits"] = run.Get(bits);
            run.Result.Details["units"] =
                "error, sd and gaps in percent of test items; ratios of sizes: float32 over few bits; ratios of times: few bits over float32; "
                + "excess: mean of f(w) − min f; at_minimum: share of iterates at the grid's best point";
            KeyValuePair<string, string>[] settings = [.. (run.Get(set) ?? []).Select(ModelVariant.ParseSetting)];
            foreach (var name in chosen.Where(name => name != Nothing).Distinct())
            {
                SchemeComparison.Measure(
                    run, SchemeComparison.Read(name, DataFolder.Of(run), run.Get(digits)), run.Get(seeds), run.Get(bits), settings, cancellationToken);
            }

            Anneal(run, run.Get(seeds), run.Get(plot), cancellationToken);
            Floors(run, cancellationToken);
            var duration = TimeSpan.FromSeconds(run.Get(seconds));
            StoredModels.Measure(run, duration, cancellationToken);
            KernelTimes.Measure(run, duration, cancellationToken);
        });
        return command;
    }

    private static void Anneal(BenchRun run, int seeds, string? plot, CancellationToken cancel)
    {
        run.Note("annealing: one chain a seed, from α = 1 to 0.001");
        var grid = GridDescent.Grid(Annealing.Step);
        var table = new BenchTable(
            "Double well: iterates as the step shrinks", "scheme", "α", "at the minimum %", "standard deviation", "mean of f − min f");
        run.Result.Table(table);
        var columns = new List<(string Name, IReadOnlyList<AnnealingStage> Stages)>();
        foreach (var scheme in (Quantisation[])[Quantisation.Sr, Quantisation.Bc])
        {
            var stages = Annealing.Run(scheme, seeds, int.MaxValue, cancel);
            columns.Add((scheme.ToString().ToUpperInvariant(), stages));
            foreach (var stage in stages)
            {
                Row(scheme.ToString().ToLowerInvariant(), Text(stage.Rate, "0.###"), stage);
            }
        }

        Row("sr", "limit", Annealing.Describe(Quantisation.Sr, 0, new DoubleWell(Annealing.Noise).Limit(grid), grid));
        if (plot is not null)
        {
            File.WriteAllText(plot, AnnealingPlot.Draw(columns, grid));
            run.Note($"wrote {plot}");
        }

        void Row(string scheme, string rate, AnnealingStage stage)
        {
            table.Row(scheme, rate, Text(100 * stage.AtMinimum, "0.0"), Text(stage.Deviation, "0.000"), Text(stage.Excess, "0.0000"));
            run.Result.Figure($"annealing.{scheme}.{rate}.at_minimum", 100 * stage.AtMinimum);
            run.Result.Figure($"annealing.{scheme}.{rate}.deviation", stage.Deviation);
            run.Result.Figure($"annealing.{scheme}.{rate}.excess", stage.Excess);
        }
    }

    private static void Floors(BenchRun run, CancellationToken cancel)
    {
        var table = new BenchTable(
            "Strongly convex problems, d = 10, 20,000 steps 1/(μ(t + 1)), 5 seeds: F of the mean iterate above the minimum", "problem", "scheme", "Δ",
            "error", "bound", "its floor");
        run.Result.Table(table);
        foreach (var problem in (string[])["quadratic", "logistic"])
        {
            foreach (var scheme in (Quantisation[])[Quantisation.None, Quantisation.Bc, Quantisation.Sr])
            {
                foreach (var step in (double[])[0.05, 0.2, 0.8])
                {
                    var floor = ConvexFloors.Measure(problem, scheme, step, 20_000, 5, cancel);
                    var name = scheme == Quantisation.None ? "float" : scheme.ToString().ToLowerInvariant();
                    table.Row(
                        problem, name, Text(step, "0.##"), floor.Error.ToString("0.0e0", CultureInfo.InvariantCulture),
                        Text(floor.Bound, "0.000"), Text(floor.Floor, "0.000"));
                    run.Result.Figure($"floors.{problem}.{name}.{Text(step, "0.##")}.error", floor.Error);
                }
            }
        }
    }

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
