using System.CommandLine;
using LabelerService.Cli.Client;
using LabelerService.Cli.Client.Export;
using LabelerService.Cli.Rendering;
using LabelerService.Formats.Rows;
using LabelerService.Formats.Tables;

namespace LabelerService.Cli.Commands.Export;

/// <summary><c>export labels</c>: annotations in their current revision.</summary>
internal static class ExportLabelsCommand
{
    public static Command Create(CommandHost host)
    {
        var name = CommonArguments.Dataset();
        var retracted = new Option<bool>("--retracted")
        {
            Description = "Also labels that were taken back: a column retracted, true for these, whose label is empty",
        };
        var command = new Command("labels", "Write labels: item,labeler,label,time,confidence,duration, by item and labeler, as of one moment")
        {
            name, retracted,
        };
        var options = TargetOptions.AddTo(command, RowKind.Labels);
        host.Handle(command, async (run, cancellationToken) =>
        {
            var format = options.Choose(run);
            if (run.Get(retracted) && format.Name is "crowd-kit" or "label-studio")
            {
                throw new UsageException($"--retracted: {format.Name} has no room for labels that were taken back");
            }

            var dataset = await run.DatasetAsync(run.Get(name), cancellationToken);
            await ExportRun.ExportAsync(
                run, dataset.Name, "labels", dataset.Counts?.Annotations ?? 0,
                AnnotationExport.ReadAsync(run.Service, dataset.Name, run.Get(retracted), cancellationToken),
                new LabelSchema(run.Time.GetUtcNow(), run.Get(retracted)), options, cancellationToken);
        });
        HelpWithExamples.Add(
            command,
            "labeler export labels scenes --out labels.csv",
            "labeler export labels scenes --out labels.parquet --retracted",
            "labeler export labels scenes --out crowd.csv --format crowd-kit",
            "labeler export labels scenes --out tasks.json --format label-studio");
        return command;
    }
}
