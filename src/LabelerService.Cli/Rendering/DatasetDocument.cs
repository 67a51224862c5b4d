using LabelerService.Cli.Commands;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Rendering;

/// <summary>A dataset as a JSON document.</summary>
internal static class DatasetDocument
{
    public static object Of(Dataset dataset) => new
    {
        dataset.Name,
        dataset.DisplayName,
        dataset.Classes,
        LabelKind = LabelKind(dataset),
        ItemType = ItemTypeText.Of(dataset.ItemType),
        dataset.Tags,
        Counts = dataset.Counts is not { } counts ? null : new
        {
            counts.Items,
            counts.TrainItems,
            counts.ValidationItems,
            counts.TestItems,
            counts.GoldItems,
            counts.Labelers,
            counts.Annotations,
        },
        CreateTime = dataset.CreateTime?.ToDateTimeOffset(),
        UpdateTime = dataset.UpdateTime?.ToDateTimeOffset(),
    };

    /// <summary>Kind of label in words.</summary>
    public static string LabelKind(Dataset dataset) => dataset.LabelKind switch
    {
        Dataset.Types.LabelKind.Binary => "binary",
        Dataset.Types.LabelKind.MultiClass => "multi-class",
        Dataset.Types.LabelKind.Ordinal => "ordinal",
        _ => "unknown",
    };
}
