namespace LabelerService.Formats.Rows;

/// <summary>The gold class of an item.</summary>
/// <param name="Item">Key of the item.</param>
/// <param name="Label">Name or index of the class.</param>
public sealed record GoldRow(string Item, string Label);
