using System.CommandLine;
using System.Globalization;
using LabelerService.Cli.Client;
using LabelerService.Cli.Commands.Models;
using LabelerService.Cli.Rendering;
using LabelerService.Contracts.V1;
using Spectre.Console;

namespace LabelerService.Cli.Commands;

/// <summary>
/// <c>model</c>: what a version is: how it was chosen and set, what was measured, and whom it trusts how much. Its subcommands are in
/// <see cref="Models"/>.
/// </summary>
internal static class ModelCommand
{
    private const int CandidatesShown = 5;

    public static Command Create(CommandHost host)
    {
        var model = CommonArguments.Model();
        var command = new Command(
            "model", "Show a model version: why it was chosen, its settings, what was measured, and the weight and accuracy of every labeler")
        {
            model,
            PromoteCommand.Create(host), RollbackCommand.Create(host), CanaryCommand.Create(host), HistoryCommand.Create(host),
            LineageCommand.Create(host), DownloadCommand.Create(host), CardCommand.Create(host), DescribeCommand.Create(host),
            RetentionCommand.Create(host), DeleteCommand.Create(host),
        };
        host.Handle(command, async (run, cancellationToken) =>
        {
            var version = await new ModelPredictor(run.Service).ResolveAsync(run.Get(model), cancellationToken);
            run.Terminal.Result(ModelDocument.Of(version), console => Show(console, version));
        });
        HelpWithExamples.Add(
            command,
            "labeler model datasets/scenes/models/wdn",
            "labeler model datasets/scenes/models/auto/versions/2",
            "labeler model datasets/scenes/models/wdn --json",
            "labeler model promote datasets/scenes/models/wdn/versions/3",
            "labeler model download datasets/scenes/models/wdn --out wdn.onnx");
        return command;
    }

    private static void Show(IAnsiConsole console, ModelVersion version)
    {
        console.MarkupLineInterpolated($"[bold]{version.Name}[/]");
        Line(console, "algorithm", version.Algorithm);
        Line(console, "classes", string.Join(", ", version.Classes));
        if (version.Selection is { } selection)
        {
            Line(console, "chosen", selection.Reason);
        }

        Line(console, "settings", string.Join(" ", version.Settings.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}={pair.Value}")));
        Line(console, "seed", $"{version.Seed}");
        if (version.State == ModelVersion.Types.State.Deleted)
        {
            Line(console, "deleted", $"{Tables.Time(version.DeleteTime)} by {version.DeletedBy}; it can only be read about");
        }

        if (ErasureText.Warning(version) is { } warning)
        {
            Line(console, "erased data", warning);
        }

        if (version.ParentVersion.Length > 0)
        {
            Line(console, "parent", version.ParentVersion);
        }

        if (version.Data is { } data)
        {
            Line(console, "data", $"{data.AnnotatedItemCount:N0} items, {data.AnnotationCount:N0} annotations, {data.LabelerCount:N0} labelers; snapshot {version.SnapshotId}");
        }

        Line(console, "trained", $"{Tables.Time(version.CreateTime)} in {version.TrainingSeconds.ToString("0.0", CultureInfo.InvariantCulture)} s on {version.AnnotationCount:N0} annotations, {version.TrainingRun}");
        Line(console, "calibration", version.Temperature == 1
            ? "none"
            : string.Create(CultureInfo.InvariantCulture, $"temperature {version.Temperature:0.###}"));
        Line(console, "distilled", version.Distilled ? "yes: predict --distilled" : "no");
        if (version.Selection is { Candidates.Count: > 0 })
        {
            console.Write(Candidates(version.Selection));
        }

        console.Write(Metrics(version));
        console.Write(Heads(version));
    }

    private static TextTable Candidates(ModelSelection selection)
    {
        var table = Tables.Create("considered, best first", selection.Criterion.Replace('_', ' '), "s.e. of distance to the chosen");
        var shown = selection.Candidates.Take(CandidatesShown).ToList();
        // The chosen one is shown wherever it stands.
        shown.AddRange(selection.Candidates.Skip(CandidatesShown).Where(candidate => candidate.Name == selection.Chosen));
        foreach (var candidate in shown)
        {
            var chosen = candidate.Name == selection.Chosen;
            table.AddTextRow(candidate.Name + (chosen ? " (chosen)" : ""), Number(candidate.LogLikelihood, "0.0000"), chosen ? "" : Number(candidate.DifferenceStandardError, "0.0000"));
        }

        if (selection.Candidates.Count > shown.Count)
        {
            table.AddTextRow($"and {selection.Candidates.Count - shown.Count} more; all with --json", "", "");
        }

        return table;
    }

    private static TextTable Metrics(ModelVersion version)
    {
        var table = Tables.Create("split", "metric", "value (95 % interval)", "measured on");
        foreach (var metric in version.Metrics)
        {
            table.AddTextRow(metric.Split, MetricText.Name(metric), MetricText.WithInterval(metric), $"{metric.Count:N0}");
        }

        return table;
    }

    // Heaviest first: whom the model listens to is what one looks for.
    private static TextTable Heads(ModelVersion version)
    {
        var table = Tables.Create("labeler", "annotations", "weight (95 % interval)", "estimated accuracy");
        foreach (var head in version.Heads.OrderByDescending(head => head.Weight))
        {
            table.AddTextRow(
                head.LabelerId.Length == 0 ? "(shared: nobody's own)" : head.LabelerId,
                $"{head.AnnotationCount:N0}",
                Number(head.Weight, "0.0000") + (head.HasWeightLower && head.HasWeightUpper
                    ? $" ({Number(head.WeightLower, "0.0000")} – {Number(head.WeightUpper, "0.0000")})"
                    : ""),
                Number(head.EstimatedAccuracy, "0.000"));
        }

        return table;
    }

    private static void Line(IAnsiConsole console, string name, string value) =>
        console.Write(new Text(string.Create(CultureInfo.InvariantCulture, $"{name,-12}{value}\n")));

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
