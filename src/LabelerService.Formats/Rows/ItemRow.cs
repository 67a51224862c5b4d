using LabelerService.Core.Datasets;
using LabelerService.Formats.Tables;

namespace LabelerService.Formats.Rows;

/// <summary>An item with its contents: one of numbers, text and image, or none.</summary>
/// <param name="Item">Key of the item.</param>
/// <param name="Split">Split; null where the file does not say.</param>
/// <param name="Gold">Name or index of the gold class; null where there is none.</param>
/// <param name="Features">A vector, an image's values or a sequence.</param>
/// <param name="Text">Text.</param>
/// <param name="Image">A PNG or JPEG file's bytes.</param>
/// <param name="Path">Path of a PNG or JPEG file, relative to the file that names it.</param>
public sealed record ItemRow(
    string Item, Split? Split = null, string? Gold = null, NumberBlock? Features = null, string? Text = null,
    ReadOnlyMemory<byte>? Image = null, string? Path = null);
