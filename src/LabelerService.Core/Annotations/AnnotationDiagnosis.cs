using LabelerService.Core.Aggregation;

namespace LabelerService.Core.Annotations;

/// <summary>
/// What a table of annotations lacks for its labelers and items to be judged. Nothing of it is an error: every aggregator answers, and
/// these warnings say what its answer cannot rest on. Cost is linear in annotations.
/// </summary>
public static class AnnotationDiagnosis
{
    /// <summary>Nobody has annotated anything.</summary>
    public const string NoAnnotations = "NO_ANNOTATIONS";

    /// <summary>All annotations come from one labeler.</summary>
    public const string OneLabeler = "ONE_LABELER";

    /// <summary>There is one class only, or all annotations name the same one.</summary>
    public const string OneClass = "ONE_CLASS";

    /// <summary>Some items have no annotation.</summary>
    public const string ItemsWithoutAnnotations = "ITEMS_WITHOUT_ANNOTATIONS";

    /// <summary>Some classes are named by no annotation.</summary>
    public const string ClassesNeverNamed = "CLASSES_NEVER_NAMED";

    /// <summary>The labelers fall into groups that share no item.</summary>
    public const string DisconnectedLabelers = "DISCONNECTED_LABELERS";

    /// <summary>Every item with several annotations has a tie for its most frequent class.</summary>
    public const string AllTied = "ALL_TIED";

    /// <summary>No item has annotations of two labelers.</summary>
    public const string NoRepeatedItems = "NO_REPEATED_ITEMS";

    /// <summary>The warnings that apply, in the order of the constants above; empty if none does.</summary>
    /// <param name="table">The annotations.</param>
    public static IReadOnlyList<AggregationWarning> Of(AnnotationTable table)
    {
        var warnings = new List<AggregationWarning>();
        if (table.Count == 0)
        {
            warnings.Add(new(NoAnnotations, "There are no annotations: every class is as likely as any other. Ingest annotations first."));
            if (table.ClassCount == 1)
            {
                warnings.Add(SingleClass());
            }

            return warnings;
        }

        var active = ActiveLabelers(table);
        if (active == 1)
        {
            warnings.Add(new(OneLabeler, "All annotations come from one labeler, who can only be compared with a model or gold."));
        }

        var named = NamedClasses(table);
        if (table.ClassCount == 1)
        {
            warnings.Add(SingleClass());
        }
        else if (named == 1)
        {
            warnings.Add(new(OneClass, "All annotations name the same class: agreement says nothing of how good labelers are."));
        }

        var items = new ItemCounts(table);
        if (items.Empty > 0)
        {
            warnings.Add(new(
                ItemsWithoutAnnotations, $"{items.Empty} of {table.ItemCount} items have no annotations: only a model can tell them apart."));
        }

        if (named < table.ClassCount)
        {
            warnings.Add(new(
                ClassesNeverNamed,
                $"{table.ClassCount - named} of {table.ClassCount} classes are named by no annotation: no item can be found to be of one of them."));
        }

        var groups = LabelerGroups.Of(table);
        if (groups.Count > 1)
        {
            warnings.Add(new(
                DisconnectedLabelers,
                $"The labelers fall into {groups.Count} groups that share no item (the largest has {groups.Largest}): skills cannot be " +
                "compared between groups. Let labelers of different groups annotate some items in common, or give gold labels."));
        }

        if (items.Repeated > 0 && items.Tied == items.Repeated)
        {
            warnings.Add(new(
                AllTied, $"All {items.Repeated} items with several annotations are tied: votes decide nothing. Ask for further annotations of them."));
        }

        if (items.Shared == 0)
        {
            warnings.Add(new(
                NoRepeatedItems,
                "No item has annotations of two labelers: without a model or gold nothing tells a good labeler from a bad one. Have some items annotated twice."));
        }

        return warnings;
    }

    private static int ActiveLabelers(AnnotationTable table)
    {
        var active = 0;
        for (var r = 0; r < table.LabelerCount; r++)
        {
            active += table.CountOfLabeler(r) > 0 ? 1 : 0;
        }

        return active;
    }

    private static int NamedClasses(AnnotationTable table)
    {
        var named = new bool[table.ClassCount];
        foreach (var label in table.Classes)
        {
            named[label] = true;
        }

        return named.AsSpan().Count(true);
    }

    private static AggregationWarning SingleClass() => new(OneClass, "There is only one class: every annotation is right by nature.");

    // Items by how much their annotations tell.
    private readonly struct ItemCounts
    {
        internal ItemCounts(AnnotationTable table)
        {
            var votes = new int[table.ClassCount];
            var labelers = table.Labelers;
            var classes = table.Classes;
            for (var n = 0; n < table.ItemCount; n++)
            {
                var (start, end) = table.RangeOfItem(n);
                int top = 0, tops = 0;
                var shared = false;
                for (var i = start; i < end; i++)
                {
                    var count = ++votes[classes[i]];
                    (top, tops) = count > top ? (count, 1) : (top, count == top ? tops + 1 : tops);
                    shared |= labelers[i] != labelers[start];
                }

                foreach (var label in classes[start..end])
                {
                    votes[label] = 0;
                }

                Empty += start == end ? 1 : 0;
                Repeated += end - start > 1 ? 1 : 0;
                Tied += end - start > 1 && tops > 1 ? 1 : 0;
                Shared += shared ? 1 : 0;
            }
        }

        internal int Empty { get; }

        internal int Repeated { get; }

        internal int Tied { get; }

        internal int Shared { get; }
    }
}
