using System.Threading.RateLimiting;
using LabelerService.Core.Access;
using LabelerService.Core.Errors;
using LabelerService.Server.Hosting;

namespace LabelerService.Server.Security.Limits;

/// <summary>
/// How much each caller may call: a bucket of tokens that fills at the caller's rate, and a number of calls under way. Callers share nothing but
/// the table of limiters, so that a noisy one takes nothing from others; those without limits are not even looked up. Limits are each
/// server's own.
/// </summary>
internal sealed class CallLimiter : IDisposable
{
    // A stream has one message that waits; so many streams wait at most.
    private const int MostWaiting = 1_000_000;

    private static readonly TimeSpan LongestPeriod = TimeSpan.FromDays(1);
    private static readonly TimeSpan ShortestPeriod = TimeSpan.FromMilliseconds(100);
    private static readonly Func<RateKey, RateLimiter> CreateRate = Rate;
    private static readonly Func<ConcurrencyKey, RateLimiter> CreateConcurrency = Concurrency;

    private readonly CallLimits _defaults;
    private readonly CallLimitMetrics _metrics;
    private readonly PartitionedRateLimiter<RateKey> _rates = PartitionedRateLimiter.Create<RateKey, RateKey>(key => RateLimitPartition.Get(key, CreateRate));
    private readonly PartitionedRateLimiter<ConcurrencyKey> _concurrency =
        PartitionedRateLimiter.Create<ConcurrencyKey, ConcurrencyKey>(key => RateLimitPartition.Get(key, CreateConcurrency));

    public CallLimiter(ServerOptions options, CallLimitMetrics metrics)
    {
        _defaults = options.CallLimits;
        _metrics = metrics;
    }

    private readonly record struct RateKey(string Caller, double PerSecond, int Burst);

    private readonly record struct ConcurrencyKey(string Caller, int Calls);

    /// <summary>The limits of a caller.</summary>
    public CallLimits Of(Caller caller) => caller.Limits.Or(_defaults);

    /// <summary>Lets a call in, or says why not.</summary>
    /// <param name="caller">Who calls.</param>
    /// <param name="limits">The caller's limits.</param>
    /// <param name="lease">To be disposed of when the call has ended; null for a caller whose calls are not counted.</param>
    /// <returns>Null for a call that may go on.</returns>
    public ServiceException? TryEnter(Caller caller, CallLimits limits, out IDisposable? lease)
    {
        lease = null;
        if (limits.ConcurrentCalls is { } calls and > 0)
        {
            var entered = _concurrency.AttemptAcquire(new ConcurrencyKey(caller.Name, calls));
            if (!entered.IsAcquired)
            {
                entered.Dispose();
                _metrics.RefusedConcurrency();
                return new ServiceException(
                    ErrorKind.ResourceExhausted, "TOO_MANY_CALLS",
                    $"This credential may have {calls} calls and streams under way at the same time, and has them. Wait until one has ended.")
                {
                    RetryAfter = TimeSpan.FromSeconds(1),
                };
            }

            lease = entered;
        }

        if (KeyOf(caller, limits) is not { } key)
        {
            return null;
        }

        using var token = _rates.AttemptAcquire(key);
        if (token.IsAcquired)
        {
            return null;
        }

        lease?.Dispose();
        lease = null;
        _metrics.RefusedRate();
        var wait = token.TryGetMetadata(MetadataName.RetryAfter, out var known) ? known : TimeSpan.FromSeconds(1);
        return new ServiceException(
            ErrorKind.ResourceExhausted, "RATE_LIMIT",
            $"This credential may make {key.PerSecond:0.#####} requests a second, {key.Burst} at once. Slow down; streams are held up instead of refused.")
        {
            RetryAfter = wait < ShortestPeriod ? ShortestPeriod : wait,
        };
    }

    /// <summary>Holds up a message of a stream until the caller's rate allows it. Nothing is dropped: the client is held up by flow control.</summary>
    public ValueTask WaitAsync(Caller caller, CallLimits limits, CancellationToken cancel)
    {
        if (KeyOf(caller, limits) is not { } key)
        {
            return ValueTask.CompletedTask;
        }

        using var token = _rates.AttemptAcquire(key);
        return token.IsAcquired ? ValueTask.CompletedTask : HoldAsync(key, cancel);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _rates.Dispose();
        _concurrency.Dispose();
    }

    private async ValueTask HoldAsync(RateKey key, CancellationToken cancel)
    {
        _metrics.Held();
        using var token = await _rates.AcquireAsync(key, 1, cancel);
        if (!token.IsAcquired)
        {
            throw new ServiceException(
                ErrorKind.ResourceExhausted, "RATE_LIMIT", "Too many messages of this credential wait. What was acknowledged is stored; send the rest later.");
        }
    }

    private static RateKey? KeyOf(Caller caller, CallLimits limits) => limits.RequestsPerSecond is { } rate and > 0
        ? new RateKey(caller.Name, rate, limits.Burst is { } burst and > 0 ? burst : (int)Math.Max(1, Math.Ceiling(rate)))
        : null;

    // Tokens come in by the time that has passed, to fractions of one; the period is how often that is looked at, at the earliest.
    private static TokenBucketRateLimiter Rate(RateKey key)
    {
        var perToken = TimeSpan.FromSeconds(1 / key.PerSecond);
        var period = perToken < ShortestPeriod ? ShortestPeriod : perToken > LongestPeriod ? LongestPeriod : perToken;
        var tokens = (int)Math.Max(1, Math.Round(key.PerSecond * period.TotalSeconds));
        return new TokenBucketRateLimiter(new TokenBucketRateLimiterOptions
        {
            TokenLimit = key.Burst,
            TokensPerPeriod = tokens,
            ReplenishmentPeriod = TimeSpan.FromSeconds(tokens / key.PerSecond),
            QueueLimit = MostWaiting,
            QueueProcessingOrder = QueueProcessingOrder.OldestFirst,

            // One timer for all: the table's.
            AutoReplenishment = false,
        });
    }

    private static ConcurrencyLimiter Concurrency(ConcurrencyKey key) =>
        new(new ConcurrencyLimiterOptions { PermitLimit = key.Calls, QueueLimit = 0 });
}
