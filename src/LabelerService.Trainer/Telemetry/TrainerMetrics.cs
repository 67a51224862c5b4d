using System.Diagnostics.Metrics;
using LabelerService.Core.Telemetry;
using LabelerService.Trainer.Hosting;

namespace LabelerService.Trainer.Telemetry;

/// <summary>How an attempt at a run ended.</summary>
internal enum AttemptOutcome
{
    /// <summary>What it made is stored.</summary>
    Succeeded,

    /// <summary>It ended with an error.</summary>
    Failed,

    /// <summary>Somebody cancelled it.</summary>
    Cancelled,

    /// <summary>This trainer stopped and gave the run back.</summary>
    Released,

    /// <summary>Another trainer has the run, or will once the lease has lapsed.</summary>
    Lost,
}

/// <summary>What a trainer tells of itself. Labels are the algorithm, of the catalogue's few, and how attempts end.</summary>
internal sealed class TrainerMetrics
{
    private readonly Histogram<double> _duration;
    private int _busy;

    public TrainerMetrics(ServiceMeter service, TrainerOptions options)
    {
        var meter = service.Meter;
        _duration = meter.CreateHistogram(
            "labeler.run.duration", "s", "Time from the claim of a run to the end of the attempt, by algorithm and how it ended.", tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.5, 1, 2.5, 5, 10, 30, 60, 180, 600, 1_800, 3_600, 10_800, 36_000] });
        meter.CreateObservableGauge("labeler.trainer.busy", () => Volatile.Read(ref _busy), "{run}", "Runs that this trainer has.");
        meter.CreateObservableGauge("labeler.trainer.slots", () => options.Concurrency, "{run}", "Runs that this trainer takes at once.");
    }

    /// <summary>An attempt began.</summary>
    public void Began() => Interlocked.Increment(ref _busy);

    /// <summary>An attempt ended.</summary>
    public void Ended(string algorithm, AttemptOutcome outcome, TimeSpan duration)
    {
        Interlocked.Decrement(ref _busy);
        _duration.Record(
            duration.TotalSeconds, new KeyValuePair<string, object?>("algorithm", algorithm),
            new KeyValuePair<string, object?>("outcome", outcome.ToString().ToLowerInvariant()));
    }
}
