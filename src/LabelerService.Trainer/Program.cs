using System.CommandLine;
using LabelerService.Trainer.Hosting;

var parsed = TrainerCommand.Create(TrainerHost.RunAsync).Parse(args);

// Giving a run back takes a moment: the library's two seconds would cut it off under load.
var exitCode = await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromMinutes(1) });
return parsed.Errors.Count > 0 ? TrainerCommand.WrongUsage : exitCode;
