using System.Diagnostics;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.RemoteTraining;

/// <summary>
/// A trainer of others as a process: the example in Python, or what <c>LABELER_TRAINER_COMMAND</c> says (it is given the service in LABELER_SERVER
/// and its name and lease as <c>--name NAME --lease SECONDS</c>, and carries out runs of <c>x-softmax</c>).
/// </summary>
internal sealed class RemoteTrainer : IAsyncDisposable
{
    public const string Algorithm = "x-softmax";

    private readonly Process _process;
    private readonly StringWriter _output = new();

    private RemoteTrainer(Process process)
    {
        _process = process;
        process.OutputDataReceived += Take;
        process.ErrorDataReceived += Take;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>What it has printed.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    /// <summary>Starts one, whose lease is the shortest that there is unless told otherwise.</summary>
    public static RemoteTrainer Start(RunningService service, string name, int leaseSeconds = 5)
    {
        var command = Environment.GetEnvironmentVariable("LABELER_TRAINER_COMMAND") is { Length: > 0 } given
            ? given
            : $"exec /usr/bin/python3 -I '{Path.Combine(Assemblies.Repository, "clients", "python", "examples", "remote_trainer.py")}'";
        var start = new ProcessStartInfo("/bin/sh", ["-c", $"{command} --name {name} --lease {leaseSeconds}"]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.Environment.Remove("LABELER_API_KEY");
        start.Environment["LABELER_SERVER"] = service.GrpcAddress;
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        start.Environment["OPENBLAS_NUM_THREADS"] = "1";
        return new RemoteTrainer(Process.Start(start)!);
    }

    /// <summary>Sends it a signal.</summary>
    public Task SignalAsync(string signal) => RunningService.SignalAsync(signal, _process.Id);

    /// <summary>Waits for its end.</summary>
    public async Task<int> EndAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        await _process.WaitForExitAsync(limit.Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private void Take(object sender, DataReceivedEventArgs line)
    {
        lock (_output)
        {
            _output.WriteLine(line.Data);
        }
    }
}
