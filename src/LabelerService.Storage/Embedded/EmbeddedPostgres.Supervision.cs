using LabelerService.Core.Errors;
using Microsoft.Extensions.Logging;

namespace LabelerService.Storage.Embedded;

public sealed partial class EmbeddedPostgres
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(15);

    /// <summary>Starts the postmaster, through pg_ctl, so that it is in a session of its own: a Ctrl-C meant for the service is not its.</summary>
    private async Task StartPostmasterAsync(bool keepPort, CancellationToken cancel)
    {
        for (var attempt = 1; ; attempt++)
        {
            _files.RemoveMisleadingPid();
            _files.RotateLog();
            if (!keepPort)
            {
                Port = _files.ChoosePort();
            }

            _files.WriteSettings(Port, _options.Durable);
            if (_user is not null)
            {
                await _user.OwnAsync(_files.Data, cancel);
            }

            var seconds = ((int)Math.Ceiling(_options.StartTimeout.TotalSeconds)).ToString(System.Globalization.CultureInfo.InvariantCulture);
            var result = await ProcessRunner.RunAsync(
                _user, _binaries.PgCtl, ["start", "-D", _files.Data, "-l", _files.Log, "-w", "-t", seconds], cancel);
            if (result.ExitCode == 0 && _files.RunningPostmaster() is { } pid)
            {
                Volatile.Write(ref _pid, pid);
                return;
            }

            var log = _files.LogTail();
            var portTaken = log.Contains("Address already in use", StringComparison.Ordinal);

            // After a kill, the old backends take a moment to notice and to let go of their shared memory.
            var oldOnesLeaving = log.Contains("still in use", StringComparison.Ordinal) || log.Contains("Is another postmaster", StringComparison.Ordinal);
            if (attempt >= StartAttempts || !(portTaken || oldOnesLeaving))
            {
                throw new ServiceException(
                    ErrorKind.FailedPrecondition, "POSTGRES_START_FAILED",
                    $"PostgreSQL in {_files.Directory} did not start ({LastLine(result.Output)}). The end of its log, {_files.Log}:\n{log}");
            }

            if (portTaken && !keepPort)
            {
                _files.ForgetPort();
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100 * attempt), _time, cancel);
        }
    }

    private async Task StopPostmasterAsync(CancellationToken cancel)
    {
        if (_files.RunningPostmaster() is null)
        {
            return;
        }

        var seconds = ((int)StopTimeout.TotalSeconds).ToString(System.Globalization.CultureInfo.InvariantCulture);
        foreach (var mode in (string[])["fast", "immediate"])
        {
            var result = await ProcessRunner.RunAsync(
                _user, _binaries.PgCtl, ["stop", "-D", _files.Data, "-m", mode, "-w", "-t", seconds], cancel);
            if (_files.RunningPostmaster() is null)
            {
                return;
            }

            Log.StopFailed(_logger, mode, _files.Directory, LastLine(result.Output));
        }
    }

    private async Task SuperviseAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(LookEvery, _time);
        var pause = LookEvery;
        try
        {
            while (await timer.WaitForNextTickAsync(stop))
            {
                if (PostmasterProcess.Serves(_pid, _files.Data))
                {
                    pause = LookEvery;
                    continue;
                }

                Log.Died(_logger, _pid, _files.Directory);
                try
                {
                    // The port stays: clients hold it in their connection strings.
                    await StartPostmasterAsync(keepPort: true, stop);
                    Log.Restarted(_logger, _files.Directory, Port, _pid);
                }
                catch (Exception exception) when (exception is not OperationCanceledException)
                {
                    // Whatever it is (a full disk, no memory for a process), it may pass; nobody else will start the database.
                    Log.RestartFailed(_logger, exception, pause.TotalMilliseconds);
                    await Task.Delay(pause, _time, stop);
                    pause = pause * 2 < MaxPause ? pause * 2 : MaxPause;
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Asked to end.
        }
    }

    private static string LastLine(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries).LastOrDefault() ?? "no message";

    private static partial class Log
    {
        [LoggerMessage(511, LogLevel.Information, "PostgreSQL {Major} runs in {Directory} on port {Port}, process {Pid}.")]
        public static partial void Started(ILogger logger, int major, string directory, int port, int pid);

        [LoggerMessage(512, LogLevel.Information, "PostgreSQL in {Directory} is stopped.")]
        public static partial void Stopped(ILogger logger, string directory);

        [LoggerMessage(513, LogLevel.Warning, "PostgreSQL process {Pid} in {Directory} lost its owner; taking it over.")]
        public static partial void TakingOver(ILogger logger, int pid, string directory);

        [LoggerMessage(514, LogLevel.Error, "PostgreSQL process {Pid} in {Directory} died; starting it again.")]
        public static partial void Died(ILogger logger, int pid, string directory);

        [LoggerMessage(515, LogLevel.Information, "PostgreSQL in {Directory} runs again on port {Port}, process {Pid}.")]
        public static partial void Restarted(ILogger logger, string directory, int port, int pid);

        [LoggerMessage(516, LogLevel.Error, "PostgreSQL did not start again; next try in {PauseMs} ms.")]
        public static partial void RestartFailed(ILogger logger, Exception exception, double pauseMs);

        [LoggerMessage(517, LogLevel.Warning, "A {Mode} stop of PostgreSQL in {Directory} did not end it: {Reason}")]
        public static partial void StopFailed(ILogger logger, string mode, string directory, string reason);
    }
}
