using System.CommandLine;
using LabelerService.Cli.Client.Import;
using LabelerService.Cli.Files;
using LabelerService.Cli.Rendering;
using LabelerService.Contracts.V1;
using LabelerService.Formats.Rows;
using LabelerService.Formats.Tables;

namespace LabelerService.Cli.Commands.Import;

/// <summary><c>import labels</c>: annotations from a file, all or none, or without those that cannot be used.</summary>
internal static class ImportLabelsCommand
{
    public static Command Create(CommandHost host)
    {
        var name = CommonArguments.Dataset();
        var items = Choice("--unknown-items", "Items that are not there: reject, or register them without contents (labels before items)", Unknown.Reject);
        var labelers = Choice("--unknown-labelers", "Labelers that are not there: register them or reject", Unknown.Register);
        var itemKey = new Option<string?>("--item-key")
        {
            Description = "Label Studio: key of a task's data that is the item [default: item_id where a task has it, else the task's id]",
            HelpName = "KEY",
        };
        var labelKey = new Option<string?>("--label-key")
        {
            Description = "Label Studio: name of the control (JSON_MIN: the key) whose choice is the label [default: the only one]",
            HelpName = "KEY",
        };
        var command = new Command("labels", "Store labels: all of the file or none, unless --on-error skip") { name };
        var options = FileOptions.AddTo(
            command, RowKind.Labels, "columns or keys item,labeler,label[,time,confidence,duration,retracted] (or crowd-kit's task,worker,label), "
                + "or Label Studio's JSON or JSON_MIN,");
        command.Options.Add(items);
        command.Options.Add(labelers);
        command.Options.Add(itemKey);
        command.Options.Add(labelKey);
        host.Handle(command, async (run, cancellationToken) =>
        {
            var dataset = await run.DatasetAsync(run.Get(name), cancellationToken);
            var classes = new ClassNames([.. dataset.Classes]);
            var file = options.Open(
                run, new LabelSchema(run.Time.GetUtcNow()), new ReadOptions(run.Get(itemKey), run.Get(labelKey)),
                row => row.Retracted ? null : classes.Problem("label", row.Label));
            var unknown = new UnknownKeys(
                run.Get(labelers) == Unknown.Register ? UnknownLabelers.Register : UnknownLabelers.Reject,
                run.Get(items) == Unknown.Register ? UnknownItems.Register : UnknownItems.Reject);
            var messages = new AnnotationMessages(classes);
            await ImportRun.ImportAsync(
                run, dataset.Name, "labels", file, options,
                async sending =>
                {
                    if (sending.Rejects is null)
                    {
                        var all = await new AnnotationUpload(run.Service, messages).SendAsync(
                            dataset.Name, file, unknown, sending.Sent, cancellationToken);
                        return Stored(sending.Rows!.Value, all);
                    }

                    var ingest = new AnnotationIngest(run.Service, messages);
                    var good = await ingest.SendAsync(dataset.Name, file, unknown, sending.Rejects, sending.Read, cancellationToken);
                    return Stored(ingest.Stored, good);
                },
                cancellationToken);
        });
        HelpWithExamples.Add(
            command,
            "labeler import labels scenes --file labels.csv",
            "labeler import labels scenes --file labels.parquet --unknown-items register",
            "labeler import labels scenes --file project-7.json --item-key image_id --label-key scene",
            "labeler import labels scenes --file labels.jsonl --on-error skip --rejects rejects.csv");
        return command;
    }

    private enum Unknown
    {
        Reject,
        Register,
    }

    private static Option<Unknown> Choice(string name, string description, Unknown otherwise) => new(name)
    {
        Description = description,
        HelpName = "reject|register",
        DefaultValueFactory = _ => otherwise,
        CustomParser = result => CommonArguments.Parse<Unknown?>(
            result, text => text switch { "reject" => Unknown.Reject, "register" => Unknown.Register, _ => null }, "it is reject or register")
            ?? otherwise,
    };

    private static ImportRun.Stored Stored(long rows, AnnotationWriteCounts counts) => new(
        rows,
        [
            ("created", counts.Created), ("revised", counts.Revised), ("unchanged", counts.Unchanged),
            .. counts.Retracted > 0 ? [("retracted", counts.Retracted)] : Array.Empty<(string, long)>(),
        ]);
}
