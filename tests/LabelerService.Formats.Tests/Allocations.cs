namespace LabelerService.Formats.Tests;

/// <summary>What reading takes of the managed heap, whatever other tests take meanwhile.</summary>
internal static class Allocations
{
    /// <summary>Reads from memory, which needs to wait for nothing and so stays on this thread.</summary>
    public static (T Result, long Bytes) Of<T>(Func<Task<T>> read)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var reading = read();
        var bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(reading.IsCompleted, "It went on elsewhere, where nobody counts.");
        return (reading.GetAwaiter().GetResult(), bytes);
    }
}
