using LabelerService.Cli.Commands;

return await CommandLineApp.RunAsync(
    args, new CommandHost(Console.Out, Console.Error, TimeProvider.System, Environment.GetEnvironmentVariable) { Input = () => Console.In });
