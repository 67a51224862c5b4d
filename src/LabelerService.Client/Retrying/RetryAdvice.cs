using System.Globalization;
using Grpc.Core;

namespace LabelerService.Client;

/// <summary>Whether and when the service lets a failed call be tried again.</summary>
internal static class RetryAdvice
{
    /// <summary>Trailer of gRPC's own: milliseconds to wait; anything else forbids another try.</summary>
    public const string Pushback = "grpc-retry-pushback-ms";

    /// <summary>How long to wait before the next try of a call that may be repeated; null if there is none.</summary>
    /// <param name="failure">How the last try failed.</param>
    /// <param name="failures">How many tries failed, from 1.</param>
    /// <param name="settings">How calls are repeated.</param>
    public static TimeSpan? Pause(RpcException failure, int failures, RetrySettings settings)
    {
        var own = Backoff.After(failures, settings);
        if (failure.Trailers.GetValue(Pushback) is { } pushback)
        {
            return int.TryParse(pushback, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
                ? TimeSpan.FromMilliseconds(milliseconds)
                : null;
        }

        var error = ServiceError.Of(failure);
        return failure.StatusCode switch
        {
            StatusCode.Unavailable when Breaks.IsTls(failure) => null,
            StatusCode.Unavailable => error.RetryDelay is { } delay && delay > own ? delay : own,
            // A key's quota has room again after midnight: whoever is that patient says so by the longest pause.
            StatusCode.ResourceExhausted when error.Reason == ServiceError.KeyQuotaExceeded && error.RetryDelay > settings.LongestPause => null,
            // The service is busy and says when not to be; a quota is not a matter of time.
            StatusCode.ResourceExhausted when error.RetryDelay is { } delay && error.Reason != ServiceError.QuotaExceeded => delay > own ? delay : own,
            // What breaks the connection may be reported as INTERNAL.
            _ when Breaks.IsTransport(failure) => own,
            _ => null,
        };
    }
}
