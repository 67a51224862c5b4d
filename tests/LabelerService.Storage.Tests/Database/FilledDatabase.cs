using LabelerService.Core.Access;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Ingest;
using LabelerService.Storage.Insight;
using LabelerService.Storage.Items;
using LabelerService.Storage.Labelers;
using LabelerService.Storage.LabelStudio;
using LabelerService.Storage.Runs;
using LabelerService.Storage.Secrets;
using LabelerService.Storage.Security;
using LabelerService.Storage.Tests.Models;
using LabelerService.TestKit.Postgres;
using Microsoft.Extensions.DependencyInjection;

namespace LabelerService.Storage.Tests.Database;

/// <summary>A database with some of everything, for work on databases as a whole.</summary>
internal static class FilledDatabase
{
    /// <summary>Some of everything that storage keeps, in one dataset.</summary>
    public static async Task<DatasetRecord> FillAsync(PostgresFixture database)
    {
        var dataset = await Some.DatasetAsync(database, items: 30, labelers: 4);
        await database.Get<ItemStore>().UpsertAsync(
            dataset, [.. Some.HostileTexts.Select((id, i) => Some.Item(id, gold: i % 3, features: [i, float.MaxValue]))], Some.Request(), default);
        var annotations = database.Get<AnnotationStore>();
        for (var round = 0; round < 3; round++)
        {
            await annotations.WriteAsync(
                dataset, [.. Enumerable.Range(0, 30).Select(i => Some.Annotation(i, i % 4, (i + round) % 3))], UnknownLabelers.Reject, null, default);
        }

        await annotations.RetractAsync(dataset, "i3", "l3", null, default);
        await new PublishedVersions(database).PublishAsync(dataset, new ModelFiles([1, 2, 3], [4], [5, 6], null));
        await database.Get<RunStore>().CreateAsync(dataset, Some.Run("waiting"), null, default);
        await database.Get<SecretStore>().GetOrCreateAsync("a-secret", 32, default);
        await database.Get<ApiKeyStore>().CreateAsync(
            new ApiKeyWrite("key", new byte[32], Role.Labeler, [dataset.Id], "l0", "of l0", DateTimeOffset.UnixEpoch), default);
        await database.Get<StudioAnnotationStore>().TakeAsync(
            dataset, "studio", [new StudioAnnotation(7, "i0", "l1", 1, 900, DateTimeOffset.UnixEpoch)], null, default);
        return dataset;
    }

    /// <summary>What users see of a dataset.</summary>
    public static async Task<List<string>> ExportAsync(IServiceProvider storage, DatasetRecord dataset)
    {
        var lines = new List<string>();
        var annotations = storage.GetRequiredService<AnnotationStore>();
        await annotations.ExportAsync(
            dataset, showRetracted: true,
            (annotation, _) =>
            {
                lines.Add(annotation.ToString());
                return ValueTask.CompletedTask;
            },
            default);
        await storage.GetRequiredService<ItemStore>().ExportAsync(
            dataset, new ItemExport(null, true, true),
            (item, _) =>
            {
                lines.Add($"{item.Item} {Convert.ToHexString(item.Features ?? [])}");
                return Task.CompletedTask;
            },
            default);
        lines.AddRange((await storage.GetRequiredService<LabelerStore>().ListAsync(dataset, 0, 100, default)).Select(labeler => labeler.LabelerId));
        lines.AddRange((await annotations.HistoryAsync(dataset, "i3", "l3", default)).Select(revision => revision.ToString()));
        return lines;
    }

    /// <summary>New keys do not meet old ones, counters go on, and what is written now is found as a change of what was read before.</summary>
    public static async Task GoesOnAsync(IServiceProvider storage, DatasetRecord dataset)
    {
        var reader = storage.GetRequiredService<InsightReader>();
        var read = await reader.ReadAsync(dataset, null, 1_000, null, default);
        await storage.GetRequiredService<ItemStore>().UpsertAsync(dataset, [Some.Item("new")], null, default);
        await storage.GetRequiredService<AnnotationStore>().WriteAsync(
            dataset, [new AnnotationWrite("new", "newcomer", 1), new AnnotationWrite("i3", "l3", 2)], UnknownLabelers.Register, null, default);
        Assert.Equal(5, (await storage.GetRequiredService<LabelerStore>().ListAsync(dataset, 0, 100, default)).Count);
        var next = await reader.ReadAsync(dataset, read.Data, 1_000, null, default);
        Assert.Equal((InsightReadKind.Incremental, 2L), (next.Kind, next.RowsRead));
        var run = await storage.GetRequiredService<RunStore>().TryClaimAsync("t", TimeSpan.FromMinutes(1), default);
        Assert.Equal("waiting", run!.Run.RunId);
        var version = await storage.GetRequiredService<RunStore>().PublishAsync(run, [9], Some.Manifest(), default);
        Assert.Equal(2, version.Version);
    }
}
