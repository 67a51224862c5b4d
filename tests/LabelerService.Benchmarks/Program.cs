using LabelerService.Benchmarks.CommandLine;

return await BenchCommandLine.RunAsync(
    args, new BenchHost(Console.Out, Console.Error, TimeProvider.System, Environment.GetEnvironmentVariable));
