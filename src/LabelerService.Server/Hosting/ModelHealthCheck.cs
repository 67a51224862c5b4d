using System.Globalization;
using LabelerService.Server.Inference.Routing;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace LabelerService.Server.Hosting;

/// <summary>
/// Degraded where a version that is to answer cannot be loaded and the one before it goes on. The server is of use nevertheless, and another one would be in the
/// same place: so it stays ready, and says why it is not as it should be. Whoever asks needs no key, so no model is named.
/// </summary>
internal sealed class ModelHealthCheck(RouteTable routes) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(routes.HeldBack switch
    {
        0 => HealthCheckResult.Healthy(),
        var count => HealthCheckResult.Degraded(string.Create(
            CultureInfo.InvariantCulture, $"The version that is to answer cannot be loaded for {count} model(s); the one before it goes on. The log names it (event 211).")),
    });
}
