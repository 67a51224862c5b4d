using LabelerService.Storage.Database;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace LabelerService.Server.Hosting;

/// <summary>Ready means: the database answers and has this version's schema.</summary>
internal sealed class DatabaseHealthCheck(DatabaseHealth database) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var status = await database.CheckAsync(cancellationToken);
        return status.Ready ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy(status.Problem);
    }
}
