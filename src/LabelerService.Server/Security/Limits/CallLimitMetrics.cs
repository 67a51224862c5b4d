using System.Diagnostics.Metrics;
using LabelerService.Core.Errors;
using LabelerService.Core.Telemetry;

namespace LabelerService.Server.Security.Limits;

/// <summary>What limits did. Callers are not named: they would make as many series as there are keys.</summary>
internal sealed class CallLimitMetrics
{
    private static readonly KeyValuePair<string, object?> Rate = new("limit", "rate");
    private static readonly KeyValuePair<string, object?> Concurrency = new("limit", "concurrency");
    private static readonly KeyValuePair<string, object?> Quota = new("limit", "quota");

    private long _rate;
    private long _concurrency;
    private long _quota;
    private long _held;

    public CallLimitMetrics(ServiceMeter service)
    {
        // Shown from the start, so that the first one is a change.
        service.Meter.CreateObservableCounter(
            "labeler.limits.refused",
            () => (Measurement<long>[])[
                new(Interlocked.Read(ref _rate), Rate), new(Interlocked.Read(ref _concurrency), Concurrency), new(Interlocked.Read(ref _quota), Quota)],
            "{call}", "Calls refused because their key made too many, or had too much stored.");
        service.Meter.CreateObservableCounter(
            "labeler.limits.held", () => Interlocked.Read(ref _held), "{message}", "Messages of streams that waited for their key's rate.");
    }

    /// <summary>A call was refused for its rate.</summary>
    public void RefusedRate() => Interlocked.Increment(ref _rate);

    /// <summary>A call was refused for the calls under way.</summary>
    public void RefusedConcurrency() => Interlocked.Increment(ref _concurrency);

    /// <summary>A call failed; it counts where it was the quota of its key.</summary>
    public void Failed(ServiceException error)
    {
        if (error.Reason == ServiceException.KeyQuotaExceeded)
        {
            Interlocked.Increment(ref _quota);
        }
    }

    /// <summary>A message has to wait.</summary>
    public void Held() => Interlocked.Increment(ref _held);
}
