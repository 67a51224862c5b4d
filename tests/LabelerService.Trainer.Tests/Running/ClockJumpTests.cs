using LabelerService.Storage.Runs;
using LabelerService.TestKit.Suites;

namespace LabelerService.Trainer.Tests.Running;

/// <summary>
/// A machine's clock that is set while a trainer works. Leases are told by the database's clock alone, and how long ago something was by the machine's
/// monotonous one: nobody loses a run, and nobody gets it a second time.
/// </summary>
[Trait("Suite", "faults")]
public sealed class ClockJumpTests : IAsyncLifetime
{
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(1);
    private Queue _queue = null!;

    public async Task InitializeAsync() => _queue = await Queue.CreateAsync();

    public Task DisposeAsync() => _queue.DisposeAsync().AsTask();

    [Fact]
    public async Task A_trainer_whose_clock_jumps_keeps_its_run_and_nobody_else_gets_it()
    {
        TimeSpan[] jumps = [TimeSpan.FromDays(400), TimeSpan.FromDays(-400), TimeSpan.FromHours(-1), TimeSpan.Zero];
        var clock = new SettableClock();
        await using var trainer = await RunningTrainer.StartAsync(_queue, time: clock);
        await _queue.AddAsync("run", "wdn", Queue.Endless);
        var seen = await _queue.UntilTrainingAsync("run");
        foreach (var jump in jumps)
        {
            clock.Offset = jump;
            var lease = seen.LeaseExpiresAt;
            seen = await _queue.UntilAsync("run", run => run.State != RunState.Running || run.LeaseExpiresAt > lease);
            Assert.Equal((RunState.Running, 1), (seen.State, seen.Attempt));
            Assert.Null(await _queue.Runs.TryClaimAsync("somebody", Lease, default));
        }

        // Its owner is the one that ends it.
        await _queue.Runs.RequestCancelAsync(_queue.Dataset, "run", default);
        var ended = await _queue.UntilEndedAsync("run");
        Assert.Equal((RunState.Cancelled, 1, "trainer-under-test"), (ended.State, ended.Attempt, ended.LeaseOwner));
        Assert.Equal(RunEventKind.Cancelled, (await _queue.EventsAsync("run"))[^1]);
        SuiteReport.Add("faults", "clock set while a run is trained", ("jumps", jumps.Length), ("leases lost", 0), ("runs claimed twice", 0));
    }

    private sealed class SettableClock : TimeProvider
    {
        private long _offset;

        public TimeSpan Offset
        {
            set => Volatile.Write(ref _offset, value.Ticks);
        }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddTicks(Volatile.Read(ref _offset));
    }
}
