using LabelerService.Core.Aggregation;
using LabelerService.Server.Inference;
using LabelerService.Server.Inference.Batching;
using LabelerService.Server.Inference.Routing;
using LabelerService.Server.Insight;
using LabelerService.Server.Telemetry;
using LabelerService.Storage;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Ingest;
using LabelerService.Storage.Items;
using LabelerService.TestKit.Crowds;
using LabelerService.TestKit.Postgres;
using Microsoft.Extensions.DependencyInjection;

namespace LabelerService.Server.Tests.Insight;

/// <summary>What a server has for insight, on a database; a second one is another replica, which has seen nothing yet.</summary>
internal sealed class InsightServer : IAsyncDisposable
{
    private readonly ServiceProvider _services;

    public InsightServer(PostgresFixture database, InsightOptions? options = null)
    {
        var services = new ServiceCollection().AddLogging().AddLabelerStorage(database.ConnectionString).AddInsight(options ?? new InsightOptions());
        services.AddSingleton(new ResidencyLimits()).AddSingleton(new PredictionLimits()).AddSingleton(CanaryDraw.Unseeded())
            .AddSingleton<ItemEncoders>().AddSingleton<ModelCache>().AddSingleton<RouteTable>().AddSingleton<PredictionMetrics>()
            .AddSingleton<PredictionScheduler>().AddSingleton<PredictionEngine>();
        _services = services.BuildServiceProvider();
    }

    public InsightCache Cache => _services.GetRequiredService<InsightCache>();

    public InsightEngine Engine => _services.GetRequiredService<InsightEngine>();

    public static ConsensusKey Key(string method = AggregatorCatalogue.Default, bool useGold = false) => new(method, "", 0, useGold);

    /// <summary>A crowd with all its items and labelers, and the first part of its annotations, by item.</summary>
    public static async Task<(DatasetRecord Dataset, IReadOnlyList<AnnotationWrite> Others)> LoadPartAsync(
        PostgresFixture database, SimulatedCrowd crowd, double share)
    {
        var annotations = crowd.AnnotationWrites();
        var count = (int)(share * annotations.Count);
        var dataset = await database.Get<DatasetStore>().CreateAsync(crowd.DatasetWrite(), null, default);
        await database.Get<ItemStore>().UpsertAsync(dataset, crowd.ItemWrites(), null, default);
        await AnnotateAsync(database, dataset, annotations.Take(count));
        return (dataset, [.. annotations.Skip(count)]);
    }

    public static Task AnnotateAsync(PostgresFixture database, DatasetRecord dataset, IEnumerable<AnnotationWrite> annotations) =>
        database.Get<AnnotationStore>().WriteAsync(dataset, [.. annotations], new UnknownIds(UnknownLabelers.Register, UnknownItems.Register), null, default);

    public ValueTask DisposeAsync() => _services.DisposeAsync();
}
