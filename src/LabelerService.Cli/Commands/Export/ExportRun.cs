using LabelerService.Cli.Files;
using LabelerService.Cli.Rendering;
using LabelerService.Formats.Rows;
using LabelerService.Formats.Tables;

namespace LabelerService.Cli.Commands.Export;

/// <summary>Runs an export into a table: shows progress, says what was written.</summary>
internal static class ExportRun
{
    private const int ProgressEvery = 1024;

    /// <summary>Writes rows to the file that the options name.</summary>
    /// <param name="run">The command.</param>
    /// <param name="dataset">Name of the dataset.</param>
    /// <param name="unit">What rows are called: "labels".</param>
    /// <param name="expected">How many there will be, about.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="schema">What they mean.</param>
    /// <param name="options">The command's options.</param>
    /// <param name="cancellationToken">Ends it; the file then does not appear.</param>
    public static async Task ExportAsync<T>(
        CommandRun run, string dataset, string unit, long expected, IAsyncEnumerable<T> rows, RowSchema<T> schema, TargetOptions options,
        CancellationToken cancellationToken)
    {
        var format = options.Choose(run);
        var start = run.Time.GetTimestamp();
        await using var output = AtomicFile.Create(run.Get(options.Out));
        var count = await ProgressBoard.RunAsync(run.Terminal, run.Time, async board =>
        {
            var item = board.Add($"{dataset} → {Path.GetFileName(run.Get(options.Out))}");
            await using var writer = format.WriteRows(output.Stream, schema, new WriteOptions(run.Get(options.SpreadsheetSafe)));
            var written = 0L;
            await foreach (var row in rows.WithCancellation(cancellationToken))
            {
                await writer.WriteAsync(row, cancellationToken);
                if (++written % ProgressEvery == 0)
                {
                    item.SetCount(written, Math.Max(written, expected), unit);
                }
            }

            await writer.CompleteAsync(cancellationToken);
            item.SetCount(written, written, unit);
            return written;
        });
        await output.CompleteAsync(cancellationToken);
        Tell(run, dataset, unit, options, format.Name, count, start);
    }

    /// <summary>Says what was written.</summary>
    public static void Tell(CommandRun run, string dataset, string unit, TargetOptions options, string format, long count, long start)
    {
        var path = run.Get(options.Out);
        var (seconds, bytes) = (run.Time.GetElapsedTime(start).TotalSeconds, new FileInfo(path).Length);
        run.Terminal.Result(
            new Dictionary<string, object?>
            {
                ["dataset"] = dataset,
                ["file"] = path,
                ["format"] = format,
                [unit.Replace(' ', '_')] = count,
                ["bytes"] = bytes,
                ["seconds"] = Math.Round(seconds, 3),
            },
            $"{count:N0} {unit} written to {path} in {seconds:0.0} s");
    }
}
