using Grpc.Core;

namespace LabelerService.Client;

/// <summary>Waits for a service that is away, a little longer each time, and for no longer than the settings allow.</summary>
internal sealed class Outage(ServiceConnection connection)
{
    private readonly RetrySettings _settings = connection.Settings.Retries;
    private long? _since;
    private int _failures;

    /// <summary>The service has done something: it is not away.</summary>
    public void End() => (_since, _failures) = (null, 0);

    /// <summary>Nothing is asked of the service now: how long it is away does not count.</summary>
    public void Rest() => _since = null;

    /// <summary>Waits before the next try.</summary>
    /// <param name="failure">How the last one ended.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>Whether there may be another try; false if this is no break, or the service has been away for too long.</returns>
    public async Task<bool> WaitAsync(Exception failure, CancellationToken cancellationToken)
    {
        var pause = failure is RpcException known ? PauseAfter(known) : Breaks.MayGoOn(failure) ? Backoff.After(_failures + 1, _settings) : (TimeSpan?)null;
        var now = connection.Time.GetTimestamp();
        _since ??= now;
        if (pause is null || connection.Time.GetElapsedTime(_since.Value, now) > _settings.LongestOutage)
        {
            return false;
        }

        _failures++;
        await Task.Delay(pause.Value, connection.Time, cancellationToken);
        return true;
    }

    // The deadline of a stream that lives for hours is not the request's fault; one that the caller has set is kept.
    private TimeSpan? PauseAfter(RpcException failure) =>
        failure.StatusCode == StatusCode.DeadlineExceeded && connection.Settings.Timeout is null
            ? Backoff.After(_failures + 1, _settings)
            : RetryAdvice.Pause(failure, _failures + 1, _settings);
}
