using System.Diagnostics.Tracing;
using Microsoft.Diagnostics.NETCore.Client;

namespace LabelerService.Benchmarks.Soak;

/// <summary>
/// Has a process collect all of its garbage. Left to itself it waits a quarter of an hour where there is memory enough, and what lies about meanwhile hides
/// what is kept.
/// </summary>
internal static class FullCollection
{
    // Enabling this keyword of the runtime's own events induces a full blocking collection.
    private const long CollectHeap = 0x800000;
    private const int BufferMebibytes = 1;

    /// <summary>Returns when the collection is over.</summary>
    /// <exception cref="ServerNotAvailableException">The process takes no diagnostics, or has ended.</exception>
    public static async Task InduceAsync(int process, CancellationToken cancel)
    {
        var client = new DiagnosticsClient(process);
        using var session = await client.StartEventPipeSessionAsync(
            [new EventPipeProvider("Microsoft-Windows-DotNETRuntime", EventLevel.Informational, CollectHeap)], requestRundown: false, BufferMebibytes, cancel);
        var events = session.EventStream.CopyToAsync(Stream.Null, cancel);
        await session.StopAsync(cancel);
        await events;
    }
}
