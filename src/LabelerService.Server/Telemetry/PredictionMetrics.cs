using System.Diagnostics.Metrics;
using LabelerService.Core.Telemetry;

namespace LabelerService.Server.Telemetry;

/// <summary>
/// What predictions tell of themselves. Recording allocates nothing: values carry at most one label, of two, and both exist from the start.
/// </summary>
internal sealed class PredictionMetrics
{
    // For callers, and for jobs and insight, which wait behind them.
    private static readonly KeyValuePair<string, object?> Foreground = new("work", "request");
    private static readonly KeyValuePair<string, object?> Background = new("work", "background");

    private readonly Meter _meter;
    private readonly Histogram<double> _duration;
    private readonly Histogram<int> _block;
    private readonly Counter<long> _items;
    private long _refused;
    private long _failed;

    public PredictionMetrics(ServiceMeter service)
    {
        _meter = service.Meter;
        _duration = _meter.CreateHistogram(
            "labeler.prediction.duration", "s", "Time from the arrival of a request at the engine to its answer, waiting included.", tags: null,
            new InstrumentAdvice<double>
            {
                HistogramBucketBoundaries = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
            });
        _block = _meter.CreateHistogram(
            "labeler.prediction.block.size", "{item}", "Items that the engine predicted together.", tags: null,
            new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024] });
        _items = _meter.CreateCounter<long>("labeler.prediction.items", "{item}", "Items predicted.");

        // Shown from the start, so that the first one is a change.
        _meter.CreateObservableCounter(
            "labeler.prediction.refused", () => Interlocked.Read(ref _refused), "{request}", "Requests refused because too much waited.");
        _meter.CreateObservableCounter("labeler.prediction.failed", () => Interlocked.Read(ref _failed), "{request}", "Requests that failed in the engine.");
    }

    /// <summary>Shows what waits and what is under way.</summary>
    public void Watch(Func<int> waiting, Func<int> running)
    {
        _meter.CreateObservableGauge("labeler.prediction.waiting", waiting, "{item}", "Items that wait to be predicted.");
        _meter.CreateObservableGauge("labeler.prediction.running", running, "{block}", "Blocks under way.");
    }

    /// <summary>A request was answered.</summary>
    public void Answered(int items, TimeSpan duration, bool background)
    {
        var work = background ? Background : Foreground;
        _duration.Record(duration.TotalSeconds, work);
        _items.Add(items, work);
    }

    /// <summary>A request failed.</summary>
    public void Failed() => Interlocked.Increment(ref _failed);

    /// <summary>A request was refused.</summary>
    public void Refused() => Interlocked.Increment(ref _refused);

    /// <summary>A block was predicted.</summary>
    public void Block(int items) => _block.Record(items);
}
