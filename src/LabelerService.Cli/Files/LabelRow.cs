namespace LabelerService.Cli.Files;

/// <summary>A row of a file of labels or gold classes.</summary>
/// <param name="Line">Line of the file it begins on, from 1.</param>
/// <param name="Item">Key of the item.</param>
/// <param name="Labeler">Key of the labeler; empty in a file of gold classes.</param>
/// <param name="ClassIndex">The class.</param>
/// <param name="Time">When the labeler said it, if the file tells.</param>
/// <param name="Confidence">How sure the labeler was, if the file tells.</param>
internal readonly record struct LabelRow(
    long Line, string Item, string Labeler, int ClassIndex, DateTimeOffset? Time = null, float? Confidence = null);
