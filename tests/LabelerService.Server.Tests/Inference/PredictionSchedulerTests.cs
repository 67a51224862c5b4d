using LabelerService.Core.Encodings;
using LabelerService.Core.Errors;
using LabelerService.Core.Telemetry;
using LabelerService.Server.Inference;
using LabelerService.Server.Inference.Batching;
using LabelerService.Server.Telemetry;
using Microsoft.Extensions.Time.Testing;

namespace LabelerService.Server.Tests.Inference;

public sealed class PredictionSchedulerTests : IDisposable
{
    private static readonly PredictionLimits OneRunner = new() { Runners = 1 };
    private readonly FakeTimeProvider _time = new();
    private readonly ServiceMeter _meter = new();
    private readonly List<IDisposable> _disposables = [];

    [Fact]
    public async Task A_lone_request_runs_at_once_on_its_callers_thread()
    {
        var (scheduler, model, lane) = Start(OneRunner, open: true);
        var task = Predict(scheduler, lane, 7).AsTask();
        Assert.True(task.IsCompletedSuccessfully);
        Assert.Equal((float[])[7f], (await task).Probabilities);
        Assert.Single(model.Blocks);
    }

    [Fact]
    public async Task Requests_that_come_while_a_block_runs_share_the_next_one()
    {
        var (scheduler, model, lane) = Start(OneRunner);
        var first = Task.Run(() => Predict(scheduler, lane, 1).AsTask());
        await model.StartedAsync();
        Task<PredictedItems>[] others = [.. Enumerable.Range(2, 4).Select(value => Predict(scheduler, lane, value).AsTask())];
        model.Pass(2);
        await first;
        var answers = await Task.WhenAll(others);
        Assert.Equal([2f, 3f, 4f, 5f], answers.Select(answer => answer.Probabilities[0]));
        Assert.Equal([(1, 2f), (1, 3f), (1, 4f), (1, 5f)], model.Blocks[1]);
        Assert.Equal(2, model.Blocks.Count);
    }

    [Fact]
    public async Task A_block_holds_no_more_items_than_the_model_takes()
    {
        var (scheduler, model, lane) = Start(OneRunner, open: false, maxRows: 4);
        var first = Task.Run(() => Predict(scheduler, lane, 1).AsTask());
        await model.StartedAsync();
        Task<PredictedItems>[] others = [.. Enumerable.Range(2, 9).Select(value => Predict(scheduler, lane, value).AsTask())];
        model.Pass(10);
        await Task.WhenAll([first, .. others]);
        Assert.All(model.Blocks, block => Assert.InRange(block.Sum(part => part.Count), 1, 4));
        Assert.Equal(4, model.Blocks.Count);
    }

    [Fact]
    public async Task A_large_request_is_cut_into_blocks_that_small_ones_have_their_place_in()
    {
        var (scheduler, model, lane) = Start(OneRunner);
        float[] large = [.. Enumerable.Range(0, 100).Select(value => (float)value)];
        var task = Predict(scheduler, lane, large);
        await model.StartedAsync();
        var small = Predict(scheduler, lane, 1000).AsTask();
        model.Pass(2);
        Assert.Equal((float[])[1000f], (await small).Probabilities);
        Assert.False(task.IsCompleted);
        model.Pass(10);
        Assert.Equal(large, (await task).Probabilities);
        Assert.Equal(new[] { (16, 0f) }, model.Blocks[0]);

        // The share of a block that the large one gave, what was left over after the small one, and no more than a block.
        Assert.Equal([(15, 16f), (1, 1000f)], model.Blocks[1]);
    }

    [Fact]
    public async Task Items_and_rows_share_blocks_and_each_gets_its_own_answer()
    {
        var (scheduler, model, lane) = Start(OneRunner);
        var first = Task.Run(() => Predict(scheduler, lane, 1).AsTask());
        await model.StartedAsync();
        var rows = Predict(scheduler, lane, [20, 21]).AsTask();
        RawItem[] items = [.. Enumerable.Range(30, 20).Select(value => new RawItem(new float[] { value, -1 }))];
        var raw = scheduler.RunAsync(lane, items, PredictionOptions.Default, default).AsTask();
        var again = Predict(scheduler, lane, [40, 41]).AsTask();
        model.Pass(10);
        await Task.WhenAll(first, rows, raw, again);
        Assert.Equal((float[])[20f, 21f], (await rows).Probabilities);
        Assert.Equal(Enumerable.Range(30, 20).Select(value => (float)value), (await raw).Probabilities);

        // Requests are pooled: what is left of items must not come up in the rows of the next.
        Assert.Equal((float[])[40f, 41f], (await again).Probabilities);
        var pooled = Predict(scheduler, lane, [50f]).AsTask();
        Assert.Equal((float[])[50f], (await pooled).Probabilities);
    }

    [Fact]
    public async Task Small_requests_are_answered_whole_in_the_order_they_came_however_short_blocks_shall_be()
    {
        var (scheduler, model, lane) = Start(OneRunner with { MaxBlock = TimeSpan.FromTicks(1) });
        var first = Task.Run(() => Predict(scheduler, lane, 1).AsTask());
        await model.StartedAsync();
        var second = Predict(scheduler, lane, [20, 21, 22, 23]).AsTask();
        var third = Predict(scheduler, lane, [30, 31, 32, 33]).AsTask();
        model.Pass(3);
        await Task.WhenAll(first, second, third);
        Assert.Equal([(4, 20f)], model.Blocks[1]);
        Assert.Equal([(4, 30f)], model.Blocks[2]);
    }

    [Fact]
    public async Task Runners_work_on_a_large_request_together()
    {
        var (scheduler, model, lane) = Start(new PredictionLimits { Runners = 2 });
        float[] large = [.. Enumerable.Range(0, 64).Select(value => (float)value)];
        var task = Predict(scheduler, lane, large);
        await model.StartedAsync();
        await model.StartedAsync();
        Assert.Equal(2, scheduler.Running);
        model.Pass(4);
        Assert.Equal(large, (await task).Probabilities);
    }

    [Fact]
    public async Task One_request_that_fails_a_block_harms_no_other()
    {
        var (scheduler, model, lane) = Start(OneRunner, poison: 3);
        var first = Task.Run(() => Predict(scheduler, lane, 1).AsTask());
        await model.StartedAsync();
        var (good, bad, alsoGood) = (Predict(scheduler, lane, 2).AsTask(), Predict(scheduler, lane, 3).AsTask(), Predict(scheduler, lane, 4).AsTask());
        model.Pass(10);
        await first;
        Assert.Equal((float[])[2f], (await good).Probabilities);
        Assert.Equal((float[])[4f], (await alsoGood).Probabilities);
        await Assert.ThrowsAsync<InvalidOperationException>(() => bad);
        Assert.Equal((0, 0), (scheduler.WaitingRows, scheduler.Running));
    }

    [Fact]
    public async Task A_request_whose_deadline_passes_while_it_waits_is_never_run()
    {
        var (scheduler, model, lane) = Start(OneRunner);
        var first = Task.Run(() => Predict(scheduler, lane, 1).AsTask());
        await model.StartedAsync();
        using var deadline = new CancellationTokenSource();
        var (late, other) = (Predict(scheduler, lane, 2, deadline.Token).AsTask(), Predict(scheduler, lane, 3).AsTask());
        await deadline.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => late);
        Assert.Equal(1, scheduler.WaitingRows);
        model.Pass(2);
        await first;
        Assert.Equal((float[])[3f], (await other).Probabilities);
        Assert.DoesNotContain(model.Blocks, block => block.Any(part => part.First == 2));
    }

    [Fact]
    public async Task A_request_cancelled_under_way_keeps_its_features_until_its_block_is_done()
    {
        var (scheduler, model, lane) = Start(OneRunner);
        using var cancel = new CancellationTokenSource();
        var task = Predict(scheduler, lane, [.. Enumerable.Range(0, 40).Select(value => (float)value)], cancel.Token).AsTask();
        await model.StartedAsync();
        await cancel.CancelAsync();
        Assert.False(task.IsCompleted);
        Assert.Equal(0, scheduler.WaitingRows);
        model.Pass();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task);
        Assert.Single(model.Blocks);
    }

    [Fact]
    public async Task Beyond_the_longest_wait_a_request_is_refused_at_once_and_told_when_to_come_again()
    {
        var (scheduler, model, lane) = Start(new PredictionLimits { Runners = 1, MaxWait = TimeSpan.FromSeconds(2), MaxWaitFactor = 0, Burst = TimeSpan.Zero });
        lane.SecondsPerRow = 10;
        var first = Task.Run(() => Predict(scheduler, lane, 1).AsTask());
        await model.StartedAsync();
        var waiting = Predict(scheduler, lane, 2).AsTask();
        var refused = await Assert.ThrowsAsync<ServiceException>(() => Predict(scheduler, lane, 3).AsTask());
        Assert.Equal((ErrorKind.ResourceExhausted, "OVERLOADED"), (refused.Kind, refused.Reason));
        Assert.Equal(TimeSpan.FromSeconds(10), refused.RetryAfter);

        // A job's items are never refused: nobody waits for them.
        var job = scheduler.RunAsync(new BatchLane(model, false, background: true), new[] { 4f }, 1, new PredictionOptions { Background = true }, default);
        model.Pass(3);
        await first;
        await waiting;
        Assert.Equal((float[])[4f], (await job).Probabilities);
    }

    [Fact]
    public async Task A_burst_is_let_in_and_a_queue_that_does_not_become_empty_is_not()
    {
        var limits = new PredictionLimits { Runners = 1, MaxWait = TimeSpan.FromSeconds(2), MaxWaitFactor = 0, Burst = TimeSpan.FromSeconds(100) };
        var (scheduler, model, lane) = Start(limits);
        lane.SecondsPerRow = 10;
        var first = Task.Run(() => Predict(scheduler, lane, 1).AsTask());
        await model.StartedAsync();
        var (second, third) = (Predict(scheduler, lane, 2).AsTask(), Predict(scheduler, lane, 3).AsTask());
        _time.Advance(limits.Burst);
        var refused = await Assert.ThrowsAsync<ServiceException>(() => Predict(scheduler, lane, 4).AsTask());
        Assert.Equal(ErrorKind.ResourceExhausted, refused.Kind);
        model.Pass(3);
        await Task.WhenAll(first, second, third);
    }

    [Fact]
    public async Task A_large_request_in_the_queue_does_not_make_small_ones_be_refused()
    {
        var (scheduler, model, lane) = Start(new PredictionLimits { Runners = 1, MaxWait = TimeSpan.FromSeconds(2), MaxWaitFactor = 0, Burst = TimeSpan.Zero });
        lane.SecondsPerRow = 1;
        var large = Predict(scheduler, lane, [.. Enumerable.Range(0, 1000).Select(value => (float)value)]).AsTask();
        await model.StartedAsync();
        var small = Predict(scheduler, lane, 5000).AsTask();
        model.Pass(1000);
        Assert.Equal((float[])[5000f], (await small).Probabilities);
        await large;
    }

    [Fact]
    public async Task Jobs_wait_for_requests_but_not_for_ever()
    {
        var (scheduler, model, lane) = Start(OneRunner, open: false, maxRows: 4);
        var background = new BatchLane(model, false, background: true);
        var first = Task.Run(() => Predict(scheduler, lane, 1).AsTask());
        await model.StartedAsync();
        var job = scheduler.RunAsync(background, new[] { -1f }, 1, new PredictionOptions { Background = true }, default).AsTask();
        var requests = Enumerable.Range(0, 80).Select(value => Predict(scheduler, lane, value).AsTask()).ToArray();
        model.Pass(100);
        await Task.WhenAll([first, job, .. requests]);
        var turn = model.Blocks.ToList().FindIndex(block => block.Any(part => part.First == -1));
        Assert.InRange(turn, 2, model.Blocks.Count - 2);
    }

    [Fact]
    public async Task Stopping_fails_what_waits()
    {
        var (scheduler, model, lane) = Start(OneRunner);
        var first = Task.Run(() => Predict(scheduler, lane, 1).AsTask());
        await model.StartedAsync();
        var waiting = Predict(scheduler, lane, 2).AsTask();
        var stopping = Task.Run(scheduler.Dispose);
        model.Pass(2);
        await first;
        await stopping;
        var ended = await Record.ExceptionAsync(() => waiting);
        Assert.True(ended is null or ServiceException { Kind: ErrorKind.Unavailable });
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Predict(scheduler, lane, 3).AsTask());
    }

    public void Dispose()
    {
        _meter.Dispose();
        foreach (var disposable in _disposables)
        {
            disposable.Dispose();
        }
    }

    private (PredictionScheduler Scheduler, GatedModel Model, BatchLane Lane) Start(
        PredictionLimits limits, bool open = false, int maxRows = 16, float poison = float.NaN)
    {
        var model = new GatedModel(open) { MaxRows = maxRows, Poison = poison };
        var scheduler = new PredictionScheduler(limits, _time, new PredictionMetrics(_meter));
        _disposables.AddRange([scheduler, model]);
        return (scheduler, model, new BatchLane(model, distilled: false, background: false));
    }

    private static ValueTask<PredictedItems> Predict(PredictionScheduler scheduler, BatchLane lane, float value, CancellationToken cancel = default) =>
        Predict(scheduler, lane, [value], cancel);

    private static ValueTask<PredictedItems> Predict(
        PredictionScheduler scheduler, BatchLane lane, float[] values, CancellationToken cancel = default) =>
        scheduler.RunAsync(lane, values, values.Length, PredictionOptions.Default, cancel);
}
