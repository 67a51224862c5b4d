using System.Diagnostics;
using Grpc.Core;

namespace LabelerService.Benchmarks.Soak;

/// <summary>Something that clients do again and again.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Every">Time from one to the next; one that takes longer is followed by the next at once.</param>
/// <param name="Do">Does it once, and returns the calls made.</param>
internal sealed record SoakActivity(string Name, TimeSpan Every, Func<Random, CancellationToken, Task<int>> Do)
{
    private readonly List<double> _milliseconds = [];

    /// <summary>Calls that were answered as they should be.</summary>
    public long Calls { get; private set; }

    /// <summary>Times that it was done.</summary>
    public int Times => _milliseconds.Count;

    /// <summary>What it took once, at the middle and at worst, in milliseconds.</summary>
    public (double Median, double Most) Took() => _milliseconds.Count == 0
        ? (double.NaN, double.NaN)
        : (Reporting.Statistics.Median(_milliseconds), _milliseconds.Max());

    public void Add(int calls, double milliseconds)
    {
        Calls += calls;
        _milliseconds.Add(milliseconds);
    }
}

/// <summary>Keeps all activities going, each at its own pace, until it is stopped. Whatever fails is kept; nothing is tried again.</summary>
internal sealed class SoakDriver(IReadOnlyList<SoakActivity> activities, int seed)
{
    private readonly Lock _gate = new();
    private readonly List<string> _errors = [];

    /// <summary>Everything that went wrong.</summary>
    public IReadOnlyList<string> Errors
    {
        get
        {
            lock (_gate)
            {
                return [.. _errors];
            }
        }
    }

    /// <summary>Runs until stopped; what is under way then is done to its end.</summary>
    public Task RunAsync(CancellationToken stop, CancellationToken cancel) =>
        Task.WhenAll(activities.Select((activity, index) => Task.Run(() => KeepAsync(activity, new Random(seed + index), stop, cancel), cancel)));

    private async Task KeepAsync(SoakActivity activity, Random random, CancellationToken stop, CancellationToken cancel)
    {
        // Not all at the same moment.
        var due = Stopwatch.GetTimestamp() + (long)(random.NextDouble() * activity.Every.TotalSeconds * Stopwatch.Frequency);
        while (true)
        {
            var wait = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due);
            if (wait > TimeSpan.Zero)
            {
                await Task.Delay(wait, stop).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            }

            if (stop.IsCancellationRequested)
            {
                return;
            }

            var began = Stopwatch.GetTimestamp();
            try
            {
                var calls = await activity.Do(random, cancel);
                activity.Add(calls, Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            }
            catch (Exception error) when (error is RpcException or HttpRequestException or IOException or SoakException)
            {
                lock (_gate)
                {
                    _errors.Add($"{DateTime.UtcNow:HH:mm:ss} {activity.Name}: {(error is RpcException rpc ? $"{rpc.StatusCode}: {rpc.Status.Detail}" : error.Message)}");
                }
            }

            due = Math.Max(due + (long)(activity.Every.TotalSeconds * Stopwatch.Frequency), Stopwatch.GetTimestamp());
        }
    }
}

/// <summary>An answer that is not what it should be.</summary>
internal sealed class SoakException(string message) : Exception(message);
