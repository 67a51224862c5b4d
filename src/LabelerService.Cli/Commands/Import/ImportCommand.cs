using System.CommandLine;
using LabelerService.Cli.Rendering;

namespace LabelerService.Cli.Commands.Import;

/// <summary><c>import items|labels|gold</c>.</summary>
internal static class ImportCommand
{
    public static Command Create(CommandHost host)
    {
        var command = new Command("import", "Stream items, labels and gold classes into a dataset")
        {
            ImportItemsCommand.Create(host), ImportLabelsCommand.Create(host), ImportGoldCommand.Create(host),
        };
        HelpWithExamples.Add(
            command,
            "labeler import items scenes --features train.npy --id-prefix train-",
            "labeler import labels scenes --file labels.csv",
            "labeler import gold scenes --file gold.csv");
        return command;
    }

    /// <summary>The option that names the file of labels or gold classes.</summary>
    public static Option<string> File(string columns) => new("--file")
    {
        Description = $"CSV file, UTF-8, with a header and the columns {columns} in any order",
        HelpName = "F.csv",
        Required = true,
    };
}
