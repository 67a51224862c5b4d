using LabelerService.Contracts;

namespace LabelerService.Client;

/// <summary>Names of datasets: methods take the id or the resource name.</summary>
internal static class DatasetNames
{
    /// <summary>The resource name of a dataset given by id or name.</summary>
    /// <exception cref="ArgumentException">It is neither.</exception>
    public static string Of(string dataset) => ResourceName.IsId(dataset) ? ResourceName.Dataset(dataset)
        : ResourceName.TryParseDataset(dataset, out _) ? dataset
        : throw new ArgumentException($"\"{dataset}\" is no dataset: give its id (1 to 63 of a-z, 0-9 and -) or datasets/ID.", nameof(dataset));

    /// <summary>The resource name of the dataset that a model or version belongs to.</summary>
    /// <exception cref="ArgumentException">It is the name of neither.</exception>
    public static string OfModel(string model) =>
        ResourceName.TryParseModel(model, out var dataset, out _) || ResourceName.TryParseModelVersion(model, out dataset, out _, out _)
            ? ResourceName.Dataset(dataset)
            : throw new ArgumentException(
                $"\"{model}\" is no model: one is named datasets/D/models/M, or datasets/D/models/M/versions/V for one version.", nameof(model));
}
