using System.CommandLine;
using System.Globalization;
using LabelerService.Cli.Rendering;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Commands;

/// <summary><c>evaluate</c>: measures a model on a split, against gold or against the labelers.</summary>
internal static class EvaluateCommand
{
    public static Command Create(CommandHost host)
    {
        var model = CommonArguments.Model();
        var split = CommonArguments.Split(Split.Test, "Split to measure on [default: test]");
        var basis = CommonArguments.Basis();
        var positive = new Option<string[]>("--positive")
        {
            Description = "Classes that are positive, for AUC and specificity [default: the second of two classes]",
            HelpName = "a,b",
            Arity = ArgumentArity.ExactlyOne,
            CustomParser = result => CommonArguments.Parse(
                result, ClassListText.ParseNames, "class names are separated by commas, quoted where they have one themselves"),
        };
        var positiveFrom = new Option<string>("--positive-from")
        {
            Description = "The same for ordinal classes: this class and all above it",
            HelpName = "CLASS",
        };
        var sensitivity = new Option<double>("--sensitivity")
        {
            Description = "Sensitivity at which specificity is measured [default: 0.97]",
            HelpName = "0.97",
            CustomParser = result => CommonArguments.Parse<double?>(result, ParseShare, "a sensitivity lies between 0 and 1, both excluded") ?? 0,
        };
        var command = new Command(
            "evaluate", "Measure a model with 95 % intervals: on gold accuracy, log loss, calibration and more; without gold, the fit to labelers")
        {
            model, split, basis, positive, positiveFrom, sensitivity,
        };
        command.Validators.Add(result =>
        {
            bool Has(Option option) => result.GetResult(option) is { Implicit: false };
            if (Has(positive) && Has(positiveFrom))
            {
                result.AddError("--positive and --positive-from exclude each other");
            }
        });
        host.Handle(command, async (run, cancellationToken) =>
        {
            var request = new EvaluateModelRequest { Name = run.Get(model).Text, Split = run.Get(split), Basis = run.Get(basis) };
            if (run.Has(positive))
            {
                request.PositiveClasses.AddRange(run.Get(positive));
            }

            if (run.Has(positiveFrom))
            {
                request.PositiveFrom = run.Get(positiveFrom);
            }

            if (run.Has(sensitivity))
            {
                request.Sensitivity = run.Get(sensitivity);
            }

            var answer = await run.Service.Models.EvaluateModelAsync(request, cancellationToken: cancellationToken);
            foreach (var warning in answer.Warnings)
            {
                run.Terminal.Warn(warning);
            }

            run.Terminal.Result(Document(answer, run.Get(split)), console =>
            {
                var table = Tables.Create(
                    answer.ModelVersion, $"{SplitText.Of(run.Get(split))}, {BasisText.Of(answer.Basis)} (95 % interval)", "measured on");
                foreach (var metric in answer.Metrics)
                {
                    table.AddTextRow(Name(metric, answer), MetricText.WithInterval(metric), $"{metric.Count:N0} items");
                }

                console.Write(table);
            });
        });
        HelpWithExamples.Add(
            command,
            "labeler evaluate datasets/scenes/models/wdn --split test",
            "labeler evaluate datasets/scenes/models/wdn/versions/2 --split valid --json",
            "labeler evaluate datasets/scenes/models/wdn --basis labelers",
            "labeler evaluate datasets/retina/models/wdn --positive-from moderate --sensitivity 0.9",
            "labeler evaluate datasets/scenes/models/wdn --positive coast,forest");
        return command;
    }

    // Specificity means little without its sensitivity.
    private static string Name(Metric metric, EvaluateModelResponse answer) => metric.Metric_ == "specificity_at_sensitivity"
        ? string.Create(CultureInfo.InvariantCulture, $"specificity at {answer.Sensitivity:0.####} sensitivity")
        : MetricText.Name(metric);

    private static double? ParseShare(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value is > 0 and < 1 ? value : null;

    /// <summary>
    /// The evaluation as a document: each metric (<c>accuracy</c>, <c>log_loss</c>, …) as a plain number, and <c>metrics</c> with their
    /// intervals.
    /// </summary>
    private static SortedDictionary<string, object?> Document(EvaluateModelResponse answer, Split split)
    {
        var document = new SortedDictionary<string, object?>(StringComparer.Ordinal)
        {
            ["model_version"] = answer.ModelVersion,
            ["split"] = SplitText.Of(split),
            ["basis"] = BasisText.Of(answer.Basis),
            ["metrics"] = answer.Metrics.Select(MetricText.Document),
            ["classes"] = answer.Classes,
            ["confusion"] = answer.Confusion.Chunk(Math.Max(1, answer.Classes.Count)),
            ["positive_classes"] = answer.PositiveClasses,
            ["sensitivity"] = answer.HasSensitivity ? answer.Sensitivity : null,
            ["warnings"] = answer.Warnings,
        };
        foreach (var metric in answer.Metrics)
        {
            document.TryAdd(metric.Metric_, metric.Value);
        }

        return document;
    }
}
