using System.Diagnostics.Metrics;
using LabelerService.Core.Telemetry;
using LabelerService.Storage.Ingest;
using LabelerService.Storage.Items;

namespace LabelerService.Storage.Telemetry;

/// <summary>What ingestion tells of itself. Labels are few and fixed: neither datasets nor items nor labelers are named.</summary>
internal sealed class IngestMetrics
{
    private const string Change = "change";
    private static readonly double[] Sizes = [1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000];

    private readonly TimeProvider _time;
    private readonly Counter<long> _annotations;
    private readonly Counter<long> _items;
    private readonly Histogram<int> _messageSize;
    private readonly Histogram<int> _groupSize;
    private readonly Histogram<double> _lag;
    private long _waitingMessages;
    private long _waitingRows;
    private long _refused;

    public IngestMetrics(ServiceMeter service, TimeProvider time)
    {
        _time = time;
        var meter = service.Meter;
        _annotations = meter.CreateCounter<long>(
            "labeler.ingest.annotations", "{annotation}", "Annotations acknowledged, and therefore committed, by what they changed.");
        _items = meter.CreateCounter<long>("labeler.ingest.items", "{item}", "Items committed, by what they changed.");
        meter.CreateObservableCounter(
            "labeler.ingest.refused", () => Interlocked.Read(ref _refused), "{message}", "Messages of annotations of which nothing was stored.");
        _messageSize = CreateHistogram<int>(meter, "labeler.ingest.message.size", "{annotation}", "Annotations of a message, as the client made it.", Sizes);
        _groupSize = CreateHistogram<int>(
            meter, "labeler.ingest.transaction.size", "{annotation}", "Annotations of a transaction, in which messages that wait are taken together.", Sizes);
        _lag = CreateHistogram<double>(
            meter, "labeler.ingest.lag", "s", "Time from the receipt of a message of annotations to its commit.",
            [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]);
        meter.CreateObservableGauge(
            "labeler.ingest.queue.messages", () => Interlocked.Read(ref _waitingMessages), "{message}", "Messages of annotations that are not committed yet.");
        meter.CreateObservableGauge(
            "labeler.ingest.queue.annotations", () => Interlocked.Read(ref _waitingRows), "{annotation}", "Annotations that are not committed yet.");
        Meter = meter;
    }

    private Meter Meter { get; }

    /// <summary>Shows how full the queue is.</summary>
    /// <param name="bytes">Memory that waiting messages hold.</param>
    /// <param name="most">How much it may be.</param>
    public void Watch(Func<long> bytes, long most)
    {
        Meter.CreateObservableGauge("labeler.ingest.queue.size", bytes, "By", "Memory that annotations hold that are not committed yet.");
        Meter.CreateObservableGauge("labeler.ingest.queue.limit", () => most, "By", "Memory from which on clients have to wait.");
    }

    /// <summary>A message waits.</summary>
    /// <returns>When it came.</returns>
    public long Received(int rows)
    {
        Interlocked.Increment(ref _waitingMessages);
        Interlocked.Add(ref _waitingRows, rows);
        return _time.GetTimestamp();
    }

    /// <summary>A message waits no more, whatever became of it.</summary>
    public void Left(int rows)
    {
        Interlocked.Decrement(ref _waitingMessages);
        Interlocked.Add(ref _waitingRows, -rows);
    }

    /// <summary>A message that had waited is committed.</summary>
    public void Committed(int rows, AnnotationWriteResult result, long received)
    {
        _lag.Record(_time.GetElapsedTime(received).TotalSeconds);
        _messageSize.Record(rows);
        Committed(result);
    }

    /// <summary>Annotations of a stream that is stored all or none are committed.</summary>
    public void Committed(AnnotationWriteResult result)
    {
        Count(_annotations, result.Created, "created");
        Count(_annotations, result.Revised, "revised");
        Count(_annotations, result.Retracted, "retracted");
        Count(_annotations, result.Unchanged, "unchanged");
    }

    /// <summary>Items are committed.</summary>
    public void Committed(ItemUpsertResult result)
    {
        Count(_items, result.Created, "created");
        Count(_items, result.Updated, "updated");
        Count(_items, result.Unchanged, "unchanged");
    }

    /// <summary>A message is refused.</summary>
    public void Refused() => Interlocked.Increment(ref _refused);

    /// <summary>A transaction was written.</summary>
    public void Transaction(int rows) => _groupSize.Record(rows);

    private static void Count(Counter<long> counter, long count, string change)
    {
        if (count > 0)
        {
            counter.Add(count, new KeyValuePair<string, object?>(Change, change));
        }
    }

    private static Histogram<T> CreateHistogram<T>(Meter meter, string name, string unit, string description, double[] boundaries)
        where T : struct, IComparable<T> =>
        meter.CreateHistogram(
            name, unit, description, tags: null,
            new InstrumentAdvice<T> { HistogramBucketBoundaries = [.. boundaries.Select(value => (T)Convert.ChangeType(value, typeof(T), System.Globalization.CultureInfo.InvariantCulture))] });
}
