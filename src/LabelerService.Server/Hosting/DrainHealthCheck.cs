using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace LabelerService.Server.Hosting;

/// <summary>A server that is to stop is not ready: whoever balances sends the next caller to another.</summary>
internal sealed class DrainHealthCheck(Drain drain) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(drain.Stopping.IsCancellationRequested ? HealthCheckResult.Unhealthy("The server stops.") : HealthCheckResult.Healthy());
}
