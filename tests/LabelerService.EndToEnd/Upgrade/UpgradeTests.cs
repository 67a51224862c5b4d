using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Faults;
using LabelerService.EndToEnd.Harness;
using LabelerService.EndToEnd.Training;
using LabelerService.TestKit.Postgres;
using LabelerService.TestKit.Suites;
using Npgsql;

namespace LabelerService.EndToEnd.Upgrade;

/// <summary>
/// The version that was released last and this one on one database: what docs/operations.md says of upgrades.
/// <c>./labeler test upgrade</c> builds the former and runs these.
/// </summary>
[Trait("Suite", "upgrade")]
public sealed class UpgradeTests
{
    private const int ItemCount = 5_000;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly string[] Reading = ["reads", "predictions", "probes"];

    [Fact]
    public async Task The_old_version_serves_every_call_while_the_new_one_migrates_its_database_and_works_beside_it()
    {
        var database = await PostgresFixture.CreateDatabaseAsync(migrated: false);
        await using var old = await PreviousVersion.StartAsync(database, trainers: 1);
        var schema = await MigrationsAsync(database);
        var crowd = await SimulatedDataset.CreateAsync(old);
        var model = (await Runs.TrainAsync(old, crowd.Dataset, "dn", seed: 1, ("epochs", "5"))).ModelVersion;
        var expected = await PredictAsync(old, crowd, model);
        var dataset = await old.CreateDatasetAsync();
        await old.CreateItemsAsync(dataset, ItemCount);
        TortureClient[] first = [.. Enumerable.Range(0, 6).Select(i => new TortureClient(dataset, $"old{i}", (TortureWay)(i % 3), ItemCount, LongForm.Seed + i))];
        TortureClient[] second = [.. Enumerable.Range(0, 3).Select(i => new TortureClient(dataset, $"new{i}", (TortureWay)(i % 3), ItemCount, LongForm.Seed + 100 + i))];

        await using var load = ServerLoad.Start(old, crowd, model, expected, first, trains: true);
        await load.GoOnAsync(LongForm.Of(20, 100), Reading);
        await load.GoOnAsync(1, "runs");
        await using var now = await RunningService.StartAsync("--postgres", database, "--trainers", "0");
        Assert.True(await MigrationsAsync(database) > schema, "there was nothing to migrate");
        var migrated = load.Answered;

        // Side by side: the old server and its trainer go on, and the new server answers the same.
        await using (var beside = ServerLoad.Start(now, crowd, model, expected, second, trains: true))
        {
            await beside.GoOnAsync(LongForm.Of(50, 1_000), Reading);
            await load.GoOnAsync(LongForm.Of(50, 1_000), Reading);
            await load.GoOnAsync(LongForm.Of(1, 5), "runs");
            await beside.GoOnAsync(LongForm.Of(1, 5), "runs");
            await beside.StopAsync();
            Assert.Empty(beside.Failures);
            Report("beside it, the new server", beside);
        }

        await load.StopAsync();
        Assert.Empty(load.Failures);
        Report("the old server, before, during and after the migration", load, ("before it was done", migrated));
        await CheckAsync(database, dataset, [.. first, .. second], "side by side");

        // The old server goes while clients are at work with it; what it acknowledged the new one has.
        using var never = new CancellationTokenSource();
        var acknowledged = first.Sum(client => client.Acknowledged);
        var running = first.Select(client => client.RunAsync(old.Channel.CreateCallInvoker(), never.Token)).ToArray();
        while (first.Sum(client => client.Acknowledged) < acknowledged + 50)
        {
            await Task.Delay(10, CancellationToken.None);
        }

        Assert.Equal(0, await old.StopAsync());
        await Task.WhenAll(running).WaitAsync(Patience);
        await CheckAsync(database, dataset, [.. first, .. second], "after the old server's end");
        using var stopped = new CancellationTokenSource();
        await stopped.CancelAsync();
        foreach (var client in first.Concat(second))
        {
            await client.RunAsync(now.Channel.CreateCallInvoker(), stopped.Token);
            Assert.True(client.IsDone, $"Something is left that cannot be sent: {client.LastBreak}");
        }

        await CheckAsync(database, dataset, [.. first, .. second], "the end");
        await CountersAreRightAsync(database);
        SuiteReport.Add(
            "upgrade", "annotations acknowledged through all of it", ("messages", first.Concat(second).Sum(client => client.Acknowledged)),
            ("rows", first.Concat(second).Sum(client => client.AcknowledgedRows)), ("lost", 0), ("doubled", 0));

        // And back: the old version works on the newer schema, with what the new one has written.
        await old.StartAgainAsync();

        // After attempts that failed a channel refuses calls for a while by itself.
        await old.Channel.ConnectAsync();
        await CheckAsync(database, dataset, [.. first, .. second], "back at the old version");
        Assert.Equal((await now.CountAsync(dataset)).Annotations, (await old.CountAsync(dataset)).Annotations);
        Assert.Equal(expected, await PredictAsync(old, crowd, model), (a, b) => Math.Abs(a - b) < 1e-6);
        var made = await Runs.TrainAsync(old, crowd.Dataset, "bn", seed: 99, ("epochs", "2"));
        Assert.Equal(await PredictAsync(now, crowd, made.ModelVersion), await PredictAsync(old, crowd, made.ModelVersion), (a, b) => Math.Abs(a - b) < 1e-6);
    }

    [Fact]
    public async Task What_only_the_new_version_knows_is_safe_from_the_old_one()
    {
        var database = await PostgresFixture.CreateDatabaseAsync(migrated: false);
        await using var old = await PreviousVersion.StartAsync(database, trainers: 1);
        await using var now = await RunningService.StartAsync("--postgres", database, "--trainers", "0");
        var crowd = await SimulatedDataset.CreateAsync(now);

        // An old trainer leaves a curve and a pretraining in the queue: it would train something else, or fail them. What it can do it does.
        var curve = await new CurveService.CurveServiceClient(now.Channel).CreateCurveAsync(new CreateCurveRequest
        {
            Parent = crowd.Dataset,
            CurveId = "c",
            Curve = new Curve { Algorithm = "bn", ItemFractions = { 0.5, 1 }, SeedCount = 1, Settings = { ["epochs"] = "1" } },
        });
        var pretraining = await Runs.StartAsync(
            now, crowd.Dataset, "bingo", seed: 1, settings: [("epochs", "1"), ("restarts", "1"), ("hidden", "8")]);
        for (var seed = 1; seed <= 2; seed++)
        {
            var known = await Runs.StartAsync(now, crowd.Dataset, "bn", seed, priority: 1, ("epochs", "2"));
            var trained = await Runs.SucceededAsync(now, known.Name);
            Assert.Equal(await PredictAsync(old, crowd, trained.ModelVersion), await PredictAsync(now, crowd, trained.ModelVersion), (a, b) => Math.Abs(a - b) < 1e-6);
        }

        foreach (var name in (string[])[curve.TrainingRun, pretraining.Name])
        {
            var waiting = await old.Training.GetTrainingRunAsync(new GetTrainingRunRequest { Name = name });
            Assert.Equal((TrainingRun.Types.State.Queued, 0), (waiting.State, waiting.Attempt));
        }

        await using (await RunningService.StartAsync("--postgres", database, "--trainers", "1"))
        {
            await Runs.SucceededAsync(now, curve.TrainingRun);
            await Runs.SucceededAsync(now, pretraining.Name);
        }

        // The old server sweeps as soon as it starts, and removes what nobody refers to; a backbone's file is referred to.
        await ExecuteAsync(database, "INSERT INTO artefacts (sha256, bytes, length) VALUES (sha256('nobody''s'), 'nobody''s', 8)");
        await old.StopAsync();
        await old.StartAgainAsync();
        await UntilAsync(async () => await ScalarAsync(database, "SELECT count(*) FROM artefacts WHERE sha256 = sha256('nobody''s')") == 0);
        Assert.Equal(1, await ScalarAsync(database, "SELECT count(*) FROM backbones b JOIN artefacts a ON a.sha256 = b.artefact_sha256"));
        var backbone = $"{crowd.Dataset}/backbones/bingo";
        await using (await RunningService.StartAsync("--postgres", database, "--trainers", "1"))
        {
            await Runs.TrainAsync(now, crowd.Dataset, "bn", seed: 3, ("epochs", "2"), ("hidden", "8"), ("pretrained", backbone));
        }

        // A dataset that the old server deletes is gone from tables that it does not know.
        await old.Datasets.DeleteDatasetAsync(new DeleteDatasetRequest { Name = crowd.Dataset });
        foreach (var table in (string[])["backbones", "curves", "curve_points", "training_runs", "model_versions"])
        {
            Assert.Equal(0, await ScalarAsync(database, $"SELECT count(*) FROM {table}"));
        }

        SuiteReport.Add("upgrade", "runs and files that the old version does not know", ("kept from it", 3), ("lost", 0));
    }

    private static async Task CheckAsync(string database, string dataset, IEnumerable<TortureClient> clients, string when)
    {
        await using var source = NpgsqlDataSource.Create(database);
        var stored = await StoredState.ReadAsync(source, dataset);
        var findings = clients.SelectMany(client => client.Check(stored)).Select(finding => $"{finding}").ToArray();
        Assert.True(findings.Length == 0, $"{when}: {findings.Length} findings: {string.Join("\n", findings.Take(10))}");
    }

    private static async Task<float[]> PredictAsync(RunningService service, SimulatedDataset crowd, string model) =>
        [.. (await service.Predictions.PredictAsync(
            new PredictRequest { Dataset = crowd.Dataset, Model = new ModelSelector { Model = model }, ItemId = crowd.TestItem })).Prediction.Probabilities];

    private static void Report(string what, ServerLoad load, params (string Name, object Value)[] more) => SuiteReport.Add(
        "upgrade", what,
        [
            ("calls", load.Answered), ("failed", load.Failures.Count), ("reads", load.Count("reads")), ("predictions", load.Count("predictions")),
            ("probes", load.Count("probes")), ("runs", load.Count("runs")), ("slowest ms", Math.Round(load.SlowestMs)), .. more,
        ]);

    // Counters against what they count.
    private static async Task CountersAreRightAsync(string database) => Assert.Equal(
        0,
        await ScalarAsync(
            database,
            """
            SELECT count(*) FROM datasets d,
            LATERAL (SELECT coalesce(sum(u.items), 0) AS items, coalesce(sum(u.annotations), 0) AS annotations, coalesce(sum(u.labelers), 0) AS labelers,
                            coalesce(sum(u.bytes), 0) AS bytes
                     FROM dataset_usage u WHERE u.dataset_id = d.dataset_id) c
            WHERE c.items <> (SELECT count(*) FROM items i WHERE i.dataset_id = d.dataset_id)
               OR c.annotations <> (SELECT count(a.class_index) FROM annotations a WHERE a.dataset_id = d.dataset_id)
               OR c.labelers <> (SELECT count(*) FROM labelers l WHERE l.dataset_id = d.dataset_id)
               OR c.bytes <> (SELECT coalesce(sum(i.bytes), 0) FROM items i WHERE i.dataset_id = d.dataset_id)
            """));

    private static Task<long> MigrationsAsync(string database) => ScalarAsync(database, "SELECT count(*) FROM \"__EFMigrationsHistory\"");

    private static async Task<long> ScalarAsync(string database, string sql)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private static async Task ExecuteAsync(string database, string sql)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (!await condition())
        {
            await Task.Delay(50, limit.Token);
        }
    }
}
