using System.Net;

namespace LabelerService.Telemetry;

/// <summary>What a line of the log looks like.</summary>
public enum LogFormat
{
    /// <summary>For people.</summary>
    Text,

    /// <summary>A JSON object a line, with event id, values by name and trace.</summary>
    Json,
}

/// <summary>How a server or a trainer tells what it does.</summary>
public sealed record TelemetryOptions
{
    /// <summary>Port of <c>/metrics</c>, which asks nobody for a key; null for none.</summary>
    public int? AdminPort { get; init; }

    /// <summary>Address that the port listens on.</summary>
    public IPAddress AdminListen { get; init; } = IPAddress.Loopback;

    /// <summary>What a line of the log looks like.</summary>
    public LogFormat LogFormat { get; init; }

    /// <summary>Whether a collector is named that traces, metrics and logs are sent to. Only whoever starts the process names one.</summary>
    public static bool HasCollector => !string.IsNullOrWhiteSpace(Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT"));

    /// <summary>Whether anybody may look.</summary>
    public bool IsOn => AdminPort is not null || HasCollector;
}
