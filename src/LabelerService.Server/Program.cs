using LabelerService.Server.Hosting;

var parsed = ServerCommand.Create(ServerHost.RunAsync, ServerHost.CheckHealthAsync).Parse(args);
var exitCode = await parsed.InvokeAsync();
return parsed.Errors.Count > 0 ? ServerCommand.WrongUsage : exitCode;
