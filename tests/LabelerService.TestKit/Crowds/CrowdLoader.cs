using LabelerService.Storage.Datasets;
using LabelerService.Storage.Ingest;
using LabelerService.Storage.Items;
using LabelerService.Storage.Labelers;
using Microsoft.Extensions.DependencyInjection;

namespace LabelerService.TestKit.Crowds;

/// <summary>Puts a simulated crowd into a database.</summary>
public static class CrowdLoader
{
    /// <summary>Creates the crowd's dataset with all its items, labelers and annotations.</summary>
    public static async Task<DatasetRecord> LoadAsync(this SimulatedCrowd crowd, IServiceProvider storage, CancellationToken cancel = default)
    {
        var dataset = await storage.GetRequiredService<DatasetStore>().CreateAsync(crowd.DatasetWrite(), null, cancel);
        await storage.GetRequiredService<ItemStore>().UpsertAsync(dataset, crowd.ItemWrites(), null, cancel);
        await storage.GetRequiredService<LabelerStore>().RegisterAsync(dataset, crowd.LabelerWrites(), null, cancel);
        await storage.GetRequiredService<AnnotationStore>().WriteAsync(dataset, crowd.AnnotationWrites(), UnknownLabelers.Reject, null, cancel);
        return dataset;
    }
}
