using System.Reflection;
using LabelerService.Core.Errors;
using LabelerService.Server.Operations;
using LabelerService.Storage.Audit;
using LabelerService.Storage.Backups;

namespace LabelerService.Server.Backups;

/// <summary>Writes and restores backups for somebody at a terminal, or a timer's log. Progress goes to standard error.</summary>
internal static class BackupRun
{
    private const int BufferBytes = 1 << 20;

    private static readonly string Version =
        typeof(BackupRun).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <summary>Writes a backup; gives the exit code.</summary>
    public static Task<int> WriteAsync(DatabasePlace place, string path, bool overwrite, CancellationToken cancel) => OperatorRun.RunAsync(async () =>
    {
        if (!overwrite && File.Exists(path))
        {
            throw new ServiceException(
                ErrorKind.AlreadyExists, "BACKUP_EXISTS", $"{path} is there already. Name another file, or say --overwrite.");
        }

        // Under another name until it is complete: whatever bears the name is a whole backup, and an older one stays as long as it is the best.
        // Two at a time do not write into one file.
        var partial = $"{path}.{Environment.ProcessId}.partial";
        try
        {
            BackupManifest manifest;
            await using (var file = new FileStream(partial, new FileStreamOptions
            {
                Mode = FileMode.Create,
                Access = FileAccess.ReadWrite,
                Options = FileOptions.Asynchronous,
                BufferSize = BufferBytes,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }))
            {
                await using var database = await place.OpenAsync(cancel);
                await database.Get<AuditStore>().AppendIfPossibleAsync(ByOperator("backup"), cancel);
                manifest = await database.Get<DatabaseBackup>().WriteAsync(file, Version, new ProgressLines(Console.Error), cancel);
                await file.FlushAsync(cancel);
                file.Flush(flushToDisk: true);
            }

            File.Move(partial, path, overwrite);
            await Console.Out.WriteLineAsync($"{path}: {new FileInfo(path).Length:N0} bytes, {Summary(manifest)}");
        }
        catch
        {
            File.Delete(partial);
            throw;
        }
    });

    /// <summary>Checks a backup and, unless that is all that is wanted, restores it; gives the exit code.</summary>
    public static Task<int> ReadAsync(DatabasePlace place, string path, bool checkOnly, CancellationToken cancel) => OperatorRun.RunAsync(async () =>
    {
        await using var file = new FileStream(path, new FileStreamOptions { Options = FileOptions.Asynchronous, BufferSize = BufferBytes });
        await Console.Error.WriteLineAsync($"Checking {path}.");
        var manifest = await DatabaseRestore.VerifyAsync(file, Version, null, cancel);
        if (checkOnly)
        {
            await Console.Out.WriteLineAsync($"{path} is whole: {Summary(manifest)}");
            return;
        }

        await using var database = await place.CreateAsync(cancel);
        await database.Get<DatabaseRestore>().ReadAsync(file, Version, new ProgressLines(Console.Error), cancel);
        await database.Get<AuditStore>().AppendAsync([ByOperator("restore")], cancel);
        await Console.Out.WriteLineAsync($"Restored {Summary(manifest)}");
    });

    private static AuditWrite ByOperator(string what) => new(AuditStore.Operator, null, what, AuditStore.Done);

    private static string Summary(BackupManifest manifest) =>
        $"{manifest.Tables.Sum(table => table.Rows):N0} rows in {manifest.Tables.Count} tables as of {manifest.Time.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z, "
        + $"written by version {manifest.Version}, schema {manifest.Migrations[^1]}.";
}
