using LabelerService.Core.Datasets;
using LabelerService.Storage.Database;

namespace LabelerService.Storage.Ingest;

/// <summary>A checked batch as column arrays, without repetitions.</summary>
internal sealed class AnnotationBatch
{
    private readonly List<int> _ordinals;

    private AnnotationBatch(int capacity)
    {
        _ordinals = new List<int>(capacity);
        ItemIds = new List<string>(capacity);
        LabelerIds = new List<string>(capacity);
        Classes = new List<short>(capacity);
        Confidences = new List<float?>(capacity);
        Durations = new List<int?>(capacity);
        Times = new List<DateTimeOffset?>(capacity);
    }

    public int Count => _ordinals.Count;

    public List<string> ItemIds { get; }

    public List<string> LabelerIds { get; }

    public List<short> Classes { get; }

    public List<float?> Confidences { get; }

    public List<int?> Durations { get; }

    public List<DateTimeOffset?> Times { get; }

    /// <summary>Index in the caller's list of an entry, 1-based as PostgreSQL counts.</summary>
    public int Ordinal(long entry) => _ordinals[(int)(entry - 1)];

    /// <exception cref="Core.Errors.ServiceException">InvalidArgument naming <c>annotations[i]…</c>.</exception>
    public static AnnotationBatch Create(DatasetSchema schema, IReadOnlyList<AnnotationWrite> annotations)
    {
        var batch = new AnnotationBatch(annotations.Count);
        var problems = new Violations();
        var seen = new Dictionary<(string, string), int>(annotations.Count);
        string? lastGoodItem = null, lastGoodLabeler = null;
        for (var i = 0; i < annotations.Count && !problems.Full; i++)
        {
            var annotation = annotations[i];
            if (!ReferenceEquals(annotation.ItemId, lastGoodItem))
            {
                if (TextRules.ExternalIdProblem(annotation.ItemId) is { } problem)
                {
                    problems.Add($"annotations[{i}].item_id", problem);
                }

                lastGoodItem = annotation.ItemId;
            }

            if (!ReferenceEquals(annotation.LabelerId, lastGoodLabeler))
            {
                if (TextRules.ExternalIdProblem(annotation.LabelerId) is { } problem)
                {
                    problems.Add($"annotations[{i}].labeler_id", problem);
                }

                lastGoodLabeler = annotation.LabelerId;
            }

            if (annotation.ClassIndex < 0 || annotation.ClassIndex >= schema.Classes.Count)
            {
                problems.Add($"annotations[{i}].class_index", $"must be from 0 to {schema.Classes.Count - 1}");
            }

            if (annotation.Confidence is { } confidence && !(confidence is >= 0 and <= 1))
            {
                problems.Add($"annotations[{i}].confidence", "must be from 0 to 1");
            }

            if (annotation.DurationMs < 0)
            {
                problems.Add($"annotations[{i}].duration", "must not be negative");
            }

            if (!seen.TryAdd((annotation.ItemId, annotation.LabelerId), i))
            {
                if (annotations[seen[(annotation.ItemId, annotation.LabelerId)]] != annotation)
                {
                    problems.Add($"annotations[{i}]", "the same item and labeler appear earlier in this batch with another content");
                }

                continue;
            }

            batch.Add(i, annotation);
        }

        problems.ThrowInvalid();
        return batch;
    }

    private void Add(int ordinal, AnnotationWrite annotation)
    {
        _ordinals.Add(ordinal);
        ItemIds.Add(annotation.ItemId);
        LabelerIds.Add(annotation.LabelerId);
        Classes.Add((short)annotation.ClassIndex);
        Confidences.Add(annotation.Confidence);
        Durations.Add(annotation.DurationMs);
        Times.Add(annotation.AnnotatedAt?.ToUniversalTime());
    }
}
