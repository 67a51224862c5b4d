using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace LabelerService.Core.Telemetry;

/// <summary>The name under which all parts of the service measure and trace. Without a listener both cost next to nothing.</summary>
public static class ServiceTelemetry
{
    /// <summary>Name of the meter and of the source of activities.</summary>
    public const string Name = "LabelerService";

    /// <summary>Where activities come from. They go on with the trace of whoever called.</summary>
    public static ActivitySource Activities { get; } = new(Name);

    /// <summary>The present trace as a <c>traceparent</c>, to be stored with what goes on later elsewhere; null without one.</summary>
    public static string? TraceParent =>
        Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity ? activity.Id : null;

    /// <summary>What a stored <c>traceparent</c> names; none where it is null or not readable.</summary>
    public static ActivityContext Parse(string? traceParent) =>
        ActivityContext.TryParse(traceParent, null, isRemote: true, out var context) ? context : default;
}

/// <summary>The meter of one server or trainer. Not static: gauges look at the objects of one host, and have to end with it.</summary>
public sealed class ServiceMeter : IDisposable
{
    /// <summary>Makes instruments.</summary>
    public Meter Meter { get; } = new(ServiceTelemetry.Name);

    /// <inheritdoc/>
    public void Dispose() => Meter.Dispose();
}
