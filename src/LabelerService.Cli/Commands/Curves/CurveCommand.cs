using System.CommandLine;
using System.Globalization;
using System.Text;
using Grpc.Core;
using LabelerService.Cli.Client;
using LabelerService.Cli.Completion;
using LabelerService.Cli.Files;
using LabelerService.Cli.Rendering;
using LabelerService.Contracts;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Commands.Curves;

/// <summary><c>curve</c>: what more data and more capacity are worth, measured.</summary>
internal static class CurveCommand
{
    private const int LinePoints = 32;
    private static readonly double[] DefaultFractions = [0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1];

    public static Command Create(CommandHost host)
    {
        var name = CommonArguments.Dataset();
        var id = new Option<string?>("--id")
        {
            Description = "The curve's id within the dataset [default: the algorithm's name]",
            HelpName = "ID",
            CustomParser = result => CommonArguments.Parse(result, text => ResourceName.IsId(text) ? text : null, "a curve's id is 1 to 63 of a-z, 0-9 and -"),
        };
        var model = new Option<string>("--model") { Description = "Algorithm of the models", HelpName = "ALGORITHM", DefaultValueFactory = _ => "wdn" }.Names(NameKind.Algorithm);
        var settings = CommonArguments.Settings();
        var fractions = Shares("--fractions", "Shares of the items to train on, each in (0, 1] [default: 0.05,0.1,0.2,0.3,0.5,0.7,1]");
        var labelShares = Shares("--label-shares", "Shares of each item's labels, each in (0, 1]; tells more labels from more items [default: 1]");
        var capacity = new Option<string?>("--capacity") { Description = "Capacities of the backbone, some of s, m and l [default: the setting's]", HelpName = "S,M,L" };
        var seeds = new Option<int>("--seeds") { Description = "Models of each point, with different parts and starts", HelpName = "NUMBER", DefaultValueFactory = _ => 3 };
        var moreLabels = Positive("--more-labels", "Forecast what so many more labels give");
        var labelCost = Positive("--label-cost", "Cost of a label, in any unit [default: 1]");
        var itemCost = Positive("--item-cost", "Cost of an item without its labels [default: 0]");
        var csv = new Option<string?>("--csv") { Description = "Write the points here", HelpName = "FILE" };
        var plot = new Option<string?>("--plot") { Description = "Draw the curve here, as SVG", HelpName = "FILE.svg" };
        var detach = new Option<bool>("--detach") { Description = "Do not wait; print what is measured so far" };
        var command = new Command("curve", "Measure accuracy against the number of labels, forecast what more give, and weigh items, labels and capacity; goes on with a curve that is there")
        {
            name, id, model, settings, fractions, labelShares, capacity, seeds, moreLabels, labelCost, itemCost, csv, plot, detach,
        };
        host.Handle(command, async (run, cancellationToken) =>
        {
            var wanted = new Curve { Algorithm = run.Get(model), SeedCount = run.Get(seeds) };
            wanted.ItemFractions.AddRange(run.Get(fractions) ?? DefaultFractions);
            wanted.LabelFractions.AddRange(run.Get(labelShares) ?? [1]);
            wanted.Capacities.AddRange((run.Get(capacity) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
            foreach (var (key, value) in run.Get(settings))
            {
                wanted.Settings.Add(key, value);
            }

            var curveId = run.Get(id) ?? run.Get(model).Replace('_', '-');
            var given = new Option[] { model, settings, fractions, labelShares, capacity, seeds }.Where(run.Has).ToHashSet();
            var curve = await OpenAsync(run, run.Get(name), curveId, wanted, new Given(
                given.Contains(model), given.Contains(settings), given.Contains(fractions), given.Contains(labelShares), given.Contains(capacity), given.Contains(seeds)),
                cancellationToken);
            if (!run.Get(detach) && curve.MeasuredCount < curve.PointCount)
            {
                run.Terminal.Note($"{curve.MeasuredCount} of {curve.PointCount} points are measured");
                await RunWaiting.WaitAsync(run, curve.TrainingRun, happened: _ => { }, cancellationToken);
            }

            var question = new GetCurveRequest { Name = curve.Name, LabelCost = run.Get(labelCost) ?? 0, ItemCost = run.Get(itemCost) ?? 0 };
            if (run.Get(moreLabels) is { } more)
            {
                var present = await run.Service.Curves.GetCurveAsync(question, cancellationToken: cancellationToken);
                question.ForecastAnnotationCounts.Add(Math.Max(1, present.AnnotationCount + (long)Math.Round(more)));
            }

            curve = await run.Service.Curves.GetCurveAsync(question, cancellationToken: cancellationToken);
            if (run.Get(csv) is { } table)
            {
                await WriteAsync(table, CurveText.Csv(curve), cancellationToken);
            }

            if (run.Get(plot) is { } picture)
            {
                await PlotAsync(run, curve, question, picture, cancellationToken);
            }

            run.Terminal.Result(CurveDocument.Of(curve), console => CurveText.Write(console, curve));
        });
        HelpWithExamples.Add(
            command,
            "labeler curve scenes --fractions 0.05,0.1,0.2,0.4,0.7,1 --seeds 3 --plot curve.svg",
            "labeler curve scenes --label-shares 0.5,1 --capacity s,m,l --more-labels 5000 --label-cost 0.08 --item-cost 0.5",
            "labeler curve scenes --id nightly --model consensus --detach --json");
        return command;
    }

    private static async Task<Curve> OpenAsync(
        CommandRun run, string dataset, string curveId, Curve wanted, Given given, CancellationToken cancellationToken)
    {
        var curveName = $"{dataset}/curves/{curveId}";
        try
        {
            var there = await run.Service.Curves.GetCurveAsync(new GetCurveRequest { Name = curveName }, cancellationToken: cancellationToken);
            return given.Difference(wanted, there) is { } difference
                ? throw new CommandException($"{curveName} is there with other {difference}: choose another --id, or leave the option out to go on with it")
                : await run.Service.Curves.ResumeCurveAsync(new ResumeCurveRequest { Name = curveName }, cancellationToken: cancellationToken);
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.NotFound && error.Status.Detail.Contains($"{curveName} does not exist", StringComparison.Ordinal))
        {
            return await run.Service.Curves.CreateCurveAsync(
                new CreateCurveRequest { Parent = dataset, CurveId = curveId, Curve = wanted, RequestId = ServiceConnection.NewRequestId() },
                cancellationToken: cancellationToken);
        }
    }

    private static async Task PlotAsync(CommandRun run, Curve curve, GetCurveRequest question, string file, CancellationToken cancellationToken)
    {
        var counts = curve.Points.Where(point => point.Problem.Length == 0).Select(point => point.AnnotationCount)
            .Concat(curve.Fits.SelectMany(fit => fit.Forecasts.Select(forecast => forecast.AnnotationCount))).Where(count => count > 0).ToArray();
        if (counts.Length == 0)
        {
            run.Terminal.Warn($"nothing is measured yet: {file} is not written");
            return;
        }

        var line = new GetCurveRequest(question);
        line.ForecastAnnotationCounts.Clear();
        var (first, last) = (Math.Log(counts.Min()), Math.Log(counts.Max()));
        line.ForecastAnnotationCounts.AddRange(
            Enumerable.Range(0, LinePoints).Select(i => (long)Math.Round(Math.Exp(first + ((last - first) * i / (LinePoints - 1))))).Distinct());
        var fitted = await run.Service.Curves.GetCurveAsync(line, cancellationToken: cancellationToken);
        await WriteAsync(file, CurvePlot.Draw(curve, fitted.Fits)!, cancellationToken);
    }

    private static async Task WriteAsync(string path, string text, CancellationToken cancellationToken)
    {
        await using var file = AtomicFile.Create(path);
        await file.Stream.WriteAsync(Encoding.UTF8.GetBytes(text), cancellationToken);
        await file.CompleteAsync(cancellationToken);
    }

    private static Option<double[]?> Shares(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "SHARE,…",
        CustomParser = result => CommonArguments.Parse(result, ReadShares, "shares are different numbers above 0 and at most 1, with commas between them"),
    };

    private static double[]? ReadShares(string text)
    {
        var shares = new List<double>();
        foreach (var part in text.Split(','))
        {
            if (!double.TryParse(part, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var share) || share is not (> 0 and <= 1) || shares.Contains(share))
            {
                return null;
            }

            shares.Add(share);
        }

        return [.. shares];
    }

    private static Option<double?> Positive(string name, string description)
    {
        var option = new Option<double?>(name) { Description = description, HelpName = "NUMBER" };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && (!double.TryParse(result.Tokens[0].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) || !double.IsFinite(value) || value < 0))
            {
                result.AddError($"{name} is a number that is not negative");
            }
        });
        return option;
    }

    // What the command line says of a curve; what it does not say is as it is.
    private sealed record Given(bool Model, bool Settings, bool Fractions, bool LabelShares, bool Capacity, bool Seeds)
    {
        public string? Difference(Curve wanted, Curve there) =>
            Model && wanted.Algorithm != there.Algorithm ? "--model"
            : Settings && !wanted.Settings.Equals(there.Settings) ? "--set"
            : Fractions && !wanted.ItemFractions.Order().SequenceEqual(there.ItemFractions.Order()) ? "--fractions"
            : LabelShares && !wanted.LabelFractions.Order().SequenceEqual(there.LabelFractions.Order()) ? "--label-shares"
            : Capacity && !wanted.Capacities.SequenceEqual(there.Capacities) ? "--capacity"
            : Seeds && wanted.SeedCount != there.SeedCount ? "--seeds"
            : null;
    }
}
