using System.CommandLine;
using LabelerService.Server.Hosting;
using LabelerService.Server.Operations;

namespace LabelerService.Server.Backups;

/// <summary>The commands of the server's program that write and read backups, beside serving.</summary>
internal static class BackupCommands
{
    /// <summary>Adds <c>backup</c> and <c>restore</c>.</summary>
    public static RootCommand AddTo(RootCommand root)
    {
        root.Subcommands.Add(Backup());
        root.Subcommands.Add(Restore());
        return root;
    }

    private static Command Backup()
    {
        var file = new Argument<string>("FILE") { Description = "The file to write." };
        var overwrite = new Option<bool>("--overwrite") { Description = "Replace the file if it is there." };
        var (data, postgres) = (ServerCommand.DataOption(), ServerCommand.PostgresOption());
        var command = new Command("backup", "Write the whole database into one file, while the service runs or not") { file, overwrite, data, postgres };
        command.SetAction((result, cancel) => BackupRun.WriteAsync(
            new DatabasePlace(Path.GetFullPath(result.GetValue(data)!), result.GetValue(postgres)), Path.GetFullPath(result.GetValue(file)!),
            result.GetValue(overwrite), cancel));
        return command;
    }

    private static Command Restore()
    {
        var file = new Argument<string>("FILE") { Description = "A file that `backup` wrote." };
        var check = new Option<bool>("--check") { Description = "Only read the file and say whether it is whole; no database is needed." };
        var (data, postgres) = (ServerCommand.DataOption(), ServerCommand.PostgresOption());
        var command = new Command("restore", "Fill an empty database from a backup, all or nothing") { file, check, data, postgres };
        command.SetAction((result, cancel) => BackupRun.ReadAsync(
            new DatabasePlace(Path.GetFullPath(result.GetValue(data)!), result.GetValue(postgres)), Path.GetFullPath(result.GetValue(file)!),
            result.GetValue(check), cancel));
        return command;
    }
}
