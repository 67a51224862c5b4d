using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;
using LabelerService.EndToEnd.Security;

namespace LabelerService.EndToEnd.LabelStudio;

/// <summary>Short forms for a server that demands keys: datasets to label, and what was stored of them.</summary>
internal static class StudioServer
{
    /// <summary>A dataset of vectors with classes a, b, c and items i0 to i3; a client of its backend with an ingester's key.</summary>
    public static async Task<(string Dataset, StudioClient Studio)> CreateScenesAsync(this SecuredServer server)
    {
        var dataset = await CreateAsync(server, new ItemType { Vector = new ItemType.Types.Vector { Length = 4 } });
        await new ItemService.ItemServiceClient(server.Call(server.AdminKey)).BatchCreateItemsAsync(
            new BatchCreateItemsRequest { Parent = dataset, Batch = Requests.Batch(4, 4) });
        return (dataset, await server.StudioAsync(dataset, ApiKey.Types.Role.Ingester));
    }

    /// <summary>A dataset of texts with classes a, b, c.</summary>
    public static async Task<(string Dataset, StudioClient Studio)> CreateTextsAsync(this SecuredServer server)
    {
        var dataset = await CreateAsync(server, new ItemType { Text = new ItemType.Types.Text() });
        return (dataset, await server.StudioAsync(dataset, ApiKey.Types.Role.Ingester));
    }

    /// <summary>A client of a dataset's backend.</summary>
    public static async Task<StudioClient> StudioAsync(this SecuredServer server, string dataset, ApiKey.Types.Role role, string labeler = "") =>
        new(server.Backend(dataset), await server.CreateKeyAsync(role, dataset, labeler));

    /// <summary>The address that a project is given.</summary>
    public static string Backend(this SecuredServer server, string dataset) => $"{server.HttpAddress}/labelstudio/{dataset["datasets/".Length..]}";

    /// <summary>What is annotated: item, labeler, class and revision.</summary>
    public static async Task<string[]> AnnotationsAsync(this SecuredServer server, string dataset, bool retracted = false)
    {
        var listed = await Annotations(server).ListAnnotationsAsync(new ListAnnotationsRequest { Parent = dataset, ShowRetracted = retracted });
        return [.. listed.Annotations.Select(annotation => $"{annotation.ItemId} {annotation.LabelerId} {(annotation.Retracted ? "-" : annotation.ClassName)} {annotation.Revision}")];
    }

    /// <summary>Ids of the items.</summary>
    public static async Task<string[]> ItemsAsync(this SecuredServer server, string dataset) =>
        [.. (await new ItemService.ItemServiceClient(server.Call(server.AdminKey)).ListItemsAsync(new ListItemsRequest { Parent = dataset })).Items.Select(item => item.ItemId)];

    public static AnnotationService.AnnotationServiceClient Annotations(this SecuredServer server) => new(server.Call(server.AdminKey));

    private static async Task<string> CreateAsync(SecuredServer server, ItemType type) =>
        (await server.Datasets(server.AdminKey).CreateDatasetAsync(new CreateDatasetRequest
        {
            DatasetId = Requests.NewId("ls"),
            Dataset = new Dataset { Classes = { "a", "b", "c" }, ItemType = type },
        })).Name;
}
