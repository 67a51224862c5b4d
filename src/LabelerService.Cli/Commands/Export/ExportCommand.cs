using System.CommandLine;
using LabelerService.Cli.Rendering;

namespace LabelerService.Cli.Commands.Export;

/// <summary><c>export items|labels|gold|labelers</c>.</summary>
internal static class ExportCommand
{
    public static Command Create(CommandHost host)
    {
        var command = new Command("export", "Stream items, labels, gold classes and labelers out of a dataset, into files that import reads back")
        {
            ExportItemsCommand.Create(host), ExportLabelsCommand.Create(host), ExportGoldCommand.Create(host), ExportLabelersCommand.Create(host),
        };
        HelpWithExamples.Add(
            command,
            "labeler export labels scenes --out labels.parquet",
            "labeler export items reports --out reports.jsonl",
            "labeler export gold scenes --out gold.csv",
            "labeler export labelers scenes --out labelers.csv");
        return command;
    }
}
