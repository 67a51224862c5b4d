namespace LabelerService.Formats.Rows;

/// <summary>What one labeler said of one item.</summary>
/// <param name="Item">Key of the item.</param>
/// <param name="Labeler">Key of the labeler.</param>
/// <param name="Label">Name or index of the class; empty for a label that was taken back.</param>
/// <param name="Time">When the labeler said it, to 100 ns.</param>
/// <param name="Confidence">How sure the labeler was, in [0, 1].</param>
/// <param name="Duration">How long the labeler took, whole milliseconds.</param>
/// <param name="Retracted">Whether the labeler took it back.</param>
public sealed record LabelRow(
    string Item, string Labeler, string Label, DateTimeOffset? Time = null, float? Confidence = null, TimeSpan? Duration = null,
    bool Retracted = false);
