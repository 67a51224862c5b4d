using LabelerService.Core.Datasets;

namespace LabelerService.Storage.Items;

/// <summary>Where the part of an item that models look at is stored: the text of a text, the features of everything else.</summary>
internal static class ItemSource
{
    /// <summary>Bytes of items that are read at once, where these have no fixed length; a single item may be more.</summary>
    public const int PageBytes = 4 << 20;

    /// <summary>A condition on a row of items: it has what models look at.</summary>
    /// <param name="schema">The dataset's schema.</param>
    /// <param name="alias">The row's name with a dot, or nothing.</param>
    public static string Condition(DatasetSchema schema, string alias = "") => $"{alias}{Column(schema)} IS NOT NULL";

    /// <summary>The column.</summary>
    public static string Column(DatasetSchema schema) => schema.ItemKind == ItemKind.Text ? "content" : "features";
}
