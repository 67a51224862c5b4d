using LabelerService.Cli.Files.Import;
using LabelerService.Cli.Rendering;

namespace LabelerService.Cli.Commands.Import;

/// <summary>Runs an import from a file: checks it, or begins the list of rows left out; shows progress; says what was done.</summary>
internal static class ImportRun
{
    /// <summary>What an import stored.</summary>
    /// <param name="Rows">Rows that are stored.</param>
    /// <param name="Counts">What that did, by name, in the order to be told.</param>
    internal sealed record Stored(long Rows, IReadOnlyList<(string Name, long Count)> Counts);

    /// <summary>Sends a file.</summary>
    /// <param name="Rows">Rows of the file; null where it was not checked.</param>
    /// <param name="Rejects">Takes the rows that are left out; null where none may be.</param>
    /// <param name="Sent">Told how many rows have gone out.</param>
    /// <param name="Read">Told how many bytes were read.</param>
    internal sealed record Sending(long? Rows, RejectedRows? Rejects, Action<long> Sent, Action<long> Read);

    /// <summary>Imports a file.</summary>
    /// <param name="run">The command.</param>
    /// <param name="dataset">Name of the dataset.</param>
    /// <param name="unit">What rows are called: "labels".</param>
    /// <param name="file">The file.</param>
    /// <param name="options">The command's options.</param>
    /// <param name="send">Sends the file's rows.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task ImportAsync<T>(
        CommandRun run, string dataset, string unit, ImportFile<T> file, FileOptions options, Func<Sending, Task<Stored>> send,
        CancellationToken cancellationToken)
        where T : class
    {
        await using var rejects = options.Skipping(run, file);
        var start = run.Time.GetTimestamp();
        Stored stored;
        try
        {
            stored = await ProgressBoard.RunAsync(run.Terminal, run.Time, async board =>
            {
                var item = board.Add($"{Path.GetFileName(file.Path)} → {dataset}");
                if (rejects is not null)
                {
                    return await send(new Sending(null, rejects, _ => { }, bytes => item.SetBytes(bytes, file.Length)));
                }

                var rows = await file.CheckAsync(bytes => item.SetBytes(bytes, file.Length, "checking: "), cancellationToken);
                return await send(new Sending(rows, null, sent => item.SetCount(sent, rows, unit), _ => { }));
            });
        }
        finally
        {
            // Also of an import that failed half-way: these rows are known to be bad.
            if (rejects is not null)
            {
                await rejects.CompleteAsync(CancellationToken.None);
            }
        }

        Tell(run, dataset, unit, file, options, rejects, stored, run.Time.GetElapsedTime(start).TotalSeconds);
    }

    private static void Tell<T>(
        CommandRun run, string dataset, string unit, ImportFile<T> file, FileOptions options, RejectedRows? rejects, Stored stored, double seconds)
        where T : class
    {
        if (file.UnknownColumns.Count > 0)
        {
            run.Terminal.Warn($"{file.Path}: not read: column {string.Join(", ", file.UnknownColumns)}");
        }

        if (file.LeftOut > 0)
        {
            run.Terminal.Note($"{file.Path}: {file.LeftOut:N0} cancelled annotations were left out");
        }

        if (rejects is { Count: > 0 })
        {
            run.ExitCode = CommandHost.RowsLeftOut;
            var where = run.Get(options.Rejects) is { } target ? $"; all are in {target}" : rejects.Problems.More;
            run.Terminal.Warn($"{file.Path}: {rejects.Count:N0} rows were left out{where}");
            foreach (var problem in rejects.Problems.Shown)
            {
                run.Terminal.Note($"  {problem.Where}: {problem.What}");
            }
        }

        var document = new Dictionary<string, object?>
        {
            ["dataset"] = dataset,
            ["file"] = file.Path,
            ["format"] = file.Format,
            [unit.Replace(' ', '_')] = stored.Rows,
        };
        foreach (var (name, count) in stored.Counts)
        {
            document[name] = count;
        }

        document["seconds"] = Math.Round(seconds, 3);
        if (rejects is not null)
        {
            document["left_out"] = rejects.Count;
            document["problems"] = rejects.Problems.Shown;
        }

        document["unknown_columns"] = file.UnknownColumns;
        var counts = string.Join(", ", stored.Counts.Select(count => $"{count.Count:N0} {Words(count.Name)}"));
        run.Terminal.Result(document, $"{stored.Rows:N0} {unit} committed in {seconds:0.0} s: {counts}");
    }

    private static string Words(string name) => name switch
    {
        "created" => "new",
        "updated" => "changed",
        "unchanged" => "as they were",
        _ => name,
    };
}
