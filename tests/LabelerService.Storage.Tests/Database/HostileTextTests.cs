using LabelerService.Core.Datasets;
using LabelerService.Core.Errors;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Ingest;
using LabelerService.Storage.Items;
using LabelerService.Storage.Labelers;
using LabelerService.Storage.Queries;
using LabelerService.Storage.Runs;
using LabelerService.Storage.Secrets;
using LabelerService.TestKit.Postgres;

namespace LabelerService.Storage.Tests.Database;

/// <summary>Whatever a text holds, it comes back byte for byte or is refused before any SQL.</summary>
[Trait("Suite", "security")]
public sealed class HostileTextTests(PostgresFixture database) : IClassFixture<PostgresFixture>
{
    private static int _ids;

    public static TheoryData<string> Texts => [.. Some.HostileTexts];

    [Theory]
    [MemberData(nameof(Texts))]
    public async Task Every_text_field_returns_what_was_written(string text)
    {
        var id = $"hostile-{Interlocked.Increment(ref _ids)}";
        var tags = new Dictionary<string, string> { [text] = text };
        var schema = new DatasetSchema([text, "other"], LabelKind.Binary, ItemKind.Vector, [2]);
        await database.Get<DatasetStore>().CreateAsync(new DatasetWrite(id, schema, text, tags), Some.Request(text), default);
        var dataset = await database.Get<DatasetStore>().GetAsync(id, default);
        Assert.Equal((text, text, text), (dataset.DisplayName, dataset.Schema.Classes[0], dataset.Tags[text]));

        var items = database.Get<ItemStore>();
        await items.UpsertAsync(dataset, [Some.Item(text, gold: 0), Some.Item(text == "x" ? "y" : "x")], null, default);
        Assert.Equal(text, (await items.GetAsync(dataset, text, default)).ItemId);
        Assert.Equal(text, (await items.GetFeaturesAsync(dataset, [text], default))[0].ItemId);
        Assert.Equal(new GoldWriteResult(1, 0), await database.Get<GoldStore>().SetAsync(dataset, [new GoldWrite(text, 1)], null, default));

        var labelers = database.Get<LabelerStore>();
        await labelers.RegisterAsync(dataset, [new LabelerWrite(text, text, tags)], null, default);
        var labeler = await labelers.GetAsync(dataset, text, default);
        Assert.Equal((text, text, text), (labeler.LabelerId, labeler.DisplayName, labeler.Tags[text]));

        var annotations = database.Get<AnnotationStore>();
        await annotations.WriteAsync(dataset, [new AnnotationWrite(text, text, 1)], UnknownLabelers.Reject, null, default);
        var annotation = Assert.Single(await annotations.ListAsync(dataset, new AnnotationFilter(text, text), default, 10, default));
        Assert.Equal((text, text), (annotation.ItemId, annotation.LabelerId));
        Assert.Equal(text, Assert.Single(await annotations.HistoryAsync(dataset, text, text, default)).ItemId);

        var runs = database.Get<RunStore>();
        await runs.CreateAsync(dataset, Some.Run("run") with { Settings = tags }, null, default);
        var lease = (await runs.TryClaimAsync(text, TimeSpan.FromMinutes(5), default))!;
        await runs.AppendProgressAsync(lease, new RunProgress(text, 1, 2), default);
        await runs.FailAsync(lease, text, default);
        var run = await runs.GetAsync(dataset, "run", default);
        Assert.Equal((text, text, text, text), (run.LeaseOwner, run.Progress!.Phase, run.Error, run.RequestedSettings[text]));

        var snapshot = await database.Get<SnapshotReader>().ReadAsync(id, default);
        Assert.Equal((text, text), (snapshot.ItemIds[0], snapshot.LabelerIds[0]));

        var secrets = database.Get<SecretStore>();
        Assert.Equal(await secrets.GetOrCreateAsync(text, 32, default), await secrets.GetOrCreateAsync(text, 32, default));
    }

    [Fact]
    public async Task A_text_that_PostgreSQL_cannot_store_is_refused_everywhere()
    {
        // Not a theory: the test runner itself replaces half surrogates in arguments.
        foreach (var text in (string[])["nul\0inside", "half \ud83d surrogate", "\udc00"])
        {
            await RefusedEverywhereAsync(text);
        }
    }

    private async Task RefusedEverywhereAsync(string text)
    {
        var dataset = await Some.DatasetAsync(database, items: 1, labelers: 1);
        var tags = new Dictionary<string, string> { ["k"] = text };
        foreach (var call in (Func<Task>[])[
            () => database.Get<DatasetStore>().CreateAsync(new DatasetWrite("refused", Some.Schema(), text), null, default),
            () => database.Get<DatasetStore>().CreateAsync(new DatasetWrite("refused", Some.Schema(), "", tags), null, default),
            () => database.Get<DatasetStore>().CreateAsync(
                new DatasetWrite("refused", Some.Schema() with { Classes = ["a", text] }), null, default),
            () => database.Get<DatasetStore>().UpdateAsync(dataset.Id, new DatasetChange(text), null, default),
            () => database.Get<ItemStore>().UpsertAsync(dataset, [Some.Item(text)], null, default),
            () => database.Get<ItemStore>().GetAsync(dataset, text, default),
            () => database.Get<ItemStore>().GetFeaturesAsync(dataset, [text], default),
            () => database.Get<GoldStore>().SetAsync(dataset, [new GoldWrite(text, 1)], null, default),
            () => database.Get<LabelerStore>().RegisterAsync(dataset, [new LabelerWrite(text)], null, default),
            () => database.Get<LabelerStore>().GetAsync(dataset, text, default),
            () => database.Get<LabelerStore>().UpdateAsync(dataset, "l0", new LabelerChange(Tags: tags), null, default),
            () => database.Get<LabelerStore>().DeleteAsync(dataset, text, false, null, default),
            () => database.Get<AnnotationStore>().WriteAsync(
                dataset, [new AnnotationWrite(text, "l0", 0)], UnknownLabelers.Register, null, default),
            () => database.Get<AnnotationStore>().WriteAsync(
                dataset, [new AnnotationWrite("i0", text, 0)], UnknownLabelers.Register, null, default),
            () => database.Get<AnnotationStore>().ListAsync(dataset, new AnnotationFilter(text), default, 1, default),
            () => database.Get<AnnotationStore>().ListAsync(dataset, new AnnotationFilter(LabelerId: text), default, 1, default),
            () => database.Get<AnnotationStore>().HistoryAsync(dataset, text, "l0", default),
            () => database.Get<AnnotationStore>().RetractAsync(dataset, "i0", text, null, default),
            () => database.Get<RunStore>().CreateAsync(dataset, Some.Run("run") with { Settings = tags }, null, default),
            () => database.Get<RunStore>().CreateAsync(dataset, Some.Run(text), null, default),
            () => database.Get<RunStore>().TryClaimAsync(text, TimeSpan.FromMinutes(1), default),
            () => database.Get<RunStore>().GetAsync(dataset, text, default),
            () => database.Get<SnapshotReader>().ReadAsync(text, default),
            () => database.Get<SecretStore>().GetOrCreateAsync(text, 32, default),
        ])
        {
            await Some.FailsAsync(ErrorKind.InvalidArgument, call);
        }

        Assert.Null(await database.Get<DatasetStore>().FindAsync(text, default));
        Assert.Equal(new DatasetCounts(1, 1, 1, 0, 0, 1, 0, 0), await database.Get<DatasetStore>().CountAsync(dataset, default));
    }

    [Fact]
    public async Task A_failure_is_stored_whatever_its_text_holds()
    {
        var dataset = await Some.DatasetAsync(database);
        var runs = database.Get<RunStore>();
        await runs.CreateAsync(dataset, Some.Run("run"), null, default);
        var lease = (await runs.TryClaimAsync("t", TimeSpan.FromMinutes(5), default))!;
        await runs.FailAsync(lease, "nul\0 half\ud83d " + new string('x', 100_000), default);
        var error = (await runs.GetAsync(dataset, "run", default)).Error!;
        Assert.StartsWith("nul half\ufffd xxx", error, StringComparison.Ordinal);
        Assert.True(error.Length < 10_000);
    }

    [Fact]
    public async Task Ids_that_look_alike_are_different_ids()
    {
        var dataset = await Some.DatasetAsync(database);
        string[] ids = ["a", "A", "a ", " a", "\u00e9", "e\u0301", "\u200ba"];
        await database.Get<ItemStore>().UpsertAsync(dataset, [.. ids.Select(id => Some.Item(id))], null, default);
        Assert.Equal(ids, (await database.Get<ItemStore>().ListAsync(dataset, new ItemFilter(), 0, 10, default)).Select(item => item.ItemId));
    }
}
