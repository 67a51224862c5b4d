using System.CommandLine;
using LabelerService.Cli.Rendering;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Commands;

/// <summary><c>evaluate</c>: measures a model on the gold classes of a split.</summary>
internal static class EvaluateCommand
{
    public static Command Create(CommandHost host)
    {
        var model = CommonArguments.Model();
        var split = CommonArguments.Split(Split.Test, "Split whose gold classes are measured on [default: test]");
        var command = new Command("evaluate", "Measure a model on gold classes: accuracy, log loss and calibration error with 95 % intervals")
        {
            model, split,
        };
        host.Handle(command, async (run, cancellationToken) =>
        {
            var answer = await run.Service.Models.EvaluateModelAsync(
                new EvaluateModelRequest { Name = run.Get(model).Text, Split = run.Get(split) }, cancellationToken: cancellationToken);
            run.Terminal.Result(Document(answer, run.Get(split)), console =>
            {
                var table = Tables.Create(answer.ModelVersion, $"{SplitText.Of(run.Get(split))} (95 % interval)", "measured on");
                foreach (var metric in answer.Metrics)
                {
                    table.AddTextRow(
                        MetricText.Name(metric), MetricText.WithInterval(metric), $"{metric.Count:N0} items");
                }

                console.Write(table);
            });
        });
        HelpWithExamples.Add(
            command,
            "labeler evaluate datasets/scenes/models/wdn --split test",
            "labeler evaluate datasets/scenes/models/wdn/versions/2 --split valid --json");
        return command;
    }

    /// <summary>
    /// The evaluation as a document: <c>accuracy</c>, <c>log_loss</c>, <c>ece</c> as plain numbers, and <c>metrics</c> with their intervals.
    /// </summary>
    private static SortedDictionary<string, object?> Document(EvaluateModelResponse answer, Split split)
    {
        var document = new SortedDictionary<string, object?>(StringComparer.Ordinal)
        {
            ["model_version"] = answer.ModelVersion,
            ["split"] = SplitText.Of(split),
            ["metrics"] = answer.Metrics.Select(MetricText.Document),
            ["classes"] = answer.Classes,
            ["confusion"] = answer.Confusion.Chunk(Math.Max(1, answer.Classes.Count)),
        };
        foreach (var metric in answer.Metrics)
        {
            document.TryAdd(metric.Metric_, metric.Value);
        }

        return document;
    }
}
