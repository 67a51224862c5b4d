using LabelerService.Benchmarks.Reporting;

namespace LabelerService.Benchmarks.Aggregate;

/// <summary>Seconds of something that takes from microseconds to minutes.</summary>
internal static class WarmTiming
{
    private const int FewestRounds = 5;
    private const int MostRounds = 1000;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(0.6);
    private static readonly TimeSpan Measuring = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan Enough = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Runs it until code compiled at first use has been compiled anew for speed, then the median of some runs. What takes ten seconds is run
    /// twice at most.
    /// </summary>
    public static (T Result, double Seconds) Of<T>(TimeProvider time, Func<T> action, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        T result;
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            result = action();
        }
        while (time.GetElapsedTime(start) < WarmUp);

        var seconds = new List<double>();
        start = time.GetTimestamp();
        while (seconds.Count < MostRounds
            && (seconds.Count < FewestRounds || time.GetElapsedTime(start) < Measuring)
            && (seconds.Count == 0 || time.GetElapsedTime(start) < Enough))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var round = time.GetTimestamp();
            result = action();
            seconds.Add(time.GetElapsedTime(round).TotalSeconds);
        }

        return (result, Statistics.Median(seconds));
    }
}
