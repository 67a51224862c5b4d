namespace LabelerService.Storage.LabelStudio;

/// <summary>An annotation as Label Studio tells of it.</summary>
/// <param name="StudioId">Its number there.</param>
/// <param name="ItemId">External id of the item.</param>
/// <param name="LabelerId">External id of the labeler.</param>
/// <param name="ClassIndex">Class index; null where it says nothing (skipped, or emptied).</param>
/// <param name="DurationMs">Time taken in milliseconds, if given.</param>
/// <param name="UpdateTime">When it last changed there; microsecond precision is stored.</param>
public sealed record StudioAnnotation(
    long StudioId, string ItemId, string LabelerId, int? ClassIndex, int? DurationMs, DateTimeOffset UpdateTime);

/// <summary>What one labeler says of one item: the identity of an annotation here.</summary>
/// <param name="ItemId">External id of the item.</param>
/// <param name="LabelerId">External id of the labeler.</param>
public readonly record struct StudioPair(string ItemId, string LabelerId);
