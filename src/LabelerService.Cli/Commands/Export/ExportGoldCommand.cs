using System.CommandLine;
using LabelerService.Cli.Client.Export;
using LabelerService.Cli.Rendering;
using LabelerService.Contracts.V1;
using LabelerService.Formats.Rows;
using LabelerService.Formats.Tables;

namespace LabelerService.Cli.Commands.Export;

/// <summary><c>export gold</c>: gold classes.</summary>
internal static class ExportGoldCommand
{
    public static Command Create(CommandHost host)
    {
        var name = CommonArguments.Dataset();
        var command = new Command("gold", "Write gold classes: item,label, of the items that have one") { name };
        var options = TargetOptions.AddTo(command, RowKind.Gold);
        host.Handle(command, async (run, cancellationToken) =>
        {
            _ = options.Choose(run);
            var dataset = await run.DatasetAsync(run.Get(name), cancellationToken);
            var rows = new ItemExport(run.Service, dataset).ReadAsync(Split.Unspecified, features: false, contents: false, cancellationToken)
                .Where(item => item.Gold is not null).Select(item => new GoldRow(item.Item, item.Gold!));
            await ExportRun.ExportAsync(
                run, dataset.Name, "gold classes", dataset.Counts?.GoldItems ?? 0, rows, new GoldSchema(), options, cancellationToken);
        });
        HelpWithExamples.Add(command, "labeler export gold scenes --out gold.csv");
        return command;
    }
}
