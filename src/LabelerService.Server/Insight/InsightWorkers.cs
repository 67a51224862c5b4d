namespace LabelerService.Server.Insight;

/// <summary>
/// Where insight is worked out: on threads of its own, never on those that answer calls, and on fewer than there are processors. Two
/// computations at a time where there are threads for two, so that a small dataset does not wait for a large one; others wait in turn.
/// </summary>
internal sealed class InsightWorkers : IDisposable
{
    private readonly SemaphoreSlim _places;
    private readonly int _threads;

    public InsightWorkers(InsightOptions options)
    {
        var places = Math.Clamp(options.Threads, 1, 2);
        _places = new SemaphoreSlim(places, places);
        _threads = Math.Max(1, options.Threads / places);
    }

    /// <summary>Works something out.</summary>
    /// <param name="work">The work, given the number of threads that it may use.</param>
    /// <param name="cancel">Cancels the waiting for a place; the work has to look for itself.</param>
    public async Task<T> RunAsync<T>(Func<int, T> work, CancellationToken cancel)
    {
        await _places.WaitAsync(cancel);
        try
        {
            return await Task.Factory.StartNew(
                () => work(_threads), cancel, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);
        }
        finally
        {
            _places.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _places.Dispose();
}
