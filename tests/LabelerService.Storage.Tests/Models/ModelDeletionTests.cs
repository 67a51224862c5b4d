using LabelerService.Core.Errors;
using LabelerService.Core.Models;
using LabelerService.Storage.Artefacts;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Models;
using LabelerService.TestKit.Postgres;

namespace LabelerService.Storage.Tests.Models;

/// <summary>Versions and models that are deleted by hand, and what is known of them afterwards.</summary>
public sealed class ModelDeletionTests(PostgresFixture database) : IClassFixture<PostgresFixture>
{
    private static readonly PromotionReason Because = new("", "tester");

    private readonly ModelStore _store = database.Get<ModelStore>();
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
    public async Task Deleting_a_dataset_takes_history_and_tombstones_with_it()
    {
        var dataset = await _published.DatasetAsync(3);
        await _store.PromoteAsync(dataset, "model", 2, Because, null, default);
        await _store.DeleteVersionAsync(dataset, "model", 3, "t", default);
        await database.Get<DatasetStore>().DeleteAsync(dataset.Id, null, default);
        foreach (var table in new[] { "models", "model_versions", "model_aliases", "model_alias_changes" })
        {
            Assert.Equal(0, await _published.CountAsync($"SELECT count(*)::int FROM {table} WHERE dataset_id = {dataset.Key}"));
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
}
