using System.CommandLine;
using LabelerService.Cli.Client;
using LabelerService.Cli.Files;
using LabelerService.Cli.Rendering;

namespace LabelerService.Cli.Commands.Import;

/// <summary><c>import gold</c>: gold classes from a CSV file.</summary>
internal static class ImportGoldCommand
{
    public static Command Create(CommandHost host)
    {
        var name = CommonArguments.Dataset();
        var path = ImportCommand.File("item,label");
        var command = new Command("gold", "Set gold classes of items that are stored") { name, path };
        host.Handle(command, async (run, cancellationToken) =>
        {
            var dataset = await run.DatasetAsync(run.Get(name), cancellationToken);
            var file = new LabelFile(run.Get(path), dataset.Classes, gold: true);
            var rows = file.Check(cancellationToken);
            var (changed, unchanged) = await ProgressBoard.RunAsync(run.Terminal, run.Time, board =>
            {
                var item = board.Add($"{Path.GetFileName(run.Get(path))} → {dataset.Name}");
                return new GoldUpload(run.Service).SendAsync(
                    dataset.Name, file.Read(cancellationToken), run.Get(path), sent => item.SetCount(sent, rows, "gold classes"),
                    cancellationToken);
            });
            run.Terminal.Result(
                new { Dataset = dataset.Name, File = run.Get(path), GoldClasses = rows, Changed = changed, Unchanged = unchanged },
                $"{rows:N0} gold classes committed: {changed:N0} changed, {unchanged:N0} as they were");
        });
        HelpWithExamples.Add(command, "labeler import gold scenes --file gold.csv");
        return command;
    }
}
