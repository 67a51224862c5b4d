using LabelerService.Core.Access;
using LabelerService.Core.Errors;
using LabelerService.Core.Telemetry;
using LabelerService.Server.Hosting;
using LabelerService.Server.Security;
using LabelerService.Server.Security.Limits;

namespace LabelerService.Server.Tests.Security;

/// <summary>How much callers may call. Rates here are so slow that nothing comes back within a test.</summary>
[Trait("Suite", "security")]
public sealed class CallLimiterTests
{
    private const double Slow = 0.001;

    [Fact]
    public void A_caller_has_its_burst_then_is_refused_with_the_time_to_wait_and_others_are_not()
    {
        using var limiter = Create(new CallLimits { RequestsPerSecond = Slow, Burst = 3 });
        var (noisy, quiet) = (Caller("noisy"), Caller("quiet"));
        for (var i = 0; i < 3; i++)
        {
            Assert.Null(Enter(limiter, noisy));
        }

        var refused = Enter(limiter, noisy);
        Assert.Equal((ErrorKind.ResourceExhausted, "RATE_LIMIT"), (refused!.Kind, refused.Reason));
        Assert.InRange(refused.RetryAfter!.Value.TotalSeconds, 900, 1_000);
        Assert.Null(Enter(limiter, quiet));
    }

    [Fact]
    public void Calls_under_way_are_counted_until_they_end()
    {
        using var limiter = Create(new CallLimits { ConcurrentCalls = 2 });
        var caller = Caller("a");
        Assert.Null(limiter.TryEnter(caller, limiter.Of(caller), out var first));
        Assert.Null(limiter.TryEnter(caller, limiter.Of(caller), out var second));
        Assert.Equal("TOO_MANY_CALLS", limiter.TryEnter(caller, limiter.Of(caller), out var third)!.Reason);
        Assert.Null(third);
        first!.Dispose();
        Assert.Null(limiter.TryEnter(caller, limiter.Of(caller), out _));
        second!.Dispose();
    }

    [Fact]
    public void A_call_refused_for_its_rate_is_not_under_way()
    {
        using var limiter = Create(new CallLimits { RequestsPerSecond = Slow, Burst = 1, ConcurrentCalls = 1 });
        var caller = Caller("a");
        Assert.Null(limiter.TryEnter(caller, limiter.Of(caller), out var lease));
        lease!.Dispose();
        Assert.Equal("RATE_LIMIT", Enter(limiter, caller)!.Reason);
        Assert.Equal("RATE_LIMIT", Enter(limiter, caller)!.Reason);
    }

    [Fact]
    public void What_a_key_says_counts_before_what_the_server_says_and_nothing_is_no_limit()
    {
        var server = new CallLimits { RequestsPerSecond = 10, Burst = 20, ConcurrentCalls = 5 };
        Assert.Equal(server, default(CallLimits).Or(server));
        Assert.Equal(
            new CallLimits { RequestsPerSecond = 0, ConcurrentCalls = 5 }, new CallLimits { RequestsPerSecond = 0 }.Or(server));
        using var limiter = Create(new CallLimits { RequestsPerSecond = Slow, Burst = 1 });
        var free = Caller("free") with { Limits = new CallLimits { RequestsPerSecond = 0 } };
        for (var i = 0; i < 100; i++)
        {
            Assert.Null(Enter(limiter, free));
        }

        using var unlimited = Create(default);
        Assert.Null(Enter(unlimited, Caller("a")));
    }

    [Fact]
    public async Task A_message_beyond_the_rate_waits_and_ends_with_its_call()
    {
        using var limiter = Create(new CallLimits { RequestsPerSecond = Slow, Burst = 1 });
        var caller = Caller("a");
        using var call = new CancellationTokenSource();
        await limiter.WaitAsync(caller, limiter.Of(caller), call.Token);
        var waiting = limiter.WaitAsync(caller, limiter.Of(caller), call.Token).AsTask();
        Assert.False(waiting.IsCompleted);
        await call.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public async Task Messages_that_wait_go_on_when_the_rate_allows_it()
    {
        using var limiter = Create(new CallLimits { RequestsPerSecond = 1_000, Burst = 1 });
        var caller = Caller("a");
        for (var i = 0; i < 20; i++)
        {
            await limiter.WaitAsync(caller, limiter.Of(caller), default).AsTask().WaitAsync(TimeSpan.FromSeconds(30));
        }
    }

    [Fact]
    public void Letting_a_call_in_allocates_nothing_without_limits_and_little_more_than_a_lease_with_one()
    {
        using var unlimited = Create(default);
        using var limited = Create(new CallLimits { RequestsPerSecond = 1_000_000, Burst = 1_000_000 });
        var caller = Caller("a");
        Assert.Equal(0, PerCall(unlimited, caller));
        Assert.InRange(PerCall(limited, caller), 0, 64);

        static long PerCall(CallLimiter limiter, Caller caller)
        {
            const int calls = 1_000;
            Assert.Null(Enter(limiter, caller));
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < calls; i++)
            {
                limiter.TryEnter(caller, limiter.Of(caller), out _);
            }

            return (GC.GetAllocatedBytesForCurrentThread() - before) / calls;
        }
    }

    private static CallLimiter Create(CallLimits limits) => new(new ServerOptions { CallLimits = limits }, new CallLimitMetrics(new ServiceMeter()));

    private static Caller Caller(string name) => new() { Name = $"apiKeys/{name}", Role = Role.Reader, KeyId = name };

    private static ServiceException? Enter(CallLimiter limiter, Caller caller)
    {
        var refused = limiter.TryEnter(caller, limiter.Of(caller), out var lease);
        lease?.Dispose();
        return refused;
    }
}
