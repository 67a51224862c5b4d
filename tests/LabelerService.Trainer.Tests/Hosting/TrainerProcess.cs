using System.Diagnostics;

namespace LabelerService.Trainer.Tests.Hosting;

/// <summary>The trainer's executable in a process of its own.</summary>
internal sealed class TrainerProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task<string> _errors;

    public TrainerProcess(string? postgres, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "LabelerService.Trainer.dll"));
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment.Remove("LABELER_POSTGRES");
        if (postgres is not null)
        {
            start.Environment["LABELER_POSTGRES"] = postgres;
        }

        _process = Process.Start(start)!;
        _output = _process.StandardOutput.ReadToEndAsync();
        _errors = _process.StandardError.ReadToEndAsync();
    }

    public int Id => _process.Id;

    public void CloseStandardInput() => _process.StandardInput.Close();

    /// <summary>kill -9.</summary>
    public void Kill() => _process.Kill();

    public async Task<(int ExitCode, string Output, string Errors)> EndAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        await _process.WaitForExitAsync(limit.Token);
        return (_process.ExitCode, await _output, await _errors);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }
}
