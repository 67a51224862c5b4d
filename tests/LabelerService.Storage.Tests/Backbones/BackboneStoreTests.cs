using LabelerService.Core.Datasets;
using LabelerService.Core.Encodings;
using LabelerService.Core.Errors;
using LabelerService.Core.Models;
using LabelerService.Storage.Artefacts;
using LabelerService.Storage.Backbones;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Models;
using LabelerService.Storage.Runs;
using LabelerService.TestKit.Postgres;

namespace LabelerService.Storage.Tests.Backbones;

public sealed class BackboneStoreTests(PostgresFixture database) : IClassFixture<PostgresFixture>
{
    private readonly BackboneStore _store = database.Get<BackboneStore>();
    private readonly RunStore _runs = database.Get<RunStore>();
    private readonly ArtefactStore _artefacts = database.Get<ArtefactStore>();

    [Fact]
    public async Task What_was_uploaded_is_found_listed_and_the_same_again()
    {
        var dataset = await Some.DatasetAsync(database);
        var request = Some.Request();
        var created = await _store.CreateAsync(dataset, Write("b", 1), request, default);
        var again = await _store.CreateAsync(dataset, Write("b", 1), request, default);
        await _store.CreateAsync(dataset, Write("a", 2), null, default);
        var read = await _store.GetAsync(dataset, "b", default);

        Assert.Equal((created.Uid, created.ArtefactSha256), (again.Uid, again.ArtefactSha256));
        Assert.Equal(($"datasets/{dataset.Id}/backbones/b", "Name", 3L, (string?)null), (read.Name, read.DisplayName, read.ArtefactLength, read.RunId));
        Assert.Equal((BackboneSource.Extractor, 8), (read.Manifest.Source, read.Manifest.FeatureLength));
        Assert.Equal([0.5f, 0.25f], read.Manifest.Extractor!.Mean);
        Assert.Equal([1, 2, 1], await _artefacts.ReadAsync(read.ArtefactSha256, default));
        Assert.Equal(["a", "b"], (await _store.ListAsync(dataset, null, 10, default)).Select(backbone => backbone.BackboneId));
        Assert.Equal(["b"], (await _store.ListAsync(dataset, "a", 10, default)).Select(backbone => backbone.BackboneId));
    }

    [Fact]
    public async Task A_taken_id_and_one_that_is_not_there_are_refused()
    {
        var dataset = await Some.DatasetAsync(database);
        await _store.CreateAsync(dataset, Write("b", 3), null, default);
        Assert.Equal("BACKBONE_EXISTS", (await Some.FailsAsync(ErrorKind.AlreadyExists, "backbone_id", () => _store.CreateAsync(dataset, Write("b", 4), null, default))).Reason);
        await Some.FailsAsync(ErrorKind.NotFound, "name", () => _store.GetAsync(dataset, "c", default));
        await Some.FailsAsync(ErrorKind.NotFound, "name", () => _store.DeleteAsync(dataset, "c", default));
        await Some.FailsAsync(ErrorKind.InvalidArgument, "backbone_id", () => _store.CreateAsync(dataset, Write("B!", 4), null, default));
    }

    [Fact]
    public async Task Sweeping_leaves_the_file_of_a_backbone_and_deletion_removes_it_unless_another_has_it()
    {
        var (one, other) = (await Some.DatasetAsync(database), await Some.DatasetAsync(database));
        var shared = await _store.CreateAsync(one, Write("b", 5), null, default);
        await _store.CreateAsync(other, Write("b", 5), null, default);
        var mine = await _store.CreateAsync(one, Write("c", 6), null, default);

        await database.Get<ModelSweeper>().SweepAsync(default);
        await _store.DeleteAsync(one, "b", default);
        await _store.DeleteAsync(one, "c", default);
        Assert.NotEmpty(await _artefacts.ReadAsync(shared.ArtefactSha256, default));
        await Some.FailsAsync(ErrorKind.NotFound, () => _artefacts.ReadAsync(mine.ArtefactSha256, default));

        await database.Get<DatasetStore>().DeleteAsync(other.Id, null, default);
        await Some.FailsAsync(ErrorKind.NotFound, () => _artefacts.ReadAsync(shared.ArtefactSha256, default));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_backbone_cannot_be_deleted_while_a_run_that_names_it_has_not_ended(bool elsewhere)
    {
        var dataset = await Some.DatasetAsync(database);
        await _store.CreateAsync(dataset, Write("b", 7), null, default);
        var user = elsewhere ? await Some.DatasetAsync(database) : dataset;
        var name = elsewhere ? $"datasets/{dataset.Id}/backbones/b" : "b";
        await _runs.CreateAsync(user, new RunWrite("r", "dn", "dn", 1, new Dictionary<string, string> { ["pretrained"] = name }), null, default);

        var error = await Some.FailsAsync(ErrorKind.FailedPrecondition, "name", () => _store.DeleteAsync(dataset, "b", default));
        Assert.Equal("BACKBONE_IN_USE", error.Reason);
        Assert.Contains($"datasets/{user.Id}/trainingRuns/r", error.Message, StringComparison.Ordinal);

        await _runs.RequestCancelAsync(user, "r", default);
        await _store.DeleteAsync(dataset, "b", default);
    }

    [Fact]
    public async Task A_run_publishes_its_backbone_once_and_only_while_it_holds_the_lease()
    {
        var dataset = await Some.DatasetAsync(database);
        await _runs.CreateAsync(dataset, new RunWrite("pretraining", "bingo", "rhythms", 1, new Dictionary<string, string>(), 1000), null, default);
        var lease = (await _runs.TryClaimAsync("trainer", TimeSpan.FromMinutes(1), default))!;
        Assert.Equal(("pretraining", dataset.Id), (lease.Run.RunId, lease.Run.DatasetId));
        var manifest = Write("x", 8).Manifest with { Source = BackboneSource.Pretrained, Algorithm = "bingo", Metrics = new Dictionary<string, double> { ["objective"] = 0.5 } };

        await Some.FailsAsync(ErrorKind.Aborted, () => _runs.PublishBackboneAsync(lease with { FencingToken = lease.FencingToken - 1 }, new BackboneFiles([8]), manifest, default));
        var published = await _runs.PublishBackboneAsync(lease, new BackboneFiles([8, 8]), manifest, default);
        await Some.FailsAsync(ErrorKind.Aborted, () => _runs.PublishBackboneAsync(lease, new BackboneFiles([8]), manifest, default));

        var read = await _store.GetAsync(dataset, "rhythms", default);
        Assert.Equal((published.Uid, "pretraining", BackboneSource.Pretrained), (read.Uid, read.RunId, read.Manifest.Source));
        Assert.Equal(0.5, read.Manifest.Metrics["objective"]);
        Assert.Equal([8, 8], await _artefacts.ReadAsync(read.ArtefactSha256, default));
        Assert.Equal(RunState.Succeeded, (await _runs.GetAsync(dataset, "pretraining", default)).State);
    }

    [Fact]
    public async Task A_version_keeps_its_extractor_after_the_backbone_is_deleted()
    {
        var published = new Models.PublishedVersions(database);
        var dataset = await published.DatasetAsync(1);
        var backbone = await _store.CreateAsync(dataset, Write("b", 9), null, default);
        var encoding = new ItemEncoding { Kind = ItemEncodingKind.Extracted, FeatureLength = 8, ArtefactSha256 = backbone.ArtefactSha256, Backbone = backbone.Name };
        var version = await _runs.PublishAsync(
            await published.ClaimAsync(dataset), new ModelFiles(Models.PublishedVersions.Bytes(dataset, 9)), Some.Manifest() with { Encoding = encoding }, default);

        await _store.DeleteAsync(dataset, "b", default);
        await database.Get<ModelSweeper>().SweepAsync(default);
        Assert.Equal(backbone.ArtefactSha256, version.EncoderSha256);
        Assert.NotEmpty(await _artefacts.ReadAsync(backbone.ArtefactSha256, default));

        var gone = encoding with { ArtefactSha256 = new string('0', 64) };
        var lease = await published.ClaimAsync(dataset);
        var error = await Some.FailsAsync(
            ErrorKind.FailedPrecondition,
            () => _runs.PublishAsync(lease, new ModelFiles(Models.PublishedVersions.Bytes(dataset, 10)), Some.Manifest() with { Encoding = gone }, default));
        Assert.Equal("EXTRACTOR_DELETED", error.Reason);
    }

    private static BackboneWrite Write(string id, byte content) => new(id, "Name", [1, 2, content], new BackboneManifest
    {
        Source = BackboneSource.Extractor,
        ItemKind = ItemKind.Image,
        ItemShape = [4, 4, 2],
        FeatureLength = 8,
        Extractor = new ExtractorInput { Layout = PixelLayout.Nchw, Mean = [0.5f, 0.25f] },
    });
}
