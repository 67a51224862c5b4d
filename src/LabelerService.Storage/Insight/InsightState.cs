namespace LabelerService.Storage.Insight;

/// <summary>
/// What tells two states of a dataset's annotations, items, gold classes and labelers apart: counters that every writing transaction moves
/// in the same commit, so that equal states mean equal data. Comparing them costs one look at sixteen rows.
/// </summary>
/// <param name="KeyEpoch">Grows whenever an item or a labeler is deleted.</param>
/// <param name="Changes">Annotations received, revised or retracted since ever.</param>
/// <param name="ItemChanges">Items created or changed since ever, gold classes set and cleared among them.</param>
/// <param name="Items">Items.</param>
/// <param name="Labelers">Labelers.</param>
/// <param name="Annotations">Annotations that are not retracted.</param>
public readonly record struct InsightState(long KeyEpoch, long Changes, long ItemChanges, long Items, long Labelers, long Annotations);
