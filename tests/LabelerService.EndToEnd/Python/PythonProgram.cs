using System.Diagnostics;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.Python;

/// <summary>Runs the system's Python, the one that the distribution's packages are for, in the client's folder.</summary>
internal static class PythonProgram
{
    private const string Interpreter = "/usr/bin/python3";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(8);

    /// <summary>Folder of the client.</summary>
    public static string Folder { get; } = Path.Combine(Assemblies.Repository, "clients", "python");

    /// <summary>Runs a program that must succeed.</summary>
    /// <param name="service">The service that the program finds in LABELER_SERVER and LABELER_TEST_SERVER.</param>
    /// <param name="arguments">Arguments of the interpreter.</param>
    /// <returns>What it printed.</returns>
    public static async Task<string> RunAsync(RunningService service, params string[] arguments)
    {
        Assert.True(File.Exists(Interpreter), $"{Interpreter} is missing: ./labeler test installs what the tests need");
        var start = new ProcessStartInfo(Interpreter)
        {
            WorkingDirectory = Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment.Remove("LABELER_API_KEY");
        start.Environment["LABELER_SERVER"] = service.GrpcAddress;
        start.Environment["LABELER_TEST_SERVER"] = service.GrpcAddress;
        start.Environment["LABELER_SERVER_DLL"] = Assemblies.Server;
        start.Environment["LABELER_TRAINER_DLL"] = Assemblies.Trainer;
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException error)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{string.Join(' ', arguments)} did not end within {Limit}:\n{await output}\n{await errors}", error);
        }

        Assert.True(process.ExitCode == 0, $"{string.Join(' ', arguments)}: exit code {process.ExitCode}\n{await output}\n{await errors}");
        return await output;
    }
}
