using LabelerService.Core.Errors;

namespace LabelerService.Server.Inference.Batching;

/// <summary>Admission: which requests are refused because too much waits in front of them.</summary>
internal sealed partial class PredictionScheduler
{
    private long? _overSince;
    private long? _lastRefusal;

    private ServiceException? Refusal(BatchLane lane, int count)
    {
        if (_foreground.IsEmpty)
        {
            _overSince = null;
            return null;
        }

        // Of what waits, a request of n items has to let at most n of each other request pass: blocks are shared.
        double ahead = 0, all = 0;
        for (var other = _foreground.First; other is not null; other = other.Following)
        {
            for (var request = other.First; request is not null; request = request.Following)
            {
                ahead += Math.Min(request.Remaining, count) * other.SecondsPerRow;
                all += request.Remaining * other.SecondsPerRow;
            }
        }

        var wait = ahead / _limits.Runners;
        var longest = Math.Max(_limits.MaxWait.TotalSeconds, _limits.MaxWaitFactor * count * lane.SecondsPerRow);
        if (_waitingRows + count <= Math.Max(_limits.MaxWaitingRows, count) && _waitingRequests < _limits.MaxWaitingRequests)
        {
            if (wait <= longest)
            {
                return null;
            }

            // Since the queue was last empty, not since it was last short: under an overload it is short again and again.
            _overSince ??= _time.GetTimestamp();
            if (wait <= longest * _limits.BurstFactor && _time.GetElapsedTime(_overSince.Value) < _limits.Burst
                && (_lastRefusal is not { } refused || _time.GetElapsedTime(refused) >= _limits.Calm))
            {
                return null;
            }
        }

        _lastRefusal = _time.GetTimestamp();
        return new ServiceException(
            ErrorKind.ResourceExhausted, "OVERLOADED", "More predictions wait than this server can answer in time. Call again after the delay in the details.")
        {
            RetryAfter = TimeSpan.FromSeconds(Math.Clamp(all / _limits.Runners, 0.01, 10)),
        };
    }
}
