using System.CommandLine;
using LabelerService.Cli.Client.Import;
using LabelerService.Cli.Files;
using LabelerService.Cli.Rendering;
using LabelerService.Formats.Rows;
using LabelerService.Formats.Tables;

namespace LabelerService.Cli.Commands.Import;

/// <summary><c>import gold</c>: gold classes from a file.</summary>
internal static class ImportGoldCommand
{
    public static Command Create(CommandHost host)
    {
        var name = CommonArguments.Dataset();
        var command = new Command("gold", "Set gold classes of items that are stored") { name };
        var options = FileOptions.AddTo(command, RowKind.Gold, "columns or keys item,label (or crowd-kit's task,label)");
        host.Handle(command, async (run, cancellationToken) =>
        {
            var dataset = await run.DatasetAsync(run.Get(name), cancellationToken);
            var classes = new ClassNames([.. dataset.Classes]);
            var file = options.Open(run, new GoldSchema(), new ReadOptions(), row => classes.Problem("label", row.Label));
            await ImportRun.ImportAsync(
                run, dataset.Name, "gold classes", file, options,
                async sending =>
                {
                    var (changed, unchanged) = await new GoldUpload(run.Service, classes).SendAsync(
                        dataset.Name, file, sending.Rejects,
                        (stored, bytes) =>
                        {
                            sending.Sent(stored);
                            sending.Read(bytes);
                        },
                        cancellationToken);
                    return new ImportRun.Stored(changed + unchanged, [("changed", changed), ("unchanged", unchanged)]);
                },
                cancellationToken);
        });
        HelpWithExamples.Add(
            command, "labeler import gold scenes --file gold.csv", "labeler import gold scenes --file gold.parquet --on-error skip");
        return command;
    }
}
