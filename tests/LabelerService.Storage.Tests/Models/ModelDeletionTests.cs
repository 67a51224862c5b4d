using LabelerService.Core.Errors;
using LabelerService.Core.Models;
using LabelerService.Storage.Artefacts;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Models;
using LabelerService.Storage.Runs;
using LabelerService.TestKit.Postgres;
using Npgsql;

namespace LabelerService.Storage.Tests.Models;

public sealed class ModelDeletionTests(PostgresFixture database) : IClassFixture<PostgresFixture>
{
    private static readonly PromotionReason Because = new("", "tester");

    private readonly ModelStore _store = database.Get<ModelStore>();
    private readonly ModelSweeper _sweeper = database.Get<ModelSweeper>();
    private readonly ArtefactStore _artefacts = database.Get<ArtefactStore>();
    private readonly PublishedVersions _published = new(database);

    [Fact]
    public async Task A_deleted_version_leaves_what_is_known_of_it_and_no_file()
    {
        var dataset = await _published.DatasetAsync(2);
        var deleted = await _store.DeleteVersionAsync(dataset, "model", 2, "tester", default);
        Assert.Equal((ModelVersionState.Deleted, "tester"), (deleted.State, deleted.DeleteActor));
        Assert.NotNull(deleted.DeleteTime);
        Assert.Equal(7, deleted.Manifest.Seed);
        await Some.FailsAsync(ErrorKind.NotFound, () => _artefacts.ReadAsync(deleted.ArtefactSha256, default));
        var exception = await Some.FailsAsync(ErrorKind.NotFound, "version", () => _store.GetVersionAsync(dataset, "model", 2, default));
        Assert.Equal("VERSION_DELETED", exception.Reason);

        Assert.Equal([1], (await _store.ListVersionsAsync(dataset, "model", null, 10, default)).Select(version => version.Version));
        Assert.Equal([2, 1], (await _store.ListVersionsAsync(dataset, "model", null, 10, default, deleted: true)).Select(version => version.Version));
        Assert.Equal(1, (await _store.GetAsync(dataset, "model", default)).LatestVersion);
        Assert.Equal(deleted.DeleteTime, (await _store.DeleteVersionAsync(dataset, "model", 2, "another", default)).DeleteTime);
        await Some.FailsAsync(ErrorKind.NotFound, "version", () => _store.PromoteAsync(dataset, "model", 2, Because, null, default));
        await Some.FailsAsync(ErrorKind.NotFound, "version", () => _store.SetCanaryAsync(dataset, "model", 2, 0.5, Because, null, default));

        // Its number is not used again.
        Assert.Equal(3, (await _published.PublishAsync(dataset, PublishedVersions.Bytes(dataset, 3))).Version);
    }

    [Fact]
    public async Task What_is_kept_beside_the_graph_comes_and_goes_with_its_version_and_is_shared_by_content()
    {
        var dataset = await _published.DatasetAsync(1);
        byte[] shared = [.. PublishedVersions.Bytes(dataset, 7), 1];
        var second = await _published.PublishAsync(dataset, new ModelFiles(PublishedVersions.Bytes(dataset, 2), [.. PublishedVersions.Bytes(dataset, 2), 1], shared));
        var third = await _published.PublishAsync(dataset, new ModelFiles(PublishedVersions.Bytes(dataset, 3), OutOfFold: shared));
        var read = await _store.GetVersionAsync(dataset, "model", 2, default);

        Assert.Equal((second.WeightsSha256, second.OutOfFoldSha256), (read.WeightsSha256, read.OutOfFoldSha256));
        Assert.Equal(shared, await _artefacts.ReadAsync(read.OutOfFoldSha256!, default));
        Assert.Equal((null, null), ((await _store.GetVersionAsync(dataset, "model", 1, default)).WeightsSha256, (await _store.GetVersionAsync(dataset, "model", 1, default)).OutOfFoldSha256));
        Assert.Equal((null, second.OutOfFoldSha256), (third.WeightsSha256, third.OutOfFoldSha256));

        await _store.DeleteVersionAsync(dataset, "model", 2, "tester", default);
        await Some.FailsAsync(ErrorKind.NotFound, () => _artefacts.ReadAsync(second.WeightsSha256!, default));
        Assert.Equal(shared, await _artefacts.ReadAsync(second.OutOfFoldSha256!, default));

        await _store.DeleteVersionAsync(dataset, "model", 3, "tester", default);
        await Some.FailsAsync(ErrorKind.NotFound, () => _artefacts.ReadAsync(second.OutOfFoldSha256!, default));
    }

    [Fact]
    public async Task What_is_kept_beside_the_graph_survives_sweeps_and_goes_with_the_dataset()
    {
        var (dataset, other) = (await _published.DatasetAsync(1), await _published.DatasetAsync(1));
        byte[] shared = [.. PublishedVersions.Bytes(dataset, 7), 1];
        var version = await _published.PublishAsync(dataset, new ModelFiles(PublishedVersions.Bytes(dataset, 2), OutOfFold: [.. PublishedVersions.Bytes(dataset, 2), 1]));
        var sharing = await _published.PublishAsync(dataset, new ModelFiles(PublishedVersions.Bytes(dataset, 3), OutOfFold: shared));
        await _published.PublishAsync(other, new ModelFiles(PublishedVersions.Bytes(other, 2), OutOfFold: shared));
        await _sweeper.SweepAsync(default);
        Assert.NotEmpty(await _artefacts.ReadAsync(version.OutOfFoldSha256!, default));

        await database.Get<DatasetStore>().DeleteAsync(dataset.Id, null, default);
        await Some.FailsAsync(ErrorKind.NotFound, () => _artefacts.ReadAsync(version.OutOfFoldSha256!, default));
        Assert.Equal(shared, await _artefacts.ReadAsync(sharing.OutOfFoldSha256!, default));
    }

    [Fact]
    public async Task An_encoder_survives_sweeps_while_a_version_has_it_and_goes_with_the_last_one_or_the_dataset()
    {
        var (dataset, other) = (await _published.DatasetAsync(1), await _published.DatasetAsync(1));
        byte[] own = [.. PublishedVersions.Bytes(dataset, 6), 1], shared = [.. PublishedVersions.Bytes(dataset, 7), 1];
        var second = await _published.PublishAsync(dataset, new ModelFiles(PublishedVersions.Bytes(dataset, 2), Encoder: own));
        var third = await _published.PublishAsync(dataset, new ModelFiles(PublishedVersions.Bytes(dataset, 3), Encoder: shared));
        var elsewhere = await _published.PublishAsync(other, new ModelFiles(PublishedVersions.Bytes(other, 2), Encoder: shared));
        Assert.Equal(elsewhere.EncoderSha256, third.EncoderSha256);
        Assert.Equal(second.EncoderSha256, (await _store.GetVersionAsync(dataset, "model", 2, default)).EncoderSha256);
        await _sweeper.SweepAsync(default);
        Assert.Equal(own, await _artefacts.ReadAsync(second.EncoderSha256!, default));

        await _store.DeleteVersionAsync(dataset, "model", 2, "tester", default);
        await Some.FailsAsync(ErrorKind.NotFound, () => _artefacts.ReadAsync(second.EncoderSha256!, default));
        await database.Get<DatasetStore>().DeleteAsync(dataset.Id, null, default);
        Assert.Equal(shared, await _artefacts.ReadAsync(elsewhere.EncoderSha256!, default));
        await database.Get<DatasetStore>().DeleteAsync(other.Id, null, default);
        await Some.FailsAsync(ErrorKind.NotFound, () => _artefacts.ReadAsync(elsewhere.EncoderSha256!, default));
    }

    [Fact]
    public async Task Retention_takes_what_is_kept_beside_the_graph_too()
    {
        var dataset = await _published.DatasetAsync(1);
        var old = await _published.PublishAsync(dataset, new ModelFiles(PublishedVersions.Bytes(dataset, 2), OutOfFold: [.. PublishedVersions.Bytes(dataset, 2), 1]));
        var young = await _published.PublishAsync(dataset, new ModelFiles(PublishedVersions.Bytes(dataset, 3), OutOfFold: [.. PublishedVersions.Bytes(dataset, 3), 1]));
        await KeepAsync(dataset, new ModelRetention(1, TimeSpan.Zero));
        await _sweeper.SweepAsync(default);

        await Some.FailsAsync(ErrorKind.NotFound, () => _artefacts.ReadAsync(old.OutOfFoldSha256!, default));
        Assert.NotEmpty(await _artefacts.ReadAsync(young.OutOfFoldSha256!, default));
    }

    [Fact]
    public async Task A_version_that_is_named_cannot_be_deleted_and_the_error_says_by_whom()
    {
        var dataset = await _published.DatasetAsync(3);
        await _store.SetAliasAsync(dataset, "model", "blue", 1, null, default);
        await _store.SetCanaryAsync(dataset, "model", 2, 0.5, Because, null, default);
        var named = await Some.FailsAsync(ErrorKind.FailedPrecondition, "name", () => _store.DeleteVersionAsync(dataset, "model", 1, "t", default));
        Assert.Equal("VERSION_IN_USE", named.Reason);
        Assert.Contains("'blue'", named.Message);
        Assert.Contains("'champion'", named.Message);
        var canary = await Some.FailsAsync(ErrorKind.FailedPrecondition, "name", () => _store.DeleteVersionAsync(dataset, "model", 2, "t", default));
        Assert.Contains("canary", canary.Message);
        await Some.FailsAsync(ErrorKind.NotFound, "version", () => _store.DeleteVersionAsync(dataset, "model", 4, "t", default));
        await _store.DeleteVersionAsync(dataset, "model", 3, "t", default);
    }

    [Fact]
    public async Task Rolling_back_to_a_deleted_version_is_refused()
    {
        var dataset = await _published.DatasetAsync(2);
        await _store.PromoteAsync(dataset, "model", 2, Because, null, default);
        await _store.DeleteVersionAsync(dataset, "model", 1, "t", default);
        var exception = await Some.FailsAsync(ErrorKind.FailedPrecondition, () => _store.RollbackAsync(dataset, "model", Because, null, default));
        Assert.Equal("PREVIOUS_CHAMPION_DELETED", exception.Reason);
        Assert.Equal(2, (await _store.GetRouteAsync(dataset, "model", default)).Aliases["champion"]);
    }

    [Fact]
    public async Task A_version_is_either_promoted_or_deleted_never_both()
    {
        for (var round = 0; round < 10; round++)
        {
            var dataset = await _published.DatasetAsync(2);
            var outcomes = await Task.WhenAll(
                Task.Run(() => SucceedsAsync(() => _store.PromoteAsync(dataset, "model", 2, Because, null, default))),
                Task.Run(() => SucceedsAsync(() => _store.DeleteVersionAsync(dataset, "model", 2, "t", default))));
            Assert.Single(outcomes, succeeded => succeeded);
            var champion = await _store.GetVersionByAliasAsync(dataset, "model", "champion", default);
            Assert.Equal(ModelVersionState.Ready, champion.State);
            Assert.Equal(PublishedVersions.Bytes(dataset, champion.Version), await _artefacts.ReadAsync(champion.ArtefactSha256, default));
        }
    }

    [Fact]
    public async Task A_deleted_model_is_gone_with_its_aliases_and_comes_back_with_the_next_number()
    {
        var dataset = await _published.DatasetAsync(2);
        await _store.SetAliasAsync(dataset, "model", "blue", 2, null, default);
        await _store.SetCanaryAsync(dataset, "model", 2, 0.5, Because, null, default);
        var etag = (await _store.GetAsync(dataset, "model", default)).Version;
        await Some.FailsAsync(ErrorKind.FailedPrecondition, "force", () => _store.DeleteAsync(dataset, "model", false, null, "t", default));
        await Some.FailsAsync(ErrorKind.Aborted, "etag", () => _store.DeleteAsync(dataset, "model", true, etag + 1, "t", default));
        await _store.DeleteAsync(dataset, "model", true, etag, "t", default);

        Assert.Empty(await _store.ListAsync(dataset, null, 10, default));
        await Some.FailsAsync(ErrorKind.NotFound, "model", () => _store.GetAsync(dataset, "model", default));
        await Some.FailsAsync(ErrorKind.NotFound, "model", () => _store.GetRouteAsync(dataset, "model", default));
        await Some.FailsAsync(ErrorKind.NotFound, "model", () => _store.DeleteAsync(dataset, "model", true, null, "t", default));
        await Some.FailsAsync(ErrorKind.NotFound, "version", () => _store.GetVersionAsync(dataset, "model", 1, default));

        var third = await _published.PublishAsync(dataset, PublishedVersions.Bytes(dataset, 3));
        Assert.Equal((3, (int?)null), (third.Version, third.ChampionVersion));
        var route = await _store.GetRouteAsync(dataset, "model", default);
        Assert.Equal((1, 3, null), (route.Aliases.Count, route.Aliases["champion"], route.CanaryVersion));
        await Some.FailsAsync(ErrorKind.FailedPrecondition, () => _store.RollbackAsync(dataset, "model", Because, null, default));
        Assert.Equal(
            [ModelChangeKind.Published, ModelChangeKind.AliasDeleted, ModelChangeKind.AliasDeleted, ModelChangeKind.CanaryEnded],
            (await _store.ListChangesAsync(dataset, "model", null, 4, default)).Select(change => change.Kind));
    }

    [Fact]
    public async Task Retention_keeps_the_newest_the_named_the_canary_and_the_way_back()
    {
        // 1 and 3 were champion, 4 is; a rollback goes to 3.
        var dataset = await _published.DatasetAsync(9);
        await _store.PromoteAsync(dataset, "model", 3, Because, null, default);
        await _store.PromoteAsync(dataset, "model", 4, Because, null, default);
        await _store.SetAliasAsync(dataset, "model", "blue", 5, null, default);
        await _store.SetCanaryAsync(dataset, "model", 6, 0.5, Because, null, default);
        await _sweeper.SweepAsync(default);
        Assert.Equal(9, (await _store.ListVersionsAsync(dataset, "model", null, 100, default)).Count);

        await KeepAsync(dataset, new ModelRetention(2, TimeSpan.FromDays(1)));
        await _sweeper.SweepAsync(default);
        Assert.Equal(9, (await _store.ListVersionsAsync(dataset, "model", null, 100, default)).Count);

        await AgeAsync(dataset, TimeSpan.FromDays(2));
        Assert.Equal(3, (await _sweeper.SweepAsync(default)).Versions);
        Assert.Equal([9, 8, 6, 5, 4, 3], (await _store.ListVersionsAsync(dataset, "model", null, 100, default)).Select(version => version.Version));
        Assert.Equal("retention", (await _store.GetVersionOrTombstoneAsync(dataset, "model", 7, default)).DeleteActor);
        Assert.Equal(3, (await _store.RollbackAsync(dataset, "model", Because, null, default)).ModelVersion);
    }

    [Fact]
    public async Task Age_alone_and_number_alone_are_retentions_too_and_both_bounds_must_be_left()
    {
        var byNumber = await _published.DatasetAsync(4);
        await KeepAsync(byNumber, new ModelRetention(1, TimeSpan.Zero));
        var byAge = await _published.DatasetAsync(4);
        await KeepAsync(byAge, new ModelRetention(0, TimeSpan.FromDays(1)));
        await AgeAsync(byAge, TimeSpan.FromDays(2), version: 2);
        await AgeAsync(byAge, TimeSpan.FromHours(23), version: 3);
        await _sweeper.SweepAsync(default);
        Assert.Equal([4, 1], (await _store.ListVersionsAsync(byNumber, "model", null, 100, default)).Select(version => version.Version));
        Assert.Equal([4, 3, 1], (await _store.ListVersionsAsync(byAge, "model", null, 100, default)).Select(version => version.Version));
    }

    [Fact]
    public async Task What_a_run_begins_with_is_kept_until_it_ends_and_is_the_parent_of_what_it_gives()
    {
        var dataset = await _published.DatasetAsync(3);
        var runs = database.Get<RunStore>();
        await runs.CreateAsync(dataset, Some.Run("warm") with { WarmStart = new WarmStart("model", 2) }, null, default);
        await KeepAsync(dataset, new ModelRetention(1, TimeSpan.Zero));
        await _sweeper.SweepAsync(default);
        Assert.Equal([3, 2, 1], (await _store.ListVersionsAsync(dataset, "model", null, 100, default)).Select(version => version.Version));

        var lease = await runs.TryClaimAsync("t", TimeSpan.FromMinutes(5), default);
        var published = await runs.PublishAsync(lease!, PublishedVersions.Bytes(dataset, 4), Some.Manifest(), default);
        Assert.Equal(new ModelParent("model", 2), published.Manifest.Parent);
        await _sweeper.SweepAsync(default);
        Assert.Equal([4, 1], (await _store.ListVersionsAsync(dataset, "model", null, 100, default)).Select(version => version.Version));
        Assert.Equal([4, 2], (await _store.GetLineageAsync(dataset, "model", 4, 10, default)).Select(version => version.Version));
    }

    [Fact]
    public async Task What_a_run_of_whatever_dataset_takes_its_backbone_from_is_kept_until_it_ends()
    {
        var (dataset, other) = (await _published.DatasetAsync(4), await _published.DatasetAsync(3));
        var (runs, name) = (database.Get<RunStore>(), $"datasets/{dataset.Id}/models/model/versions/2");
        await runs.CreateAsync(
            other, Some.Run("transfer") with { Settings = new Dictionary<string, string> { ["pretrained"] = name } }, null, default);
        await KeepAsync(dataset, new ModelRetention(1, TimeSpan.Zero));
        await KeepAsync(other, new ModelRetention(1, TimeSpan.Zero));
        await _sweeper.SweepAsync(default);
        Assert.Equal([4, 2, 1], (await _store.ListVersionsAsync(dataset, "model", null, 100, default)).Select(version => version.Version));
        Assert.Equal([3, 1], (await _store.ListVersionsAsync(other, "model", null, 100, default)).Select(version => version.Version));

        await runs.RequestCancelAsync(other, "transfer", default);
        await _sweeper.SweepAsync(default);
        Assert.Equal([4, 1], (await _store.ListVersionsAsync(dataset, "model", null, 100, default)).Select(version => version.Version));
    }

    [Fact]
    public async Task Sweepers_at_once_delete_each_version_once()
    {
        var dataset = await _published.DatasetAsync(8);
        await KeepAsync(dataset, new ModelRetention(2, TimeSpan.Zero));
        var swept = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => _sweeper.SweepAsync(default))));
        var rest = await _sweeper.SweepAsync(default);
        Assert.Equal(5, swept.Sum(result => result.Versions) + rest.Versions);
        Assert.Equal([8, 7, 1], (await _store.ListVersionsAsync(dataset, "model", null, 100, default)).Select(version => version.Version));
    }

    [Fact]
    public async Task A_file_stays_as_long_as_one_version_has_its_bytes()
    {
        var (first, second) = (await _published.DatasetAsync(1), await _published.DatasetAsync(1));
        byte[] shared = [77, 78];
        var one = await _published.PublishAsync(first, shared);
        await _published.PublishAsync(second, shared);
        await _store.DeleteVersionAsync(first, "model", 2, "t", default);
        await _sweeper.SweepAsync(default);
        Assert.Equal(shared, await _artefacts.ReadAsync(one.ArtefactSha256, default));
        await _store.DeleteVersionAsync(second, "model", 2, "t", default);
        await Some.FailsAsync(ErrorKind.NotFound, () => _artefacts.ReadAsync(one.ArtefactSha256, default));
    }

    [Fact]
    public async Task A_publication_of_the_same_bytes_never_loses_its_file_to_a_sweep()
    {
        // The same bytes are published, deleted and swept by several at once: whatever version is ready has its file.
        byte[] shared = [99, 1, 99];
        var dataset = await _published.DatasetAsync(1);
        var runs = database.Get<RunStore>();
        var leases = new List<RunLease>();
        for (var i = 0; i < 24; i++)
        {
            leases.Add(await _published.ClaimAsync(dataset));
        }

        using var published = new CancellationTokenSource();
        var sweeps = Enumerable.Range(0, 2).Select(_ => Task.Run(async () =>
        {
            while (!published.IsCancellationRequested)
            {
                await _sweeper.SweepAsync(default);
            }
        })).ToList();
        await Task.WhenAll(leases.Chunk(6).Select(chunk => Task.Run(async () =>
        {
            foreach (var lease in chunk)
            {
                var version = await runs.PublishAsync(lease, shared, Some.Manifest(), default);
                Assert.Equal(shared, await _artefacts.ReadAsync(version.ArtefactSha256, default));
                await _store.DeleteVersionAsync(dataset, "model", version.Version, "t", default);
            }
        })));
        await published.CancelAsync();
        await Task.WhenAll(sweeps);
        Assert.Equal([1], (await _store.ListVersionsAsync(dataset, "model", null, 100, default)).Select(version => version.Version));
        await _sweeper.SweepAsync(default);
        Assert.Equal(0, await CountAsync("SELECT count(*)::int FROM artefacts WHERE bytes = '\\x630163'"));
    }

    [Fact]
    public async Task A_sweep_leaves_a_file_that_an_open_publication_refers_to()
    {
        byte[] shared = [55, 2, 55];
        var dataset = await _published.DatasetAsync(1);
        var version = await _published.PublishAsync(dataset, shared);
        await using var connection = await database.Get<NpgsqlDataSource>().OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        var hash = Convert.FromHexString(version.ArtefactSha256);

        // As a publication does: the artefact's row is locked first, the version comes later in the same transaction.
        await ExecuteAsync(connection, "UPDATE artefacts SET bytes = bytes WHERE sha256 = $1", hash);
        await _store.DeleteVersionAsync(dataset, "model", 2, "t", default);
        await _sweeper.SweepAsync(default);
        await ExecuteAsync(
            connection,
            """
            INSERT INTO model_versions (dataset_id, model_id, version, artefact_sha256, artefact_length, manifest, run_id, state)
            SELECT dataset_id, model_id, 3, artefact_sha256, artefact_length, manifest, run_id, 1 FROM model_versions WHERE artefact_sha256 = $1 LIMIT 1
            """,
            hash);
        await transaction.CommitAsync();
        await _sweeper.SweepAsync(default);
        Assert.Equal(shared, await _artefacts.ReadAsync(version.ArtefactSha256, default));
    }

    [Fact]
    public async Task Deleting_a_dataset_takes_history_and_tombstones_with_it()
    {
        var dataset = await _published.DatasetAsync(3);
        await _store.PromoteAsync(dataset, "model", 2, Because, null, default);
        await _store.DeleteVersionAsync(dataset, "model", 3, "t", default);
        await database.Get<DatasetStore>().DeleteAsync(dataset.Id, null, default);
        foreach (var table in new[] { "models", "model_versions", "model_aliases", "model_alias_changes" })
        {
            Assert.Equal(0, await CountAsync($"SELECT count(*)::int FROM {table} WHERE dataset_id = {dataset.Key}"));
        }

        await Some.FailsAsync(ErrorKind.NotFound, "dataset", () => _store.PromoteAsync(dataset, "model", 1, Because, null, default));
    }

    [Fact]
    public async Task A_model_changes_only_where_asked_and_with_the_current_etag()
    {
        var dataset = await _published.DatasetAsync(1);
        await _store.UpdateAsync(dataset, "model", new ModelUpdate("name", "text", new ModelRetention(3, TimeSpan.FromHours(1))), null, default);
        var model = await _store.GetAsync(dataset, "model", default);
        await _store.UpdateAsync(dataset, "model", new ModelUpdate(null, "other", null), model.Version, default);
        var changed = await _store.GetAsync(dataset, "model", default);
        Assert.Equal(("name", "other", new ModelRetention(3, TimeSpan.FromHours(1))), (changed.DisplayName, changed.Description, changed.Retention));
        await Some.FailsAsync(
            ErrorKind.Aborted, "etag", () => _store.UpdateAsync(dataset, "model", new ModelUpdate("x", null, null), model.Version, default));
        await Some.FailsAsync(
            ErrorKind.InvalidArgument, "model.display_name",
            () => _store.UpdateAsync(dataset, "model", new ModelUpdate(new string('x', 257), null, null), null, default));
        await Some.FailsAsync(
            ErrorKind.InvalidArgument, "model.description",
            () => _store.UpdateAsync(dataset, "model", new ModelUpdate(null, "a\0b", null), null, default));
        await Some.FailsAsync(
            ErrorKind.InvalidArgument, "model.retention.keep_newest",
            () => _store.UpdateAsync(dataset, "model", new ModelUpdate(null, null, new ModelRetention(-1, TimeSpan.Zero)), null, default));
        await Some.FailsAsync(
            ErrorKind.InvalidArgument, "model.retention.keep_younger",
            () => _store.UpdateAsync(dataset, "model", new ModelUpdate(null, null, new ModelRetention(0, TimeSpan.FromSeconds(-1))), null, default));
    }

    [Fact]
    public async Task Lineage_leads_through_warm_starts_over_deleted_versions_and_other_models()
    {
        var dataset = await _published.DatasetAsync(1);
        await _published.PublishAsync(dataset, [1, 1], Some.Manifest() with { Parent = new ModelParent("model", 1) });
        await _published.PublishAsync(dataset, [1, 2], Some.Manifest() with { Parent = new ModelParent("model", 2) }, model: "second");
        await _store.DeleteVersionAsync(dataset, "model", 2, "t", default);

        var line = await _store.GetLineageAsync(dataset, "second", 1, 10, default);
        Assert.Equal([("second", 1), ("model", 2), ("model", 1)], line.Select(version => (version.ModelId, version.Version)));
        Assert.Equal(ModelVersionState.Deleted, line[1].State);
        Assert.Equal(1, line[1].ChampionVersion);
        Assert.Equal(2, (await _store.GetLineageAsync(dataset, "second", 1, 2, default)).Count);
        await Some.FailsAsync(ErrorKind.NotFound, "version", () => _store.GetLineageAsync(dataset, "second", 2, 10, default));
    }

    private static async Task<bool> SucceedsAsync(Func<Task> change)
    {
        try
        {
            await change();
            return true;
        }
        catch (ServiceException)
        {
            return false;
        }
    }

    private Task KeepAsync(DatasetRecord dataset, ModelRetention retention) =>
        _store.UpdateAsync(dataset, "model", new ModelUpdate(null, null, retention), null, default);

    private async Task AgeAsync(DatasetRecord dataset, TimeSpan age, int? version = null)
    {
        await using var connection = await database.Get<NpgsqlDataSource>().OpenConnectionAsync();
        await ExecuteAsync(
            connection, "UPDATE model_versions SET create_time = now() - $1 WHERE dataset_id = $2 AND ($3 = 0 OR version = $3)", age, dataset.Key, version ?? 0);
    }

    private async Task<int> CountAsync(string query)
    {
        await using var command = database.Get<NpgsqlDataSource>().CreateCommand(query);
        return (int)(await command.ExecuteScalarAsync())!;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string statement, params object[] values)
    {
        await using var command = new NpgsqlCommand(statement, connection);
        command.Parameters.AddRange(values.Select(value => new NpgsqlParameter { Value = value }).ToArray());
        await command.ExecuteNonQueryAsync();
    }
}
