using LabelerService.Telemetry;

namespace LabelerService.Server.Telemetry;

/// <summary>Registers what the server measures of itself.</summary>
internal static class ServerMetrics
{
    /// <summary>Registers it. Only where somebody may look does it look into the database.</summary>
    public static void AddServerMetrics(this IServiceCollection services, TelemetryOptions options)
    {
        services.AddSingleton<PredictionMetrics>();
        services.AddSingleton<RetrainingMetrics>();
        if (options.IsOn)
        {
            services.AddHostedService<ServingGauges>();
            services.AddHostedService<FleetGauges>();
        }
    }
}
