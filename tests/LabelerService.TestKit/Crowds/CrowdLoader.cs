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
    /// <param name="crowd">The crowd.</param>
    /// <param name="storage">Where the stores are.</param>
    /// <param name="id">Id of the dataset; null for the crowd's own.</param>
    /// <param name="cancel">Cancels.</param>
    public static async Task<DatasetRecord> LoadAsync(
        this SimulatedCrowd crowd, IServiceProvider storage, string? id = null, CancellationToken cancel = default)
    {
        var write = crowd.DatasetWrite();
        var dataset = await storage.GetRequiredService<DatasetStore>().CreateAsync(id is null ? write : write with { Id = id }, null, cancel);
        await storage.GetRequiredService<ItemStore>().UpsertAsync(dataset, crowd.ItemWrites(), null, cancel);
        await storage.GetRequiredService<LabelerStore>().RegisterAsync(dataset, crowd.LabelerWrites(), null, cancel);
        await storage.GetRequiredService<AnnotationStore>().WriteAsync(dataset, crowd.AnnotationWrites(), UnknownLabelers.Reject, null, cancel);
        return dataset;
    }
}
