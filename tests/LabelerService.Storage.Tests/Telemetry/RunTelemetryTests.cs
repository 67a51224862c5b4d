using System.Diagnostics;
using LabelerService.Core.Telemetry;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Runs;
using LabelerService.Storage.Telemetry;
using LabelerService.Storage.Tests.Runs;
using LabelerService.TestKit.Postgres;

namespace LabelerService.Storage.Tests.Telemetry;

/// <summary>What runs tell: their trace, and how many there are. The queue spans all datasets, so each test takes a database of its own.</summary>
public sealed class RunTelemetryTests(RunQueueTests.Databases databases) : IClassFixture<RunQueueTests.Databases>, IAsyncLifetime
{
    private static readonly TimeSpan Dead = TimeSpan.FromSeconds(-1);
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(5);
    private PostgresFixture _database = null!;
    private RunStore _runs = null!;
    private DatasetRecord _dataset = null!;

    public async Task InitializeAsync()
    {
        _database = await databases.NextAsync();
        _runs = _database.Get<RunStore>();
        _dataset = await Some.DatasetAsync(_database);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_run_keeps_the_trace_of_its_call_for_every_attempt()
    {
        ActivityTraceId trace;
        using (var call = new Activity("call"))
        {
            call.SetIdFormat(ActivityIdFormat.W3C);
            call.ActivityTraceFlags = ActivityTraceFlags.Recorded;
            call.Start();
            trace = call.TraceId;
            await CreateAsync("traced");
        }

        // The first trainer dies at once; the second goes on.
        foreach (var (trainer, duration) in ((string, TimeSpan)[])[("first", Dead), ("second", Lease)])
        {
            var lease = await _runs.TryClaimAsync(trainer, duration, default);
            Assert.Equal(trainer, lease?.Run.LeaseOwner);
            var context = ServiceTelemetry.Parse(lease?.Run.TraceParent);
            Assert.Equal(trace, context.TraceId);
            Assert.Equal(ActivityTraceFlags.Recorded, context.TraceFlags);
            Assert.True(context.IsRemote);
        }
    }

    [Fact]
    public async Task A_run_without_a_trace_begins_one_of_its_own()
    {
        await CreateAsync("untraced");
        var lease = await _runs.TryClaimAsync("t", Lease, default);
        Assert.Null(lease!.Run.TraceParent);
        Assert.Equal(default, ServiceTelemetry.Parse(lease.Run.TraceParent));
        Assert.Equal(default, ServiceTelemetry.Parse("00-nonsense"));
    }

    [Fact]
    public async Task The_fleets_figures_count_what_waits_runs_and_lapsed_and_who_is_alive()
    {
        var fleet = _database.Get<FleetReader>();
        Assert.Equal(new FleetState(0, 0, 0, 0, 0, 0, 0, 0), await fleet.ReadAsync(default));
        Assert.Equal(new ChampionAges(0, 0, 0), await fleet.ReadChampionsAsync(default));

        foreach (var id in (string[])["a", "b", "c", "d"])
        {
            await CreateAsync(id);
        }

        await _runs.TryClaimAsync("alive", Lease, default);
        await _runs.TryClaimAsync("dead", Dead, default);
        var trainers = _database.Get<TrainerStore>();
        await trainers.BeatAsync(new TrainerSign(Guid.NewGuid(), "alive", 2, "1"), Lease, default);
        await trainers.BeatAsync(new TrainerSign(Guid.NewGuid(), "dead", 4, "1"), Dead, default);

        var state = await fleet.ReadAsync(default);
        Assert.Equal((2L, 2L, 1L), (state.QueuedRuns, state.RunningRuns, state.LapsedRuns));
        Assert.Equal((1L, 2L), (state.Trainers, state.TrainerSlots));
        Assert.InRange(state.OldestQueuedRun, 0.0001, 60);
    }

    private Task<RunRecord> CreateAsync(string id) =>
        _runs.CreateAsync(_dataset, new RunWrite(id, "bn", "model", 1, new Dictionary<string, string>(StringComparer.Ordinal)), null, default);
}
