using LabelerService.Core.Datasets;
using LabelerService.Storage.Database;

namespace LabelerService.Storage.Ingest;

/// <summary>A checked batch without repetitions, with the index that each entry has in the caller's list.</summary>
internal sealed class AnnotationBatch
{
    private readonly IReadOnlyList<AnnotationWrite> _all;
    private readonly int[] _entries;

    private AnnotationBatch(IReadOnlyList<AnnotationWrite> all, int[] entries)
    {
        _all = all;
        _entries = entries;
    }

    public int Count => _entries.Length;

    /// <summary>Entries of the caller's list that repeat an earlier one.</summary>
    public int Repeated => _all.Count - _entries.Length;

    public AnnotationWrite this[int entry] => _all[_entries[entry]];

    /// <summary>Index in the caller's list of an entry that PostgreSQL counts from 1.</summary>
    public int IndexOf(long ordinal) => _entries[(int)(ordinal - 1)];

    /// <exception cref="Core.Errors.ServiceException">InvalidArgument naming <c>annotations[i]…</c>.</exception>
    public static AnnotationBatch Create(DatasetSchema schema, IReadOnlyList<AnnotationWrite> annotations)
    {
        var entries = new List<int>(annotations.Count);
        var problems = new Violations();
        var seen = new Dictionary<(string, string), int>(annotations.Count);
        for (var i = 0; i < annotations.Count && !problems.Full; i++)
        {
            var annotation = annotations[i];
            Check(schema, i, annotation, problems);
            if (seen.TryAdd((annotation.ItemId, annotation.LabelerId), i))
            {
                entries.Add(i);
            }
            else if (annotations[seen[(annotation.ItemId, annotation.LabelerId)]] != annotation)
            {
                problems.Add($"annotations[{i}]", "the same item and labeler appear earlier in this batch with another content");
            }
        }

        problems.ThrowInvalid();
        return new AnnotationBatch(annotations, [.. entries]);
    }

    private static void Check(DatasetSchema schema, int i, AnnotationWrite annotation, Violations problems)
    {
        if (TextRules.ExternalIdProblem(annotation.ItemId) is { } item)
        {
            problems.Add($"annotations[{i}].item_id", item);
        }

        if (TextRules.ExternalIdProblem(annotation.LabelerId) is { } labeler)
        {
            problems.Add($"annotations[{i}].labeler_id", labeler);
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
    }
}
