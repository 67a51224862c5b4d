using LabelerService.Trainer.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace LabelerService.Trainer.Tests;

/// <summary>A trainer as the executable composes it, in this process.</summary>
internal sealed class RunningTrainer : IAsyncDisposable
{
    private readonly IHost _host;

    private RunningTrainer(IHost host) => _host = host;

    public static async Task<RunningTrainer> StartAsync(Queue queue, string? healthFile = null, int concurrency = 1, TimeProvider? time = null)
    {
        var host = TrainerHost.Build(Options(queue) with { HealthFile = healthFile, Concurrency = concurrency }, time);
        await host.StartAsync();
        return new RunningTrainer(host);
    }

    /// <summary>A trainer that takes no runs by itself.</summary>
    public static RunningTrainer Idle(Queue queue) => new(TrainerHost.Build(Options(queue)));

    public T Get<T>()
        where T : notnull => _host.Services.GetRequiredService<T>();

    public Task StopAsync() => _host.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }

    private static TrainerOptions Options(Queue queue) => new()
    {
        Postgres = queue.ConnectionString,
        Name = "trainer-under-test",
        Heartbeat = TimeSpan.FromMilliseconds(200),
        Poll = TimeSpan.FromMilliseconds(500),
        CheckpointEvery = TimeSpan.FromMilliseconds(50),
    };
}
