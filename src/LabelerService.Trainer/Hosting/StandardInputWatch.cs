using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LabelerService.Trainer.Hosting;

/// <summary>
/// Stops the trainer when standard input ends. The operating system closes the pipe when the server that started the trainer is gone,
/// however it went, so no trainer outlives its server.
/// </summary>
internal sealed partial class StandardInputWatch(IHostApplicationLifetime lifetime, ILogger<StandardInputWatch> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await using var input = Console.OpenStandardInput();
        var buffer = new byte[256];
        int read;
        do
        {
            // A pipe's read takes no cancellation; it ends with the process at the latest.
            read = await Task.Run(() => input.Read(buffer), CancellationToken.None).WaitAsync(stoppingToken);
        }
        while (read > 0);
        LogEnded();
        lifetime.StopApplication();
    }

    [LoggerMessage(EventId = 10, Level = LogLevel.Information, Message = "Standard input has ended: stopping.")]
    private partial void LogEnded();
}
