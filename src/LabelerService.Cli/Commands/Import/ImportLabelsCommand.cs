using System.CommandLine;
using LabelerService.Cli.Client;
using LabelerService.Cli.Files;
using LabelerService.Cli.Rendering;

namespace LabelerService.Cli.Commands.Import;

/// <summary><c>import labels</c>: annotations from a CSV file, all or none.</summary>
internal static class ImportLabelsCommand
{
    public static Command Create(CommandHost host)
    {
        var name = CommonArguments.Dataset();
        var path = ImportCommand.File("item,labeler,label[,time,confidence] (or crowd-kit's task,worker,label)");
        var command = new Command("labels", "Store labels, all of the file or none; labelers are registered with them") { name, path };
        host.Handle(command, async (run, cancellationToken) =>
        {
            var dataset = await run.DatasetAsync(run.Get(name), cancellationToken);
            var file = new LabelFile(run.Get(path), dataset.Classes, gold: false);
            var rows = file.Check(cancellationToken);
            if (file.IgnoredColumns.Count > 0)
            {
                run.Terminal.Warn($"{run.Get(path)}: not read: column {string.Join(", ", file.IgnoredColumns)}");
            }

            var start = run.Time.GetTimestamp();
            var counts = await ProgressBoard.RunAsync(run.Terminal, run.Time, board =>
            {
                var item = board.Add($"{Path.GetFileName(run.Get(path))} → {dataset.Name}");
                return new AnnotationUpload(run.Service).SendAsync(
                    dataset.Name, file.Read(cancellationToken), run.Get(path), sent => item.SetCount(sent, rows, "labels"), cancellationToken);
            });
            var seconds = run.Time.GetElapsedTime(start).TotalSeconds;
            run.Terminal.Result(
                new
                {
                    Dataset = dataset.Name,
                    File = run.Get(path),
                    Labels = rows,
                    counts.Created,
                    counts.Revised,
                    counts.Unchanged,
                    Seconds = Math.Round(seconds, 3),
                },
                $"{rows:N0} labels committed in {seconds:0.0} s: "
                + $"{counts.Created:N0} new, {counts.Revised:N0} revised, {counts.Unchanged:N0} as they were");
        });
        HelpWithExamples.Add(command, "labeler import labels scenes --file labels.csv");
        return command;
    }
}
