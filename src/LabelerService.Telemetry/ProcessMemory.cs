using System.Diagnostics.Metrics;
using LabelerService.Core.Telemetry;

namespace LabelerService.Telemetry;

/// <summary>
/// Shows whose memory a process has: what .NET manages, and what native code took (ONNX Runtime, libtorch, mapped files), which no
/// figure of the runtime shows.
/// </summary>
internal sealed class ProcessMemory
{
    private const string Kind = "kind";

    public ProcessMemory(ServiceMeter service) => service.Meter.CreateObservableGauge<long>(
        "labeler.process.memory", Read, "By",
        "Memory of the process: resident in all; what is managed, and what the latest full collection left of it; the rest; what malloc holds, and uses of that.");

    private static IEnumerable<Measurement<long>> Read()
    {
        var resident = Environment.WorkingSet;
        var committed = GC.GetGCMemoryInfo(GCKind.Any).TotalCommittedBytes;
        yield return Of(resident, "resident");
        yield return Of(GC.GetTotalMemory(forceFullCollection: false), "managed");
        if (AfterFullCollection() is { } live)
        {
            yield return Of(live, "managed_live");
        }

        // Of committed pages not all are resident: the rest is at least this.
        yield return Of(Math.Max(0, resident - committed), "native");
        if (NativeHeap.Read() is { } heap)
        {
            yield return Of(heap.Held, "malloc_held");
            yield return Of(heap.Used, "malloc_used");
        }
    }

    // The heap rises from one full collection to the next, which can be a quarter of an hour away: only what each leaves shows a leak.
    private static long? AfterFullCollection()
    {
        var (blocking, background) = (GC.GetGCMemoryInfo(GCKind.FullBlocking), GC.GetGCMemoryInfo(GCKind.Background));
        var latest = blocking.Index > background.Index ? blocking : background;
        return latest.Index > 0 ? latest.HeapSizeBytes : null;
    }

    private static Measurement<long> Of(long bytes, string kind) => new(bytes, new KeyValuePair<string, object?>(Kind, kind));
}
