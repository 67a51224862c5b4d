using LabelerService.Core.Access;
using LabelerService.Core.Errors;
using LabelerService.Core.Models;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Ingest;
using LabelerService.Storage.Labelers;
using LabelerService.Storage.LabelStudio;
using LabelerService.Storage.Models;
using LabelerService.Storage.Runs;
using LabelerService.Storage.Security;
using LabelerService.Storage.Tests.Models;
using LabelerService.Storage.Tests.Runs;
using LabelerService.TestKit.Postgres;
using Npgsql;

namespace LabelerService.Storage.Tests.Labelers;

/// <summary>Labelers who are taken out of all tables. Runs are looked at, too, so each test takes a database of its own.</summary>
public sealed class LabelerEraserTests(RunQueueTests.Databases databases) : IClassFixture<RunQueueTests.Databases>, IAsyncLifetime
{
    private const string Anna = "anna.o'neill+§@example.org";
    private static readonly string[] Said = ["i0", "i1", "i2"];

    private PostgresFixture _database = null!;
    private DatasetRecord _dataset = null!;
    private long _key;

    private LabelerEraser Eraser => _database.Get<LabelerEraser>();

    public async Task InitializeAsync()
    {
        _database = await databases.NextAsync();
        _dataset = await Some.DatasetAsync(_database, items: 4, labelers: 2);
        await _database.Get<LabelerStore>().RegisterAsync(
            _dataset, [new LabelerWrite(Anna, $"Name of {Anna}", new Dictionary<string, string> { ["mail"] = Anna })], null, default);
        _key = (await _database.Get<LabelerStore>().GetAsync(_dataset, Anna, default)).Key;
        var annotations = _database.Get<AnnotationStore>();
        for (var round = 0; round < 2; round++)
        {
            await annotations.WriteAsync(
                _dataset, [.. Said.Select(item => new AnnotationWrite(item, Anna, round)), Some.Annotation(0, 0, round), Some.Annotation(3, 1, round)],
                UnknownLabelers.Reject, Some.Request(Anna), default);
        }

        await _database.Get<StudioAnnotationStore>().TakeAsync(
            _dataset, "studio", [new StudioAnnotation(7, "i0", Anna, 1, 900, DateTimeOffset.UnixEpoch)], null, default);
        var keys = _database.Get<ApiKeyStore>();
        await keys.CreateAsync(new ApiKeyWrite("annas", new byte[32], Role.Labeler, [_dataset.Id], Anna, Anna), default);
        await keys.CreateAsync(new ApiKeyWrite("elsewhere", new byte[32], Role.Labeler, ["another-dataset"], "l0"), default);
        await keys.CreateAsync(new ApiKeyWrite("reader", new byte[32], Role.Reader), default);
        await ExecuteAsync(
            $"""
            INSERT INTO retraining_policies (dataset_id, policy_id, uid, spec, baseline_changes, runs, last_trigger_reason, check_time, drift_token, drift_looks,
                drift_changes, drift_finding, create_time, update_time, version)
            VALUES ({_dataset.Key}, 'p', gen_random_uuid(), '{Braces}', 0, 0, 'labeler ' || $1 || ' names the champion''s class', now(), 0, 0, 0,
                jsonb_build_object('Text', 'labeler ' || $1 || ' names it; labeler ' || $1 || '2 names it'), now(), now(), 1)
            """);
    }

    private const string Braces = "{}";

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData(ErasureMode.Pseudonymise)]
    [InlineData(ErasureMode.Delete)]
    public async Task No_table_knows_the_labeler_afterwards(ErasureMode mode)
    {
        var named = await PublishAsync(Anna);
        var unnamed = await PublishAsync("l0");
        Assert.Equal(
            ["api_keys.display_name", "api_keys.labeler_id", "labelers.display_name", "labelers.external_id", "labelers.tags", "model_versions.manifest",
             "retraining_policies.drift_finding", "retraining_policies.last_trigger_reason", "studio_annotations.labeler_id"],
            await MentionsAsync());

        var preview = await Eraser.EraseAsync(_dataset, _key, mode, validateOnly: true, default);
        Assert.Equal((6L, "", (DateTimeOffset?)null), (preview.Annotations + preview.Revisions, preview.Pseudonym, preview.EraseTime));
        Assert.Equal(9, (await MentionsAsync()).Count);
        var erased = await Eraser.EraseAsync(_dataset, _key, mode, validateOnly: false, default);

        // The other labeler whose id begins with hers keeps it.
        Assert.Equal(["retraining_policies.drift_finding"], await MentionsAsync());
        Assert.Equal(
            $"labeler {erased.Pseudonym} names it; labeler {Anna}2 names it",
            await ScalarAsync<string>("SELECT drift_finding ->> 'Text' FROM retraining_policies"));
        Assert.NotNull(erased.EraseTime);
        Assert.Equal(["annas"], erased.RevokedKeys);
        Assert.Equal(["elsewhere", "reader"], (await _database.Get<ApiKeyStore>().ListAsync(0, 9, default)).Select(key => key.Id));
        var models = _database.Get<ModelStore>();
        var version = await models.GetVersionAsync(_dataset, named.ModelId, named.Version, default);
        Assert.Equal([erased.Pseudonym, null], version.Manifest.Heads.Select(head => head.LabelerId));
        Assert.Equal((mode, erased.EraseTime), (version.ErasedData, version.EraseTime));

        // That a manifest has no head for her does not say that nothing was learnt from her.
        var other = await models.GetVersionAsync(_dataset, unnamed.ModelId, unnamed.Version, default);
        Assert.Equal(mode == ErasureMode.Delete ? mode : null, other.ErasedData);
        Assert.Equal(
            mode == ErasureMode.Delete ? [named.Version, unnamed.Version] : [named.Version], erased.Versions.Select(entry => entry.Version));
        await Usage.AgreesAsync(_database, _dataset);
    }

    [Fact]
    public async Task Pseudonymised_annotations_stay_and_the_id_is_free_for_somebody_else()
    {
        var erased = await Eraser.EraseAsync(_dataset, _key, ErasureMode.Pseudonymise, validateOnly: false, default);
        var annotations = _database.Get<AnnotationStore>();
        Assert.Equal(3, (await _database.Get<LabelerStore>().GetAsync(_dataset, erased.Pseudonym, default)).AnnotationCount);
        Assert.Equal(2, (await annotations.HistoryAsync(_dataset, "i1", erased.Pseudonym, default)).Count);

        // This process has just resolved the id; it must not lead to the old labeler any more.
        await annotations.WriteAsync(_dataset, [new AnnotationWrite("i3", Anna, 0)], UnknownLabelers.Register, null, default);
        Assert.NotEqual(_key, (await _database.Get<LabelerStore>().GetAsync(_dataset, Anna, default)).Key);
        Assert.Equal(3, (await _database.Get<LabelerStore>().GetAsync(_dataset, erased.Pseudonym, default)).AnnotationCount);
    }

    [Fact]
    public async Task Deleting_takes_annotations_and_history_of_this_labeler_only()
    {
        var erased = await Eraser.EraseAsync(_dataset, _key, ErasureMode.Delete, validateOnly: false, default);
        Assert.Equal((3L, 3L, 1L), (erased.Annotations, erased.Revisions, erased.StudioAnnotations));
        Assert.Equal(2L, await ScalarAsync<long>("SELECT count(*) FROM annotations"));
        Assert.Equal(2L, await ScalarAsync<long>("SELECT count(*) FROM annotation_history"));
        Assert.Equal(0L, await ScalarAsync<long>("SELECT count(*) FROM studio_annotations"));
        Assert.Equal(["l0", "l1"], (await _database.Get<LabelerStore>().ListAsync(_dataset, 0, 9, default)).Select(labeler => labeler.LabelerId));
    }

    [Fact]
    public async Task Repeated_it_gives_the_first_answer_and_who_has_a_pseudonym_can_still_be_deleted()
    {
        var first = await Eraser.EraseAsync(_dataset, _key, ErasureMode.Pseudonymise, validateOnly: false, default);
        Assert.Equivalent(first, await Eraser.EraseAsync(_dataset, _key, ErasureMode.Pseudonymise, validateOnly: false, default), strict: true);
        var deleted = await Eraser.EraseAsync(_dataset, _key, ErasureMode.Delete, validateOnly: false, default);
        Assert.Equal((ErasureMode.Delete, 3L), (deleted.Mode, deleted.Annotations));
        foreach (var mode in Enum.GetValues<ErasureMode>())
        {
            Assert.Equivalent(deleted, await Eraser.EraseAsync(_dataset, _key, mode, validateOnly: false, default), strict: true);
        }

        await Some.FailsAsync(ErrorKind.NotFound, "name", () => Eraser.EraseAsync(_dataset, _key + 1_000, ErasureMode.Delete, false, default));
    }

    [Fact]
    public async Task A_run_under_way_cannot_publish_what_was_erased_and_begins_anew()
    {
        var runs = _database.Get<RunStore>();
        var lease = await new PublishedVersions(_database).ClaimAsync(_dataset);
        await runs.PinSnapshotAsync(lease, new SnapshotPin("before", [1]), default);
        var erased = await Eraser.EraseAsync(_dataset, _key, ErasureMode.Delete, validateOnly: false, default);
        Assert.Equal(1, erased.RestartedRuns);

        var stale = await Some.FailsAsync(ErrorKind.Aborted, () => runs.PublishAsync(lease, [1], Some.Manifest(), default));
        Assert.Equal("STALE_LEASE", stale.Reason);
        Assert.False((await runs.HeartbeatAsync(lease, TimeSpan.FromMinutes(5), default)).StillOwner);
        var again = await runs.TryClaimAsync("t", TimeSpan.FromMinutes(5), default);
        Assert.Equal(lease.Run.RunId, again!.Run.RunId);
        Assert.Null(await runs.ReadCheckpointAsync(again, default));
        var version = await runs.PublishAsync(again, [1], Some.Manifest(), default);
        Assert.Null((await _database.Get<ModelStore>().GetVersionAsync(_dataset, version.ModelId, version.Version, default)).ErasedData);
    }

    [Fact]
    public async Task A_version_that_begins_with_flagged_weights_is_flagged_too()
    {
        var parent = await PublishAsync("l0");
        await Eraser.EraseAsync(_dataset, _key, ErasureMode.Delete, validateOnly: false, default);
        var origin = new ModelOrigin($"datasets/{_dataset.Id}/models/{parent.ModelId}/versions/{parent.Version}", "00", 1);
        var child = await new PublishedVersions(_database).PublishAsync(_dataset, [8], Some.Manifest() with { Origin = origin });
        var fresh = await new PublishedVersions(_database).PublishAsync(_dataset, [9]);
        var models = _database.Get<ModelStore>();
        Assert.Equal(ErasureMode.Delete, (await models.GetVersionAsync(_dataset, child.ModelId, child.Version, default)).ErasedData);
        Assert.Null((await models.GetVersionAsync(_dataset, fresh.ModelId, fresh.Version, default)).ErasedData);
    }

    [Fact]
    public async Task A_dataset_that_is_deleted_takes_its_erasures_along()
    {
        await Eraser.EraseAsync(_dataset, _key, ErasureMode.Delete, validateOnly: false, default);
        await _database.Get<DatasetStore>().DeleteAsync(_dataset.Id, null, default);
        Assert.Equal(0L, await ScalarAsync<long>("SELECT count(*) FROM labeler_erasures"));
    }

    private async Task<ModelVersionRecord> PublishAsync(string labelerId) => await new PublishedVersions(_database).PublishAsync(
        _dataset, [.. Guid.NewGuid().ToByteArray()],
        Some.Manifest() with { Heads = [new ModelHead(labelerId, 3, 0.5, 0.9), new ModelHead(null, 0, 0.5, 0.25)] });

    /// <summary>The columns of all tables that hold the id in a text, a list of texts or a JSON document.</summary>
    private async Task<List<string>> MentionsAsync()
    {
        var columns = new List<(string Table, string Column)>();
        await using (var command = _database.Get<NpgsqlDataSource>().CreateCommand(
            """
            SELECT table_name::text, column_name::text FROM information_schema.columns
            WHERE table_schema = current_schema() AND data_type IN ('text', 'character varying', 'ARRAY', 'jsonb', 'json') ORDER BY 1, 2
            """))
        {
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync())
            {
                columns.Add((reader.GetString(0), reader.GetString(1)));
            }
        }

        Assert.True(columns.Count > 50, "The scan looks at every table.");
        var found = new List<string>();
        foreach (var (table, column) in columns)
        {
            if (await ScalarAsync<long>($"SELECT count(*) FROM \"{table}\" WHERE strpos(\"{column}\"::text, $1) > 0") > 0)
            {
                found.Add($"{table}.{column}");
            }
        }

        return found;
    }

    private async Task<T> ScalarAsync<T>(string sql)
    {
        await using var command = Command(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var command = Command(sql);
        await command.ExecuteNonQueryAsync();
    }

    private NpgsqlCommand Command(string sql)
    {
        var command = _database.Get<NpgsqlDataSource>().CreateCommand(sql);
        if (sql.Contains("$1", StringComparison.Ordinal))
        {
            command.Parameters.Add(new NpgsqlParameter { Value = Anna, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text });
        }

        return command;
    }
}
