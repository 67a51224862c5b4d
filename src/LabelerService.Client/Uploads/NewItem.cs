using LabelerService.Contracts.V1;

namespace LabelerService.Client;

/// <summary>An item to store.</summary>
/// <param name="Id">The user's own key, unique in the dataset: 1 to 256 bytes of UTF-8 without NUL.</param>
/// <param name="Content">What it is made of; null stores or changes only split and gold class.</param>
public sealed record NewItem(string Id, ItemContent? Content = null)
{
    /// <summary>Split: the training split unless set.</summary>
    public Split Split { get; init; } = Split.Train;

    /// <summary>Gold class by name; empty keeps what is stored.</summary>
    public string GoldClass { get; init; } = "";
}
