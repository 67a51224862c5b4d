using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using LabelerService.Server.Hosting;
using LabelerService.Server.Operations;
using LabelerService.Storage.Audit;
using LabelerService.Storage.Partitions;

namespace LabelerService.Server.Partitions;

/// <summary>The command of the server's program that partitions the large tables, beside serving.</summary>
internal static class PartitionCommand
{
    private const int DefaultPartitions = 16;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>Adds <c>partition</c>.</summary>
    public static RootCommand AddTo(RootCommand root)
    {
        var partitions = new Option<int>("--partitions")
        {
            Description = $"Partitions of each table, 2 to {TablePartitioning.MostPartitions}; 0 makes plain tables again.",
            HelpName = "NUMBER",
            DefaultValueFactory = _ => DefaultPartitions,
        };
        var dryRun = new Option<bool>("--dry-run") { Description = "Only say how the tables are stored, and what would be written; the service may run." };
        var json = new Option<bool>("--json") { Description = "Say the result as JSON on standard output." };
        var (data, postgres) = (ServerCommand.DataOption(), ServerCommand.PostgresOption());
        var command = new Command("partition", "Split the large tables into hash partitions by dataset, all or nothing, while the service is stopped")
        {
            partitions, dryRun, json, data, postgres,
        };
        command.SetAction((result, cancel) => OperatorRun.RunAsync(() => ApplyAsync(
            new DatabasePlace(Path.GetFullPath(result.GetValue(data)!), result.GetValue(postgres)), result.GetValue(partitions), result.GetValue(dryRun),
            result.GetValue(json), cancel)));
        root.Subcommands.Add(command);
        return root;
    }

    private static async Task ApplyAsync(DatabasePlace place, int partitions, bool dryRun, bool json, CancellationToken cancel)
    {
        await using var database = await place.OpenAsync(cancel);
        var partitioning = database.Get<TablePartitioning>();
        var before = await partitioning.LookAsync(cancel);
        PartitionedTable[] due = [.. before.Where(table => table.Partitions != partitions)];
        var after = before;
        if (!dryRun)
        {
            await Console.Error.WriteLineAsync(
                due.Length == 0 ? "The tables are so already." : $"Writing {Size(due.Sum(table => table.Bytes))} anew; so much must be free on the database's disk.");
            after = await partitioning.ApplyAsync(partitions, new Lines(Console.Error), cancel);
            if (due.Length > 0)
            {
                await database.Get<AuditStore>().AppendAsync([new AuditWrite(AuditStore.Operator, null, "partition", AuditStore.Done)], cancel);
            }
        }

        if (json)
        {
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(new { DryRun = dryRun, Rewritten = due.Select(table => table.Name), Tables = after }, Json));
            return;
        }

        foreach (var table in after)
        {
            await Console.Out.WriteLineAsync(
                $"{table.Name}: {(table.Partitions == 0 ? "plain" : Text($"{table.Partitions} partitions"))}, {Size(table.Bytes)}"
                + (dryRun && due.Any(one => one.Name == table.Name) ? ", would be written anew" : ""));
        }
    }

    private static string Size(long bytes) => Text($"{bytes / 1048576.0:N1} MiB");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    // A line when a table is done, and every few seconds while it is not.
    private sealed class Lines(TextWriter output) : IProgress<PartitionProgress>
    {
        private static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

        private readonly long _start = TimeProvider.System.GetTimestamp();
        private long _last = TimeProvider.System.GetTimestamp();

        public void Report(PartitionProgress value)
        {
            if (value.Done || TimeProvider.System.GetElapsedTime(_last) >= Every)
            {
                _last = TimeProvider.System.GetTimestamp();
                var seconds = TimeProvider.System.GetElapsedTime(_start).TotalSeconds;
                output.WriteLine(Text($"{seconds,6:N0} s  {value.Table}: {value.Rows:N0} rows{(value.Done ? ", indexed" : $", {value.Share:P0}")}"));
            }
        }
    }
}
