using System.Text.Json;
using LabelerService.Core.Errors;
using LabelerService.Storage.Artefacts;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Models;
using LabelerService.Storage.Runs;
using LabelerService.TestKit.Postgres;
using Npgsql;

namespace LabelerService.Storage.Tests.Models;

public sealed class ModelStoreTests(PostgresFixture database) : IClassFixture<PostgresFixture>
{
    private readonly ModelStore _store = database.Get<ModelStore>();
    private readonly RunStore _runs = database.Get<RunStore>();
    private readonly ArtefactStore _artefacts = database.Get<ArtefactStore>();

    [Fact]
    public async Task A_published_version_reads_back_with_its_bytes_manifest_and_run()
    {
        var dataset = await Some.DatasetAsync(database);
        byte[] onnx = [1, 0, 2, 255];
        var published = await PublishAsync(dataset, "run", onnx);

        var read = await _store.GetLatestVersionAsync(dataset, "model", default);

        Assert.Equal((1, "run", 4L, published.ArtefactSha256), (read.Version, read.RunId, read.ArtefactLength, read.ArtefactSha256));
        Assert.Equal(JsonSerializer.Serialize(Some.Manifest()), JsonSerializer.Serialize(read.Manifest));
        Assert.Equal(onnx, await _artefacts.ReadAsync(read.ArtefactSha256, default));
        var run = await _runs.GetAsync(dataset, "run", default);
        Assert.Equal((RunState.Succeeded, (int?)1), (run.State, run.ModelVersion));
        Assert.Equal(RunEventKind.Succeeded, (await _runs.EventsAfterAsync(dataset.Key, "run", 0, 100, default))[^1].Kind);
    }

    [Fact]
    public async Task The_first_version_becomes_champion_and_later_ones_do_not()
    {
        var dataset = await Some.DatasetAsync(database);
        await PublishAsync(dataset, "r1", [1]);
        await PublishAsync(dataset, "r2", [2]);
        Assert.Equal(1, (await _store.GetVersionByAliasAsync(dataset, "model", ModelAliases.Champion, default)).Version);
        Assert.Equal(2, (await _store.GetLatestVersionAsync(dataset, "model", default)).Version);
        var model = Assert.Single(await _store.ListAsync(dataset, null, 10, default));
        Assert.Equal(("model", 2, 1), (model.ModelId, model.LatestVersion, model.Aliases["champion"]));
        Assert.Equal([2, 1], (await _store.ListVersionsAsync(dataset, "model", null, 10, default)).Select(version => version.Version));
        Assert.Equal(1, Assert.Single(await _store.ListVersionsAsync(dataset, "model", 2, 10, default)).Version);
    }

    [Fact]
    public async Task An_alias_moves_only_with_the_current_etag()
    {
        var dataset = await Some.DatasetAsync(database);
        await PublishAsync(dataset, "r1", [1]);
        await PublishAsync(dataset, "r2", [2]);
        var alias = Assert.Single(await _store.ListAliasesAsync(dataset, "model", default));
        var moved = await _store.SetAliasAsync(dataset, "model", "champion", 2, alias.Version, default);
        Assert.Equal((2, alias.Version + 1), (moved.ModelVersion, moved.Version));
        await Some.FailsAsync(ErrorKind.Aborted, () => _store.SetAliasAsync(dataset, "model", "champion", 1, alias.Version, default));
        await Some.FailsAsync(ErrorKind.Aborted, () => _store.DeleteAliasAsync(dataset, "model", "champion", alias.Version, default));
        await Some.FailsAsync(ErrorKind.NotFound, "version", () => _store.SetAliasAsync(dataset, "model", "champion", 3, null, default));

        Assert.Equal(1, (await _store.SetAliasAsync(dataset, "model", "candidate", 1, 0, default)).ModelVersion);
        await Some.FailsAsync(ErrorKind.Aborted, () => _store.SetAliasAsync(dataset, "model", "candidate", 2, 0, default));
        await _store.DeleteAliasAsync(dataset, "model", "candidate", null, default);
        await Some.FailsAsync(ErrorKind.NotFound, () => _store.GetVersionByAliasAsync(dataset, "model", "candidate", default));
        await Some.FailsAsync(ErrorKind.NotFound, () => _store.DeleteAliasAsync(dataset, "model", "candidate", null, default));
    }

    [Fact]
    public async Task Versions_published_at_once_are_numbered_without_gap_or_repetition()
    {
        var dataset = await Some.DatasetAsync(database);
        List<RunLease> leases = [];
        for (var i = 0; i < 6; i++)
        {
            leases.Add(await ClaimAsync(dataset, $"r{i}"));
        }

        var versions = await Task.WhenAll(leases.Select(lease => Task.Run(() => _runs.PublishAsync(lease, [9], Some.Manifest(), default))));
        Assert.Equal([1, 2, 3, 4, 5, 6], versions.Select(version => version.Version).Order());
        Assert.Single(versions.Select(version => version.ArtefactSha256).Distinct());
    }

    [Fact]
    public async Task A_damaged_artefact_is_refused_and_publishing_the_same_bytes_repairs_it()
    {
        var dataset = await Some.DatasetAsync(database);
        byte[] onnx = [5, 6, 7, 8];
        var version = await PublishAsync(dataset, "r1", onnx);
        await using (var damage = database.Get<NpgsqlDataSource>().CreateCommand("UPDATE artefacts SET bytes = '\\x05060708ff' WHERE sha256 = $1"))
        {
            damage.Parameters.Add(new NpgsqlParameter { Value = Convert.FromHexString(version.ArtefactSha256) });
            Assert.Equal(1, await damage.ExecuteNonQueryAsync());
        }

        var exception = await Some.FailsAsync(ErrorKind.FailedPrecondition, () => _artefacts.ReadAsync(version.ArtefactSha256, default));
        Assert.Equal("ARTEFACT_CORRUPT", exception.Reason);

        await PublishAsync(dataset, "r2", onnx);
        Assert.Equal(onnx, await _artefacts.ReadAsync(version.ArtefactSha256, default));
    }

    [Theory]
    [InlineData("")]
    [InlineData("../../etc/passwd")]
    [InlineData("zz00000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("ab\0")]
    public async Task An_artefact_name_that_is_no_hash_is_refused(string name) =>
        await Some.FailsAsync(ErrorKind.InvalidArgument, "artefact_sha256", () => _artefacts.ReadAsync(name, default));

    [Fact]
    public async Task Deleting_a_dataset_keeps_the_artefacts_that_another_refers_to()
    {
        var (first, second) = (await Some.DatasetAsync(database), await Some.DatasetAsync(database));
        var shared = await PublishAsync(first, "shared", [42, 42]);
        await PublishAsync(second, "shared", [42, 42]);
        var own = await PublishAsync(second, "own", [43, 43]);

        await database.Get<DatasetStore>().DeleteAsync(second.Id, null, default);

        Assert.Equal((byte[])[42, 42], await _artefacts.ReadAsync(shared.ArtefactSha256, default));
        await Some.FailsAsync(ErrorKind.NotFound, () => _artefacts.ReadAsync(own.ArtefactSha256, default));
    }

    [Fact]
    public async Task Unknown_models_are_not_found()
    {
        var dataset = await Some.DatasetAsync(database);
        await Some.FailsAsync(ErrorKind.NotFound, "model", () => _store.GetAsync(dataset, "none", default));
        await Some.FailsAsync(ErrorKind.NotFound, "model", () => _store.GetLatestVersionAsync(dataset, "none", default));
        await Some.FailsAsync(ErrorKind.NotFound, "version", () => _store.GetVersionAsync(dataset, "none", 1, default));
        await Some.FailsAsync(ErrorKind.InvalidArgument, "model", () => _store.GetAsync(dataset, "../up", default));
    }

    private async Task<ModelVersionRecord> PublishAsync(DatasetRecord dataset, string runId, byte[] onnx) =>
        await _runs.PublishAsync(await ClaimAsync(dataset, runId), onnx, Some.Manifest(), default);

    private async Task<RunLease> ClaimAsync(DatasetRecord dataset, string runId)
    {
        // Tests of this class run one after the other, so the queue holds no other run.
        await _runs.CreateAsync(dataset, Some.Run(runId), null, default);
        var lease = await _runs.TryClaimAsync("t", TimeSpan.FromMinutes(5), default);
        Assert.Equal(runId, lease!.Run.RunId);
        return lease;
    }
}
