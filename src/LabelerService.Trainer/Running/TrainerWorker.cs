using LabelerService.Core.Errors;
using LabelerService.Storage.Database;
using LabelerService.Storage.Runs;
using LabelerService.Trainer.Hosting;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LabelerService.Trainer.Running;

/// <summary>
/// Takes runs from the queue, a given number at a time. A database that does not answer is waited for: it comes back, or whoever runs this trainer
/// sees it in the health file and the log.
/// </summary>
internal sealed partial class TrainerWorker(
    RunStore runs, RunEventListener listener, RunExecutor executor, DatabaseHealth database, TrainerOptions options, TimeProvider time,
    ILogger<TrainerWorker> logger) : BackgroundService
{
    private readonly Lock _healthFile = new();

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await WaitForSchemaAsync(stoppingToken);
            LogReady(options.Name);
            // One that breaks takes the others with it: the host stops, and they give their runs back.
            using var broken = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            await Task.WhenAll(Enumerable.Range(0, options.Concurrency).Select(_ => Task.Run(
                async () =>
                {
                    try
                    {
                        await TakeRunsAsync(broken.Token);
                    }
                    catch
                    {
                        await broken.CancelAsync();
                        throw;
                    }
                },
                CancellationToken.None)));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            LogStopped(options.Name);
        }
    }

    private async Task TakeRunsAsync(CancellationToken stopping)
    {
        using var queue = listener.WatchQueue();
        while (true)
        {
            // A notice says a run was queued; the poll finds runs whose trainer died, which nobody announces.
            if (!await TakeOneAsync(stopping))
            {
                await queue.WaitAsync(options.Poll, stopping);
            }
        }
    }

    private async Task<bool> TakeOneAsync(CancellationToken stopping)
    {
        RunLease? lease;
        var asked = time.GetUtcNow();
        try
        {
            lease = await runs.TryClaimAsync(options.Name, options.Lease, stopping);
            TouchHealthFile();
        }
        catch (ServiceException error) when (error.Kind is ErrorKind.Unavailable or ErrorKind.Aborted or ErrorKind.ResourceExhausted)
        {
            LogQueueAway(error.Message);
            return false;
        }

        if (lease is null)
        {
            return false;
        }

        await executor.ExecuteAsync(lease, asked, TouchHealthFile, stopping);
        return true;
    }

    private async Task WaitForSchemaAsync(CancellationToken stopping)
    {
        while (true)
        {
            var status = await database.CheckAsync(stopping);
            if (status.Ready)
            {
                return;
            }

            LogWaiting(status.Problem ?? "The database is not ready.");
            await Task.Delay(options.Heartbeat, time, stopping);
        }
    }

    private void TouchHealthFile()
    {
        if (options.HealthFile is { } path)
        {
            try
            {
                lock (_healthFile)
                {
                    File.WriteAllText(path, time.GetUtcNow().ToString("O"));
                }
            }
            catch (IOException error)
            {
                LogHealthFile(path, error.Message);
            }
        }
    }

    [LoggerMessage(EventId = 20, Level = LogLevel.Information, Message = "Trainer {Name} waits for runs.")]
    private partial void LogReady(string name);

    [LoggerMessage(EventId = 21, Level = LogLevel.Information, Message = "Trainer {Name} has stopped.")]
    private partial void LogStopped(string name);

    [LoggerMessage(EventId = 22, Level = LogLevel.Warning, Message = "The queue cannot be read: {Problem}")]
    private partial void LogQueueAway(string problem);

    [LoggerMessage(EventId = 24, Level = LogLevel.Warning, Message = "The health file {Path} cannot be written: {Problem}")]
    private partial void LogHealthFile(string path, string problem);

    [LoggerMessage(EventId = 23, Level = LogLevel.Information, Message = "Waiting for the database: {Problem}")]
    private partial void LogWaiting(string problem);
}
