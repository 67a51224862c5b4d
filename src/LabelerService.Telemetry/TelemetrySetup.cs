using LabelerService.Core.Telemetry;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Npgsql;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace LabelerService.Telemetry;

/// <summary>
/// OpenTelemetry for servers and trainers: metrics on the admin port, and traces, metrics and logs to the collector that
/// <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> names. Without either nothing listens, and measuring costs next to nothing.
/// </summary>
public static class TelemetrySetup
{
    // ASP.NET Core and .NET measure requests, connections and garbage collections themselves.
    private static readonly string[] Meters =
        [ServiceTelemetry.Name, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime", "Npgsql"];

    private static readonly string[] Probes = ["/healthz", "/readyz", "/grpc.health.v1.Health"];

    /// <summary>Adds what the options and the environment ask for.</summary>
    /// <param name="services">Services of the process; the service's meter is among them.</param>
    /// <param name="options">The options.</param>
    /// <param name="service">Name of the service: what a process is, not which.</param>
    /// <param name="version">Version of its code.</param>
    public static IServiceCollection AddServiceTelemetry(this IServiceCollection services, TelemetryOptions options, string service, string version)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (!options.IsOn)
        {
            return services;
        }

        services.TryAddSingleton<ServiceMeter>();
        services.AddSingleton<ProcessMemory>();
        var telemetry = services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(service, serviceVersion: version, serviceInstanceId: $"{Environment.MachineName}-{Environment.ProcessId}"))
            .WithMetrics(metrics =>
            {
                metrics.AddMeter(Meters);

                // Made with the provider: an instrument that nobody asked for would not be there.
                metrics.AddInstrumentation(provider => provider.GetRequiredService<ProcessMemory>());
                if (options.AdminPort is not null)
                {
                    metrics.AddPrometheusExporter();
                }
            });
        if (options.AdminPort is not null)
        {
            services.AddSingleton(options);
            services.AddHostedService<AdminEndpoint>();
        }

        if (TelemetryOptions.HasCollector)
        {
            telemetry.WithTracing(traces => traces
                .AddSource(ServiceTelemetry.Name)
                .AddAspNetCoreInstrumentation(requests => requests.Filter = IsWork)
                .AddNpgsql());
            telemetry.UseOtlpExporter();
        }

        return services;
    }

    private static bool IsWork(HttpContext context) =>
        !Array.Exists(Probes, probe => context.Request.Path.StartsWithSegments(probe, StringComparison.OrdinalIgnoreCase));
}
