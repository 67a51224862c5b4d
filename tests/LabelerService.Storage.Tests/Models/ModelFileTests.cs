using LabelerService.Core.Errors;
using LabelerService.Storage.Artefacts;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Models;
using LabelerService.Storage.Runs;
using LabelerService.TestKit.Postgres;
using Npgsql;

namespace LabelerService.Storage.Tests.Models;

/// <summary>Files of versions: shared by content, and swept when nobody refers to them any more.</summary>
public sealed class ModelFileTests(PostgresFixture database) : IClassFixture<PostgresFixture>
{
    private readonly ModelStore _store = database.Get<ModelStore>();
    private readonly ModelSweeper _sweeper = database.Get<ModelSweeper>();
    private readonly ArtefactStore _artefacts = database.Get<ArtefactStore>();
    private readonly PublishedVersions _published = new(database);

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
        Assert.Equal(0, await _published.CountAsync("SELECT count(*)::int FROM artefacts WHERE bytes = '\\x630163'"));
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
        await PublishedVersions.ExecuteAsync(connection, "UPDATE artefacts SET bytes = bytes WHERE sha256 = $1", hash);
        await _store.DeleteVersionAsync(dataset, "model", 2, "t", default);
        await _sweeper.SweepAsync(default);
        await PublishedVersions.ExecuteAsync(
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
}
