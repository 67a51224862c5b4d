namespace LabelerService.Storage.Ingest;

/// <summary>An annotation to write. Its identity is (item, labeler): a second one with other content revises the first.</summary>
/// <param name="ItemId">External id of the item.</param>
/// <param name="LabelerId">External id of the labeler.</param>
/// <param name="ClassIndex">Index of the chosen class; null retracts, and then nothing else is given.</param>
/// <param name="Confidence">The labeler's own confidence in [0, 1], if given.</param>
/// <param name="DurationMs">Time the labeler took, in milliseconds, if given.</param>
/// <param name="AnnotatedAt">When the labeler decided, if given; microsecond precision is stored.</param>
public readonly record struct AnnotationWrite(
    string ItemId, string LabelerId, int? ClassIndex, float? Confidence = null, int? DurationMs = null, DateTimeOffset? AnnotatedAt = null)
{
    /// <summary>Takes back what a labeler has said of an item. Where that is nothing, it changes nothing.</summary>
    public static AnnotationWrite Retraction(string itemId, string labelerId) => new(itemId, labelerId, null);

    internal bool SaysTheSameAs(in AnnotationWrite other) =>
        ClassIndex == other.ClassIndex && Confidence == other.Confidence && DurationMs == other.DurationMs && AnnotatedAt == other.AnnotatedAt;
}

/// <summary>What to do with a labeler that is not registered.</summary>
public enum UnknownLabelers
{
    /// <summary>Refuse the batch.</summary>
    Reject,

    /// <summary>Register the labeler in the same transaction.</summary>
    Register,
}

/// <summary>What to do with an item that does not exist.</summary>
public enum UnknownItems
{
    /// <summary>Refuse the batch.</summary>
    Reject,

    /// <summary>Register the item in the same transaction: in the training split, without features, to be filled in when it is written.</summary>
    Register,
}

/// <summary>What to do with ids that do not exist.</summary>
/// <param name="Labelers">Labelers.</param>
/// <param name="Items">Items.</param>
public readonly record struct UnknownIds(UnknownLabelers Labelers, UnknownItems Items = UnknownItems.Reject)
{
    /// <summary>Labelers as given; items must exist.</summary>
    public static implicit operator UnknownIds(UnknownLabelers labelers) => new(labelers);
}

/// <summary>What a batch of annotations changed; the four add up to the batch's size.</summary>
/// <param name="Created">Annotations that are the first of their labeler on their item.</param>
/// <param name="Revised">Annotations that replaced another content (or a retraction).</param>
/// <param name="Unchanged">Annotations that were stored as they are, repetitions within the batch and retractions of nothing included.</param>
/// <param name="Retracted">Annotations that were taken back.</param>
public sealed record AnnotationWriteResult(long Created, long Revised, long Unchanged, long Retracted = 0)
{
    /// <summary>Sums.</summary>
    public static AnnotationWriteResult operator +(AnnotationWriteResult left, AnnotationWriteResult right) => new(
        left.Created + right.Created, left.Revised + right.Revised, left.Unchanged + right.Unchanged, left.Retracted + right.Retracted);
}

/// <summary>A current annotation.</summary>
public sealed record AnnotationRecord
{
    /// <summary>Key of the item, first part of a list's cursor.</summary>
    public required long ItemKey { get; init; }

    /// <summary>Key of the labeler, second part of a list's cursor.</summary>
    public required long LabelerKey { get; init; }

    /// <summary>External id of the item.</summary>
    public required string ItemId { get; init; }

    /// <summary>External id of the labeler.</summary>
    public required string LabelerId { get; init; }

    /// <summary>Class index; null where the annotation was retracted.</summary>
    public required int? ClassIndex { get; init; }

    /// <summary>1 for the first, then ascending.</summary>
    public required int Revision { get; init; }

    /// <summary>The labeler's confidence in [0, 1], if given.</summary>
    public required float? Confidence { get; init; }

    /// <summary>Time taken in milliseconds, if given.</summary>
    public required int? DurationMs { get; init; }

    /// <summary>When the labeler decided, if given.</summary>
    public required DateTimeOffset? AnnotatedAt { get; init; }

    /// <summary>When this revision was committed (database clock, start of its transaction).</summary>
    public required DateTimeOffset ReceivedAt { get; init; }
}

/// <summary>Which annotations a list returns; null does not filter.</summary>
/// <param name="ItemId">Only those of this item.</param>
/// <param name="LabelerId">Only those of this labeler.</param>
/// <param name="ShowRetracted">Whether retracted ones are among them.</param>
public sealed record AnnotationFilter(string? ItemId = null, string? LabelerId = null, bool ShowRetracted = false);

/// <summary>Position in a list of annotations; <c>default</c> starts at the beginning.</summary>
/// <param name="ItemKey">Item key of the last annotation seen.</param>
/// <param name="LabelerKey">Labeler key of the last annotation seen.</param>
public readonly record struct AnnotationCursor(long ItemKey, long LabelerKey);
