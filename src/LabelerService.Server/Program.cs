using LabelerService.Server.Hosting;

return await ServerCommand.Create(ServerHost.RunAsync, ServerHost.CheckHealthAsync).Parse(args).InvokeAsync();
