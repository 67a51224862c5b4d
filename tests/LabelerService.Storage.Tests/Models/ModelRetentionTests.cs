using LabelerService.Core.Errors;
using LabelerService.Core.Models;
using LabelerService.Storage.Artefacts;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Models;
using LabelerService.Storage.Runs;
using LabelerService.TestKit.Postgres;
using Npgsql;

namespace LabelerService.Storage.Tests.Models;

/// <summary>Which versions are kept: by retention, and as long as a run needs them.</summary>
public sealed class ModelRetentionTests(PostgresFixture database) : IClassFixture<PostgresFixture>
{
    private static readonly PromotionReason Because = new("", "tester");

    private readonly ModelStore _store = database.Get<ModelStore>();
    private readonly ModelSweeper _sweeper = database.Get<ModelSweeper>();
    private readonly ArtefactStore _artefacts = database.Get<ArtefactStore>();
    private readonly PublishedVersions _published = new(database);

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

    private Task KeepAsync(DatasetRecord dataset, ModelRetention retention) =>
        _store.UpdateAsync(dataset, "model", new ModelUpdate(null, null, retention), null, default);

    private async Task AgeAsync(DatasetRecord dataset, TimeSpan age, int? version = null)
    {
        await using var connection = await database.Get<NpgsqlDataSource>().OpenConnectionAsync();
        await PublishedVersions.ExecuteAsync(
            connection, "UPDATE model_versions SET create_time = now() - $1 WHERE dataset_id = $2 AND ($3 = 0 OR version = $3)", age, dataset.Key, version ?? 0);
    }
}
