using LabelerService.Server.Insight;

namespace LabelerService.Server.Tests.Insight;

public sealed class SharedWorkTests
{
    [Fact]
    public async Task Work_is_done_once_however_many_wait_and_goes_on_for_those_who_stay()
    {
        var begun = 0;
        var ready = new TaskCompletionSource<int>();
        var work = new SharedWork<int>((_, cancel) =>
        {
            Interlocked.Increment(ref begun);
            return ready.Task.WaitAsync(cancel);
        });
        Assert.True(work.TryEnter());
        Assert.True(work.TryEnter());
        using var impatience = new CancellationTokenSource();
        var first = work.WaitAsync(null, default);
        var second = work.WaitAsync(null, default);
        var leaving = work.WaitAsync(null, impatience.Token);

        await impatience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving);
        Assert.False(work.IsLost);
        ready.SetResult(7);

        Assert.Equal(7, await first);
        Assert.Equal(7, await second);
        Assert.Equal(1, begun);
        Assert.True(work.IsDone);
        Assert.True(work.TryEnter());
        Assert.Equal(7, await work.WaitAsync(null, default));
    }

    [Fact]
    public async Task When_the_last_who_waits_gives_up_the_work_is_cancelled_and_nobody_may_join()
    {
        var cancelled = new TaskCompletionSource();
        var work = new SharedWork<int>(async (_, cancel) =>
        {
            try
            {
                await Task.Delay(Timeout.Infinite, cancel);
                return 0;
            }
            finally
            {
                cancelled.SetResult();
            }
        });
        Assert.True(work.TryEnter());
        using var impatience = new CancellationTokenSource();
        var first = work.WaitAsync(null, impatience.Token);
        var second = work.WaitAsync(null, impatience.Token);

        await impatience.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        await cancelled.Task.WaitAsync(TimeSpan.FromMinutes(1));
        Assert.True(work.IsLost);
        Assert.False(work.TryEnter());
    }

    [Fact]
    public async Task A_failure_reaches_everybody_who_waits_and_nobody_joins_it()
    {
        var ready = new TaskCompletionSource<int>();
        var work = new SharedWork<int>((_, _) => ready.Task);
        Assert.True(work.TryEnter());
        var waiting = new[] { work.WaitAsync(null, default), work.WaitAsync(null, default) };
        ready.SetException(new InvalidDataException("broken"));
        foreach (var task in waiting)
        {
            Assert.Equal("broken", (await Assert.ThrowsAsync<InvalidDataException>(() => task)).Message);
        }

        Assert.False(work.TryEnter());
    }

    [Fact]
    public async Task Progress_reaches_everybody_and_who_comes_later_hears_where_it_stands()
    {
        var reported = new TaskCompletionSource();
        var goOn = new TaskCompletionSource();
        var work = new SharedWork<int>(async (progress, _) =>
        {
            progress.Report(new InsightProgress("reading", 0.25));
            reported.SetResult();
            await goOn.Task;
            progress.Report(new InsightProgress("consensus", 0.5));
            return 1;
        });
        var early = new Heard();
        var late = new Heard();
        var first = work.WaitAsync(early, default);
        await reported.Task;
        Assert.True(work.TryEnter());
        var second = work.WaitAsync(late, default);
        goOn.SetResult();
        await Task.WhenAll(first, second);

        Assert.Equal(new InsightProgress("reading", 0.25), early.First());
        Assert.Equal(new InsightProgress("reading", 0.25), late.First());
        Assert.Equal(new InsightProgress("consensus", 0.5), early.Last());
        Assert.Equal(new InsightProgress("consensus", 0.5), late.Last());
    }

    private sealed class Heard : IProgress<InsightProgress>
    {
        private readonly List<InsightProgress> _all = [];

        public void Report(InsightProgress value)
        {
            lock (_all)
            {
                _all.Add(value);
            }
        }

        public InsightProgress First()
        {
            lock (_all)
            {
                return _all[0];
            }
        }

        public InsightProgress Last()
        {
            lock (_all)
            {
                return _all[^1];
            }
        }
    }
}
