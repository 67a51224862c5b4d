using System.CommandLine;
using LabelerService.Cli.Client.Export;
using LabelerService.Cli.Rendering;
using LabelerService.Formats.Rows;
using LabelerService.Formats.Tables;

namespace LabelerService.Cli.Commands.Export;

/// <summary><c>export labelers</c>: the registry.</summary>
internal static class ExportLabelersCommand
{
    public static Command Create(CommandHost host)
    {
        var name = CommonArguments.Dataset();
        var command = new Command("labelers", "Write labelers: labeler,display_name,tags, in the order they were registered") { name };
        var options = TargetOptions.AddTo(command, RowKind.Labelers);
        host.Handle(command, async (run, cancellationToken) =>
        {
            _ = options.Choose(run);
            var dataset = await run.DatasetAsync(run.Get(name), cancellationToken);
            await ExportRun.ExportAsync(
                run, dataset.Name, "labelers", dataset.Counts?.Labelers ?? 0,
                LabelerExport.ReadAsync(run.Service, dataset.Name, cancellationToken), new LabelerSchema(), options, cancellationToken);
        });
        HelpWithExamples.Add(command, "labeler export labelers scenes --out labelers.jsonl");
        return command;
    }
}
