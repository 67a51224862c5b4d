using LabelerService.Trainer.Hosting;

var parsed = TrainerCommand.Create(TrainerHost.RunAsync).Parse(args);
var exitCode = await parsed.InvokeAsync();
return parsed.Errors.Count > 0 ? TrainerCommand.WrongUsage : exitCode;
