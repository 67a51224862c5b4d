using LabelerService.Storage.Datasets;
using LabelerService.Storage.Runs;
using LabelerService.TestKit.Postgres;
using Npgsql;

namespace LabelerService.Storage.Tests.Runs;

/// <summary>Places in the queue and guesses of times. The queue spans all datasets, so each test takes a database of its own.</summary>
public sealed class RunForecastTests(RunQueueTests.Databases databases) : IClassFixture<RunQueueTests.Databases>, IAsyncLifetime
{
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Dead = TimeSpan.FromSeconds(-1);

    private PostgresFixture _database = null!;
    private RunStore _store = null!;
    private DatasetRecord _dataset = null!;

    public async Task InitializeAsync()
    {
        _database = await databases.NextAsync();
        _store = _database.Get<RunStore>();
        _dataset = await Some.DatasetAsync(_database);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Positions_over_all_datasets_are_the_order_in_which_runs_are_claimed()
    {
        var other = await Some.DatasetAsync(_database);
        List<RunRecord> runs = [];
        foreach (var (dataset, id, priority) in ((DatasetRecord, string, int)[])
            [(_dataset, "a", 0), (other, "b", 5), (_dataset, "c", -3), (other, "d", 0), (_dataset, "e", 5)])
        {
            runs.Add(await _store.CreateAsync(dataset, Some.Run(id, priority), null, default));
        }

        // One whose trainer died waits in its old place; one that runs has none.
        var dead = await _store.CreateAsync(_dataset, Some.Run("dead", 9), null, default);
        Assert.Equal("dead", (await _store.TryClaimAsync("dead", Dead, default))!.Run.RunId);
        runs.Add(await _store.GetAsync(_dataset, dead.RunId, default));
        var positions = (await _store.ForecastAsync(runs, default)).Select(forecast => forecast!.Position!.Value).ToArray();

        List<string> claimed = [];
        while (await _store.TryClaimAsync("t", Lease, default) is { } lease)
        {
            claimed.Add(lease.Run.RunId);
            Assert.Null((await _store.ForecastAsync([lease.Run], default))[0]!.Position);
        }

        Assert.Equal(claimed, runs.Zip(positions).OrderBy(pair => pair.Second).Select(pair => pair.First.RunId));
        Assert.Equal([1, 2, 3, 4, 5, 6], positions.Order());
    }

    [Fact]
    public async Task Without_a_living_trainer_there_are_places_but_no_times()
    {
        await EndedAsync(_dataset, "wdn", 60);
        var run = await _store.CreateAsync(_dataset, Some.Run("run"), null, default);
        await BeatAsync("gone", 4, TimeSpan.FromSeconds(-1));
        Assert.Equal(new RunForecast(1, null, null), (await _store.ForecastAsync([run], default))[0]);
    }

    [Fact]
    public async Task Times_come_from_progress_from_the_median_of_past_runs_and_from_the_living_slots()
    {
        await BeatAsync("one", 1, Lease);
        await BeatAsync("two", 1, Lease);
        foreach (var seconds in (int[])[100_000, 50, 60, 70, 40, 90])
        {
            // The oldest one no longer counts.
            await EndedAsync(_dataset, "wdn", seconds);
        }

        List<RunRecord> runs = [];
        foreach (var id in (string[])["r1", "r2", "r3", "r4"])
        {
            runs.Add(await _store.CreateAsync(_dataset, Some.Run(id), null, default));
        }

        // The first has 10 seconds left by its progress, the second has reported nothing and takes the usual 60.
        var before = DateTimeOffset.UtcNow;
        var first = (await _store.TryClaimAsync("one", Lease, default))!;
        await _store.AppendProgressAsync(first, new RunProgress("heads", 1, 10, EtaSeconds: 10), default);
        await _store.TryClaimAsync("two", Lease, default);
        runs = [.. (await _store.ListAsync(_dataset, null, null, 4, default)).Reverse()];
        var forecast = await _store.ForecastAsync(runs, default);
        var after = DateTimeOffset.UtcNow;

        AssertWithin(10, forecast[0]!.End, before, after);
        AssertWithin(60, forecast[1]!.End, before, after);
        Assert.Equal((1, 2), (forecast[2]!.Position, forecast[3]!.Position));
        AssertWithin(10, forecast[2]!.Start, before, after);
        AssertWithin(70, forecast[2]!.End, before, after);
        AssertWithin(60, forecast[3]!.Start, before, after);
        AssertWithin(120, forecast[3]!.End, before, after);
    }

    [Fact]
    public async Task An_algorithm_new_to_a_dataset_is_guessed_from_others_by_annotations_and_an_unknown_one_not_at_all()
    {
        await BeatAsync("one", 2, Lease);
        var other = await Some.DatasetAsync(_database);

        // 30 seconds for the manifest's three annotations: 10 each.
        await EndedAsync(other, "wdn", 30);
        await ExecuteAsync($"INSERT INTO dataset_usage VALUES ({_dataset.Key}, 0, 0, 7, 0, 0, 7)");
        var known = await _store.CreateAsync(_dataset, Some.Run("known"), null, default);
        var unknown = await _store.CreateAsync(_dataset, Some.Run("unknown") with { Algorithm = "dn" }, null, default);
        var before = DateTimeOffset.UtcNow;
        var forecast = await _store.ForecastAsync([known, unknown], default);
        var after = DateTimeOffset.UtcNow;

        AssertWithin(70, forecast[0]!.End, before, after);
        AssertWithin(0, forecast[1]!.Start, before, after);
        Assert.Null(forecast[1]!.End);
    }

    [Fact]
    public async Task Trainers_are_listed_with_what_they_do_and_one_that_leaves_is_gone()
    {
        var trainers = _database.Get<TrainerStore>();
        var one = await BeatAsync("one", 2, Lease);
        await BeatAsync("lost", 1, Dead);
        await _store.CreateAsync(_dataset, Some.Run("run"), null, default);
        await _store.TryClaimAsync("one", Lease, default);

        var listed = await trainers.ListAsync(null, 10, default);
        Assert.Equal([("one", 2, 1, true), ("lost", 1, 0, false)], listed.Select(t => (t.Name, t.Slots, t.Busy, t.Alive)));
        Assert.Equal(["lost"], (await trainers.ListAsync((listed[0].StartTime, listed[0].Id), 10, default)).Select(t => t.Name));

        await trainers.LeaveAsync(one, default);
        await ExecuteAsync("UPDATE trainers SET last_seen = now() - interval '2 days'");
        await BeatAsync("new", 1, Lease);
        Assert.Equal(["new"], (await trainers.ListAsync(null, 10, default)).Select(t => t.Name));
    }

    /// <summary>How long it takes with 10,000 runs in the queue; to be read, with <c>LABELER_QUEUE_RUNS=10000</c>.</summary>
    [Fact]
    public async Task A_long_queue_is_forecast_in_one_statement()
    {
        var count = int.Parse(Environment.GetEnvironmentVariable("LABELER_QUEUE_RUNS") ?? "2000", System.Globalization.CultureInfo.InvariantCulture);
        await BeatAsync("one", 3, Lease);
        await EndedAsync(_dataset, "wdn", 60);
        await ExecuteAsync(
            $"""
            INSERT INTO training_runs (dataset_id, run_id, uid, algorithm, model_id, seed, requested_settings, state, priority, attempt,
                cancel_requested, fencing_token, last_sequence, create_time)
            SELECT {_dataset.Key}, 'q' || i, gen_random_uuid(), 'wdn', 'm', 1, jsonb_build_object(), 1, 0, 0, false, 0, 1, now() + i * interval '1 microsecond'
            FROM generate_series(1, {count}) i
            """);
        await ExecuteAsync("ANALYZE training_runs");
        var last = await _store.GetAsync(_dataset, $"q{count}", default);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        var forecast = (await _store.ForecastAsync([last], default))[0]!;
        Console.WriteLine($"forecast of run {count}: {watch.Elapsed.TotalMilliseconds:F1} ms, again: {await AgainAsync():F1} ms");
        Assert.Equal(count, forecast.Position);
        Assert.Equal(60, (forecast.End!.Value - forecast.Start!.Value).TotalSeconds, 1e-3);

        async Task<double> AgainAsync()
        {
            watch.Restart();
            await _store.ForecastAsync([last], default);
            return watch.Elapsed.TotalMilliseconds;
        }
    }

    // The guess is some seconds ahead of now; the machine may be slow in between.
    // So long after a moment between these two, by a clock that may be read to the microsecond.
    private static void AssertWithin(double seconds, DateTimeOffset? time, DateTimeOffset before, DateTimeOffset after) =>
        Assert.InRange(time!.Value.AddSeconds(-seconds), before.AddMilliseconds(-1), after.AddMilliseconds(1));

    private async Task<Guid> BeatAsync(string name, int slots, TimeSpan lifetime)
    {
        var id = Guid.NewGuid();
        await _database.Get<TrainerStore>().BeatAsync(new TrainerSign(id, name, slots, "1"), lifetime, default);
        return id;
    }

    // A successful run that took so long. The model's manifest speaks of three annotations.
    private async Task EndedAsync(DatasetRecord dataset, string algorithm, int seconds)
    {
        var id = $"ended-{Guid.NewGuid():N}";
        await _store.CreateAsync(dataset, Some.Run(id, 100) with { Algorithm = algorithm }, null, default);
        var lease = (await _store.TryClaimAsync("past", Lease, default))!;
        await _store.PublishAsync(lease, [1, 2, 3], Some.Manifest(), default);
        await ExecuteAsync($"UPDATE training_runs SET start_time = end_time - interval '{seconds} seconds' WHERE run_id = '{id}'");
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(_database.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
