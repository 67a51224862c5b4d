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

    /// <summary>Index of an entry in the caller's list.</summary>
    public int IndexOf(int entry) => _entries[entry];

    /// <summary>About how much memory the batch holds, in bytes.</summary>
    public long Bytes { get; private init; }

    /// <exception cref="Core.Errors.ServiceException">InvalidArgument naming <c>annotations[i]…</c>.</exception>
    public static AnnotationBatch Create(DatasetSchema schema, IReadOnlyList<AnnotationWrite> annotations)
    {
        // A row and the headers of its two texts; the texts themselves are added as they are looked at.
        const int RowBytes = 120;
        var bytes = (long)RowBytes * annotations.Count;
        var entries = new List<int>(annotations.Count);
        var problems = new Violations();
        using var seen = new PairIndex(annotations);
        for (var i = 0; i < annotations.Count && !problems.Full; i++)
        {
            var annotation = annotations[i];
            bytes += 2L * (annotation.ItemId.Length + annotation.LabelerId.Length);
            Check(schema, i, annotation, problems);
            var first = seen.FirstOf(i);
            if (first == i)
            {
                entries.Add(i);
            }
            else if (!annotations[first].SaysTheSameAs(annotation))
            {
                problems.Add($"annotations[{i}]", "the same item and labeler appear earlier in this batch with another content");
            }
        }

        problems.ThrowInvalid();
        return new AnnotationBatch(annotations, [.. entries]) { Bytes = bytes };
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

        if (annotation.ClassIndex is null)
        {
            if (annotation.Confidence is not null || annotation.DurationMs is not null || annotation.AnnotatedAt is not null)
            {
                problems.Add($"annotations[{i}].retracted", "takes neither confidence nor duration nor annotate_time");
            }
        }
        else if (annotation.ClassIndex < 0 || annotation.ClassIndex >= schema.Classes.Count)
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
