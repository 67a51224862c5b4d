using LabelerService.Core.Telemetry;
using LabelerService.Server.Inference;
using LabelerService.Server.Inference.Routing;

namespace LabelerService.Server.Telemetry;

/// <summary>Shows what this server has in memory to predict with. A hosted service only so that it is there from the start.</summary>
internal sealed class ServingGauges(ServiceMeter service, ModelCache models, RouteTable routes) : IHostedService
{
    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        service.Meter.CreateObservableGauge("labeler.model.resident", () => models.Count, "{version}", "Model versions that are loaded.");
        service.Meter.CreateObservableGauge("labeler.model.routes", () => routes.Count, "{model}", "Models whose route is in memory.");
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
