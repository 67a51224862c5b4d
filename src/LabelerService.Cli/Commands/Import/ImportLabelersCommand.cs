using System.CommandLine;
using LabelerService.Cli.Client.Import;
using LabelerService.Cli.Rendering;
using LabelerService.Formats.Rows;
using LabelerService.Formats.Tables;

namespace LabelerService.Cli.Commands.Import;

/// <summary><c>import labelers</c>: registers labelers from a file.</summary>
internal static class ImportLabelersCommand
{
    public static Command Create(CommandHost host)
    {
        var name = CommonArguments.Dataset();
        var command = new Command("labelers", "Register labelers with display names and tags; who is registered already stays as they are") { name };
        var options = FileOptions.AddTo(command, RowKind.Labelers, "columns or keys labeler[,display_name,tags], tags being a JSON object of texts,");
        host.Handle(command, async (run, cancellationToken) =>
        {
            var dataset = await run.DatasetAsync(run.Get(name), cancellationToken);
            var file = options.Open(run, new LabelerSchema(), new ReadOptions(), _ => null);
            await ImportRun.ImportAsync(
                run, dataset.Name, "labelers", file, options,
                async sending =>
                {
                    var (created, unchanged) = await new LabelerUpload(run.Service).SendAsync(
                        dataset.Name, file, sending.Rejects,
                        (stored, bytes) =>
                        {
                            sending.Sent(stored);
                            sending.Read(bytes);
                        },
                        cancellationToken);
                    return new ImportRun.Stored(created + unchanged, [("created", created), ("unchanged", unchanged)]);
                },
                cancellationToken);
        });
        HelpWithExamples.Add(command, "labeler import labelers scenes --file labelers.jsonl");
        return command;
    }
}
