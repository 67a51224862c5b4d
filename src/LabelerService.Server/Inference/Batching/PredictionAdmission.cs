using LabelerService.Core.Errors;

namespace LabelerService.Server.Inference.Batching;

/// <summary>Which requests are refused because too much waits in front of them. Not for several threads.</summary>
/// <param name="limits">How much may wait.</param>
/// <param name="time">Tells how long too much has waited.</param>
internal sealed class PredictionAdmission(PredictionLimits limits, TimeProvider time)
{
    private long? _overSince;
    private long? _lastRefusal;

    /// <summary>Why a request cannot be let in; null if it can.</summary>
    /// <param name="waiting">What waits.</param>
    /// <param name="lane">The request's lane.</param>
    /// <param name="count">Its items.</param>
    public ServiceException? Refusal(WaitingPredictions waiting, BatchLane lane, int count)
    {
        if (waiting.OnlyJobs)
        {
            _overSince = null;
            return null;
        }

        // Of what waits, a request of n items has to let at most n of each other request pass: blocks are shared.
        double ahead = 0, all = 0;
        for (var other = waiting.FirstLane; other is not null; other = other.Following)
        {
            for (var request = other.First; request is not null; request = request.Following)
            {
                ahead += Math.Min(request.Remaining, count) * other.SecondsPerRow;
                all += request.Remaining * other.SecondsPerRow;
            }
        }

        var wait = ahead / limits.Runners;
        var longest = Math.Max(limits.MaxWait.TotalSeconds, limits.MaxWaitFactor * count * lane.SecondsPerRow);
        if (waiting.Rows + count <= Math.Max(limits.MaxWaitingRows, count) && waiting.Requests < limits.MaxWaitingRequests)
        {
            if (wait <= longest)
            {
                return null;
            }

            // Since the queue was last empty, not since it was last short: under an overload it is short again and again.
            _overSince ??= time.GetTimestamp();
            if (wait <= longest * limits.BurstFactor && time.GetElapsedTime(_overSince.Value) < limits.Burst
                && (_lastRefusal is not { } refused || time.GetElapsedTime(refused) >= limits.Calm))
            {
                return null;
            }
        }

        _lastRefusal = time.GetTimestamp();
        return new ServiceException(
            ErrorKind.ResourceExhausted, "OVERLOADED", "More predictions wait than this server can answer in time. Call again after the delay in the details.")
        {
            RetryAfter = TimeSpan.FromSeconds(Math.Clamp(all / limits.Runners, 0.01, 10)),
        };
    }
}
