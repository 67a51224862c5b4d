using System.CommandLine;
using LabelerService.Cli.Rendering;

namespace LabelerService.Cli.Commands.Import;

/// <summary><c>import items|labels|gold|labelers</c>.</summary>
internal static class ImportCommand
{
    public static Command Create(CommandHost host)
    {
        var command = new Command("import", "Stream items, labels, gold classes and labelers into a dataset, from files in many formats")
        {
            ImportItemsCommand.Create(host), ImportLabelsCommand.Create(host), ImportGoldCommand.Create(host), ImportLabelersCommand.Create(host),
        };
        HelpWithExamples.Add(
            command,
            "labeler import items scenes --features train.npy --id-prefix train-",
            "labeler import items reports --file reports.jsonl",
            "labeler import labels scenes --file labels.csv",
            "labeler import labels scenes --file project-7.json --on-error skip --rejects rejects.csv",
            "labeler import gold scenes --file gold.csv");
        return command;
    }
}
