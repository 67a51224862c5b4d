using System.CommandLine;
using LabelerService.Cli.Client;
using LabelerService.Cli.Files;
using LabelerService.Cli.Rendering;
using LabelerService.Formats.Tables;

namespace LabelerService.Cli.Commands.Predictions;

/// <summary><c>predictions download</c>: a job's predictions as a file, which the service writes.</summary>
internal static class DownloadPredictionsCommand
{
    public static Command Create(CommandHost host)
    {
        var name = PredictionsCommand.Job();
        var target = new Option<string>("--out")
        {
            Description = "Where to; the extension decides the format. The file appears when it is complete",
            HelpName = "FILE.parquet|.jsonl|.csv|.tsv",
            Required = true,
        };
        var command = new Command("download", "Fetch a job's predictions as a file") { name, target };
        host.Handle(command, async (run, cancellationToken) =>
        {
            var path = run.Get(target);
            var format = FormatCatalogue.ForPath(path, RowKind.Predictions)
                ?? throw new UsageException($"--out takes a .parquet, .jsonl, .csv or .tsv file, not \"{path}\"");
            var start = run.Time.GetTimestamp();
            await using var output = AtomicFile.Create(path);
            var bytes = await ProgressBoard.RunAsync(run.Terminal, run.Time, async board =>
            {
                var item = board.Add(Path.GetFileName(path));
                var written = await new PredictionJobs(run.Service, run.Time).DownloadAsync(
                    run.Get(name), format.Name, output.Stream, item.SetBytes, cancellationToken);
                item.Finish(ByteText.Of(written));
                return written;
            });
            await output.CompleteAsync(cancellationToken);
            run.Terminal.Result(
                new { Job = run.Get(name), File = path, Format = format.Name, Bytes = bytes, Seconds = Math.Round(run.Time.GetElapsedTime(start).TotalSeconds, 3) },
                $"{path}: {bytes:N0} bytes");
        });
        HelpWithExamples.Add(command, "labeler predictions download datasets/scenes/predictionJobs/0198c1f0 --out scenes.parquet");
        return command;
    }
}
