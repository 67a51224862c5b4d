using System.Diagnostics;
using System.Globalization;
using LabelerService.Telemetry;

namespace LabelerService.Server.Hosting;

/// <summary>
/// Keeps the trainers running beside the server, each a process of its own: a crash in native training code cannot take predictions
/// down. A trainer that ends is started again, more and more slowly if it keeps ending. Trainers live no longer than the server: they
/// stop when their standard input ends, which the operating system sees to even after kill -9.
/// </summary>
internal sealed partial class TrainerSupervisor(
    ServerOptions options, DatabaseConnection database, TimeProvider time, ILogger<TrainerSupervisor> logger) : BackgroundService
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LastDelay = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(15);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Trainers == 0)
        {
            return;
        }

        if (!File.Exists(options.TrainerAssembly))
        {
            LogMissing(options.TrainerAssembly);
            return;
        }

        await Task.WhenAll(Enumerable.Range(1, options.Trainers).Select(number => KeepAsync(number, stoppingToken)));
    }

    private async Task KeepAsync(int number, CancellationToken stopping)
    {
        var delay = FirstDelay;
        while (!stopping.IsCancellationRequested)
        {
            var started = time.GetTimestamp();
            var exitCode = await RunAsync(number, stopping);
            if (stopping.IsCancellationRequested)
            {
                return;
            }

            delay = time.GetElapsedTime(started) > LastDelay ? FirstDelay : Min(delay * 2, LastDelay);
            LogEnded(number, exitCode, delay.TotalSeconds);
            try
            {
                await Task.Delay(delay, time, stopping);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task<int> RunAsync(int number, CancellationToken stopping)
    {
        var start = new ProcessStartInfo(DotnetPath())
        {
            ArgumentList = { options.TrainerAssembly, "--exit-with-stdin" },
            RedirectStandardInput = true,
            UseShellExecute = false,
        };
        start.Environment["LABELER_POSTGRES"] = database.ConnectionString;
        start.Environment[TelemetryArguments.LogFormatVariable] = options.Telemetry.LogFormat == LogFormat.Json ? "json" : "text";

        // The server's own port is taken: its trainers have those after it.
        start.Environment.Remove(TelemetryArguments.PortVariable);
        if (options.Telemetry.AdminPort is { } port)
        {
            start.Environment[TelemetryArguments.PortVariable] = (port + number).ToString(CultureInfo.InvariantCulture);
            start.Environment[TelemetryArguments.ListenVariable] = options.Telemetry.AdminListen.ToString();
        }

        // libtorch's memory comes from malloc, which keeps a heap for each thread that ever asked: what one run leaves behind in one, the next run's threads do
        // not find. With one heap a trainer stays as large after a hundred runs as after ten. Whoever has set the variable knows better.
        start.Environment.TryAdd("MALLOC_ARENA_MAX", "1");
        start.Environment["LABELER_TRAINER_NAME"] = $"{Environment.MachineName}-{Environment.ProcessId}-{number}";
        using var process = Process.Start(start) ?? throw new InvalidOperationException("The trainer could not be started.");
        LogStarted(number, process.Id);
        try
        {
            await process.WaitForExitAsync(stopping);
        }
        catch (OperationCanceledException)
        {
            // The end of its input tells the trainer to give its run back and go.
            process.StandardInput.Close();
            using var patience = new CancellationTokenSource(StopTimeout, time);
            try
            {
                await process.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                LogKilled(number, StopTimeout.TotalSeconds);
                process.Kill(entireProcessTree: true);
                await process.WaitForExitAsync(CancellationToken.None);
            }
        }

        return process.ExitCode;
    }

    // The host that runs this server runs the trainer too, whatever PATH says.
    private static string DotnetPath()
    {
        var own = Environment.ProcessPath;
        return own is not null && Path.GetFileNameWithoutExtension(own) == "dotnet" ? own : "dotnet";
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    [LoggerMessage(EventId = 300, Level = LogLevel.Information, Message = "Trainer {Number} runs as process {ProcessId}.")]
    private partial void LogStarted(int number, int processId);

    [LoggerMessage(EventId = 301, Level = LogLevel.Warning, Message = "Trainer {Number} ended with exit code {ExitCode}; it starts again in {Seconds} s.")]
    private partial void LogEnded(int number, int exitCode, double seconds);

    [LoggerMessage(EventId = 302, Level = LogLevel.Warning, Message = "Trainer {Number} did not stop within {Seconds} s and was killed; its run will be taken up again.")]
    private partial void LogKilled(int number, double seconds);

    [LoggerMessage(EventId = 303, Level = LogLevel.Error,
        Message = "There is no trainer at {Path}: training runs will wait. Build it, or set LABELER_TRAINER_DLL, or say --trainers 0 if trainers run elsewhere.")]
    private partial void LogMissing(string path);
}
