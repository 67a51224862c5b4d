using System.CommandLine;
using LabelerService.Server.Backups;
using LabelerService.Server.Hosting;
using LabelerService.Server.Partitions;

var parsed = PartitionCommand.AddTo(BackupCommands.AddTo(ServerCommand.Create(ServerHost.RunAsync, ServerHost.CheckHealthAsync))).Parse(args);

// Batches under way, then the embedded PostgreSQL: both have limits of their own, and the library's two seconds would cut them off.
var exitCode = await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromMinutes(2) });
return parsed.Errors.Count > 0 ? ServerCommand.WrongUsage : exitCode;
