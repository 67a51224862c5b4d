using LabelerService.Core.Errors;
using LabelerService.Storage.Ingest;
using LabelerService.Storage.Labelers;
using LabelerService.TestKit.Postgres;

namespace LabelerService.Storage.Tests.Labelers;

public sealed class LabelerStoreTests(PostgresFixture database) : IClassFixture<PostgresFixture>
{
    private readonly LabelerStore _store = database.Get<LabelerStore>();

    [Fact]
    public async Task Registering_again_leaves_the_labeler_as_it_is()
    {
        var dataset = await Some.DatasetAsync(database);
        var tags = new Dictionary<string, string> { ["site"] = "north" };
        Assert.Equal(new LabelerRegisterResult(1, 0), await _store.RegisterAsync(dataset, [new LabelerWrite("ann", "Ann", tags)], null, default));
        Assert.Equal(
            new LabelerRegisterResult(1, 1),
            await _store.RegisterAsync(dataset, [new LabelerWrite("ann", "Other"), new LabelerWrite("bob")], null, default));
        var ann = await _store.GetAsync(dataset, "ann", default);
        Assert.Equal(("Ann", "north"), (ann.DisplayName, ann.Tags["site"]));
    }

    [Fact]
    public async Task Lists_carry_the_number_of_current_annotations()
    {
        var dataset = await Some.DatasetAsync(database, items: 4, labelers: 3);
        var annotations = database.Get<AnnotationStore>();
        await annotations.WriteAsync(
            dataset, [Some.Annotation(0, 0, 0), Some.Annotation(1, 0, 0), Some.Annotation(2, 0, 0), Some.Annotation(0, 1, 0)],
            UnknownLabelers.Reject, null, default);
        await annotations.RetractAsync(dataset, "i0", "l0", null, default);
        var labelers = await _store.ListAsync(dataset, 0, 10, default);
        Assert.Equal([("l0", 2L), ("l1", 1L), ("l2", 0L)], labelers.Select(labeler => (labeler.LabelerId, labeler.AnnotationCount)));
        Assert.Equal("l2", Assert.Single(await _store.ListAsync(dataset, labelers[1].Key, 10, default)).LabelerId);
    }

    [Fact]
    public async Task An_update_needs_the_current_version()
    {
        var dataset = await Some.DatasetAsync(database, items: 0, labelers: 1);
        var labeler = await _store.GetAsync(dataset, "l0", default);
        var updated = await _store.UpdateAsync(dataset, "l0", new LabelerChange(DisplayName: "Zoe"), labeler.Version, default);
        Assert.Equal("Zoe", updated.DisplayName);
        await Some.FailsAsync(
            ErrorKind.Aborted, () => _store.UpdateAsync(dataset, "l0", new LabelerChange(DisplayName: "Late"), labeler.Version, default));
    }

    [Fact]
    public async Task A_labeler_with_annotations_is_only_deleted_with_them()
    {
        var dataset = await Some.DatasetAsync(database, items: 1, labelers: 2);
        var annotations = database.Get<AnnotationStore>();
        await annotations.WriteAsync(dataset, [Some.Annotation(0, 0, 0), Some.Annotation(0, 1, 1)], UnknownLabelers.Reject, null, default);
        await annotations.WriteAsync(dataset, [Some.Annotation(0, 0, 1)], UnknownLabelers.Reject, null, default);

        var exception = await Some.FailsAsync(
            ErrorKind.FailedPrecondition, () => _store.DeleteAsync(dataset, "l0", withAnnotations: false, null, default));
        Assert.Equal("LABELER_HAS_ANNOTATIONS", exception.Reason);

        await _store.DeleteAsync(dataset, "l0", withAnnotations: true, null, default);
        await Some.FailsAsync(ErrorKind.NotFound, () => _store.GetAsync(dataset, "l0", default));
        Assert.Equal("l1", Assert.Single(await annotations.ListAsync(dataset, new AnnotationFilter(), default, 10, default)).LabelerId);
    }

    [Fact]
    public async Task No_annotation_survives_a_labeler_deleted_while_others_write()
    {
        var dataset = await Some.DatasetAsync(database, items: 50, labelers: 4);
        var annotations = database.Get<AnnotationStore>();
        var writers = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            for (var item = 0; item < 50; item++)
            {
                try
                {
                    await annotations.WriteAsync(
                        dataset, [.. Enumerable.Range(0, 4).Select(labeler => Some.Annotation(item, labeler, 0))], UnknownLabelers.Reject, null, default);
                }
                catch (ServiceException exception) when (exception.Kind == ErrorKind.NotFound)
                {
                    return;
                }
            }
        })).ToList();
        await _store.DeleteAsync(dataset, "l2", withAnnotations: true, null, default);
        await Task.WhenAll(writers);

        await using var connection = await database.Get<Npgsql.NpgsqlDataSource>().OpenConnectionAsync();
        await using var orphans = new Npgsql.NpgsqlCommand(
            """
            SELECT count(*) FROM annotations a WHERE dataset_id = $1
            AND NOT EXISTS (SELECT 1 FROM labelers l WHERE l.dataset_id = a.dataset_id AND l.labeler_key = a.labeler_key)
            """,
            connection);
        orphans.Parameters.Add(new Npgsql.NpgsqlParameter { Value = dataset.Key });
        Assert.Equal(0L, await orphans.ExecuteScalarAsync());
    }

    [Fact]
    public async Task A_wrong_labeler_is_named()
    {
        var dataset = await Some.DatasetAsync(database);
        await Some.FailsAsync(
            ErrorKind.InvalidArgument, "labelers[1].labeler_id",
            () => _store.RegisterAsync(dataset, [new LabelerWrite("a"), new LabelerWrite("a")], null, default));
        await Some.FailsAsync(
            ErrorKind.InvalidArgument, "labelers[0].display_name",
            () => _store.RegisterAsync(dataset, [new LabelerWrite("a", "nul\0")], null, default));
        Assert.Empty(await _store.ListAsync(dataset, 0, 10, default));
    }
}
