using LabelerService.Core.Curves;
using LabelerService.Core.Errors;
using LabelerService.Storage.Curves;
using LabelerService.Storage.Database;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Runs;
using LabelerService.Storage.Tests.Runs;
using LabelerService.TestKit.Postgres;
using Npgsql;

namespace LabelerService.Storage.Tests.Curves;

/// <summary>Learning curves and the runs that measure them. The queue spans all datasets, so each test takes a database of its own.</summary>
public sealed class CurveStoreTests(RunQueueTests.Databases databases) : IClassFixture<RunQueueTests.Databases>, IAsyncLifetime
{
    private static readonly TimeSpan Dead = TimeSpan.FromSeconds(-1);
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(5);
    private static readonly SnapshotPin Pin = new("snapshot", [1, 2, 3]);
    private static readonly CurvePlan Plan = new() { ItemShares = [0.1, 0.5, 1], Capacities = ["m"], Seeds = 1 };

    private PostgresFixture _database = null!;
    private CurveStore _curves = null!;
    private RunStore _runs = null!;
    private DatasetRecord _dataset = null!;

    public async Task InitializeAsync()
    {
        _database = await databases.NextAsync();
        (_curves, _runs) = (_database.Get<CurveStore>(), _database.Get<RunStore>());
        _dataset = await Some.DatasetAsync(_database);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_curve_comes_with_the_run_that_measures_it_and_a_repeated_request_gives_the_same()
    {
        var request = Some.Request();
        var curve = await CreateAsync("run-1", request);
        Assert.Equal(curve, await CreateAsync("run-2", request) with { Plan = curve.Plan, Settings = curve.Settings });
        var run = await _runs.GetAsync(_dataset, "run-1", default);
        Assert.Equal(("c", "wdn", RunState.Queued), (run.CurveId, run.Algorithm, run.State));
        Assert.Equal((3, 0, null), (curve.PointCount, curve.MeasuredCount, curve.Size));
        Assert.Equal(Plan.Cells(), (await _curves.GetAsync(_dataset, "c", default)).Plan.Cells());
        await Assert.ThrowsAsync<ServiceException>(() => _runs.GetAsync(_dataset, "run-2", default));
        Assert.Equal("CURVE_EXISTS", (await Assert.ThrowsAsync<ServiceException>(() => CreateAsync("run-3"))).Reason);
        Assert.Null((await _runs.CreateAsync(_dataset, Some.Run("other"), null, default)).CurveId);
    }

    [Fact]
    public async Task Whoever_lost_the_lease_writes_nothing_and_the_next_owner_goes_on()
    {
        await CreateAsync("run");
        var first = await ClaimAsync(Dead);
        await _curves.PinAsync(first, Pin, new CurveSize(10, 30), CurveBasis.TestGold, default);
        await _curves.WritePointAsync(first, 0, Point(0, 0.5), default);

        var second = await ClaimAsync(Lease);
        Assert.Equal("STALE_LEASE", (await RefusedAsync(_curves.WritePointAsync(first, 1, Point(1, 0.6), default))).Reason);
        Assert.Equal("STALE_LEASE", (await RefusedAsync(_curves.PinAsync(first, Pin, new CurveSize(1, 1), CurveBasis.TestGold, default))).Reason);

        var (curve, pin, points) = await _curves.BeginAsync(second, default);
        Assert.Equal((1, new CurveSize(10, 30), CurveBasis.TestGold), (curve.MeasuredCount, curve.Size, curve.Basis));
        Assert.Equal((Pin.SnapshotId, 3), (pin!.SnapshotId, pin.Content.Length));
        Assert.Equal(Point(0, 0.5), Assert.Single(points).Value);

        await _curves.WritePointAsync(second, 1, Point(1, null), default);
        await _curves.WritePointAsync(second, 2, Point(2, 0.7), default);
        await _runs.SucceedAsync(second, default);
        Assert.Equal([Point(0, 0.5), Point(1, null), Point(2, 0.7)], await _curves.PointsAsync(await _curves.GetAsync(_dataset, "c", default), default));
        Assert.Equal((RunState.Succeeded, null), ((await _runs.GetAsync(_dataset, "run", default)).State, (await _runs.GetAsync(_dataset, "run", default)).ModelVersion));
    }

    [Fact]
    public async Task Only_what_has_ended_before_its_time_is_resumed_and_the_old_run_writes_no_more()
    {
        await CreateAsync("run-1");
        Assert.Equal("run-1", (await _curves.ResumeAsync(_dataset, "c", "run-2", default)).RunId);
        var first = await ClaimAsync(Lease);
        await _curves.PinAsync(first, Pin, new CurveSize(10, 30), CurveBasis.TestGold, default);
        await _curves.WritePointAsync(first, 0, Point(0, 0.5), default);

        // Asked to end but not ended: its successor need not wait.
        await _runs.RequestCancelAsync(_dataset, "run-1", default);
        Assert.Equal("run-2", (await _curves.ResumeAsync(_dataset, "c", "run-2", default)).RunId);
        Assert.Equal("CURVE_GONE", (await RefusedAsync(_curves.WritePointAsync(first, 1, Point(1, 0.6), default))).Reason);
        Assert.Equal("CURVE_GONE", (await RefusedAsync(_curves.BeginAsync(first, default))).Reason);

        var second = await ClaimAsync(Lease);
        Assert.Equal("run-2", second.Run.RunId);
        Assert.Single((await _curves.BeginAsync(second, default)).Points);
        await _curves.WritePointAsync(second, 1, Point(1, 0.6), default);
        await _curves.WritePointAsync(second, 2, Point(2, 0.7), default);
        await _runs.SucceedAsync(second, default);
        Assert.Equal("run-2", (await _curves.ResumeAsync(_dataset, "c", "run-3", default)).RunId);
    }

    [Fact]
    public async Task Two_who_resume_a_curve_at_once_get_the_same_run()
    {
        await CreateAsync("run-1");
        await _runs.RequestCancelAsync(_dataset, "run-1", default);

        // Both have begun before either is done: whoever comes second must see what the first has made.
        await using var hold = await _database.Get<NpgsqlDataSource>().OpenConnectionAsync();
        await using var held = await hold.BeginTransactionAsync();
        await Sql.Command(hold, "SELECT 1 FROM curves WHERE dataset_id = $1 FOR UPDATE", _dataset.Key).ExecuteAsync(default);
        Task<CurveRecord>[] resumed = [.. Enumerable.Range(2, 2).Select(n => _curves.ResumeAsync(_dataset, "c", $"run-{n}", default))];
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await using (var waiting = _database.Get<NpgsqlDataSource>().CreateCommand(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"))
        {
            while ((long)(await waiting.ExecuteScalarAsync(limit.Token))! < resumed.Length)
            {
                await Task.Yield();
            }
        }

        await held.CommitAsync();
        var runs = (await Task.WhenAll(resumed)).Select(curve => curve.RunId).Distinct();
        Assert.Equal((await ClaimAsync(Lease)).Run.RunId, Assert.Single(runs));
        Assert.Null(await _runs.TryClaimAsync("trainer", Lease, default));
    }

    [Fact]
    public async Task Points_of_other_data_go_when_the_data_are_settled_anew()
    {
        await CreateAsync("run");
        var lease = await ClaimAsync(Lease);
        await _curves.PinAsync(lease, Pin, new CurveSize(10, 30), CurveBasis.TestGold, default);
        await _curves.WritePointAsync(lease, 0, Point(0, 0.5), default);
        await _curves.PinAsync(lease, new SnapshotPin("other", [9]), new CurveSize(11, 33), CurveBasis.HeldOutAnnotations, default);
        var (curve, pin, points) = await _curves.BeginAsync(lease, default);
        Assert.Empty(points);
        Assert.Equal(("other", new CurveSize(11, 33), CurveBasis.HeldOutAnnotations), (pin!.SnapshotId, curve.Size, curve.Basis));
    }

    [Fact]
    public async Task A_point_that_is_written_keeps_deaths_before_it_from_counting()
    {
        await CreateAsync("run");
        for (var death = 0; death < 8; death++)
        {
            var lease = await ClaimAsync(Dead);
            if (death == 0)
            {
                await _curves.PinAsync(lease, Pin, new CurveSize(10, 30), CurveBasis.TestGold, default);
            }

            if (death % 2 == 1)
            {
                await _curves.WritePointAsync(lease, 0, Point(0, 0.5), default);
            }
        }

        Assert.Equal(RunState.Running, (await _runs.GetAsync(_dataset, "run", default)).State);
    }

    [Fact]
    public async Task A_deleted_curve_is_gone_with_its_points_and_curves_are_listed_by_id()
    {
        await CreateAsync("run");
        var lease = await ClaimAsync(Lease);
        await _curves.PinAsync(lease, Pin, new CurveSize(10, 30), CurveBasis.TestGold, default);
        await _curves.WritePointAsync(lease, 0, Point(0, 0.5), default);
        await _curves.CreateAsync(_dataset, Write("b"), "run-b", null, default);
        Assert.Equal(["b", "c"], (await _curves.ListAsync(_dataset, null, 10, default)).Select(curve => curve.CurveId));
        Assert.Equal(["c"], (await _curves.ListAsync(_dataset, "b", 10, default)).Select(curve => curve.CurveId));

        await _curves.DeleteAsync(_dataset, "c", default);
        Assert.Equal("CURVE_GONE", (await RefusedAsync(_curves.WritePointAsync(lease, 1, Point(1, 0.6), default))).Reason);
        Assert.Equal(ErrorKind.NotFound, (await RefusedAsync(_curves.GetAsync(_dataset, "c", default))).Kind);
        Assert.Equal(ErrorKind.NotFound, (await RefusedAsync(_curves.DeleteAsync(_dataset, "c", default))).Kind);
        Assert.Equal(ErrorKind.NotFound, (await RefusedAsync(_curves.ResumeAsync(_dataset, "c", "run-9", default))).Kind);
        var again = await CreateAsync("run-again");
        Assert.Equal((0, 0), (again.MeasuredCount, (await _curves.PointsAsync(again, default)).Count));
    }

    private static CurvePoint Point(int place, double? accuracy) =>
        new(Plan.Cells()[place], 1 + place, 3 + place, accuracy, accuracy is null ? 0 : 50, 0.25, accuracy is null ? "Too few." : null);

    private static CurveWrite Write(string id) => new(id, "wdn", new Dictionary<string, string> { ["epochs"] = "3" }, Plan);

    private static Task<ServiceException> RefusedAsync(Task call) => Assert.ThrowsAsync<ServiceException>(() => call);

    private Task<CurveRecord> CreateAsync(string runId, Storage.Requests.RequestIdentity? request = null) =>
        _curves.CreateAsync(_dataset, Write("c"), runId, request, default);

    private async Task<RunLease> ClaimAsync(TimeSpan lease) => (await _runs.TryClaimAsync("trainer", lease, default))!;
}
