using LabelerService.Learning.Heads;

namespace LabelerService.Learning.Training;

/// <summary>Training items with those of their annotations whose labeler has a head.</summary>
/// <param name="Items">Index of each item in <see cref="TrainingSet.Items"/>.</param>
/// <param name="Rows">Feature row of each item.</param>
/// <param name="Offsets">Annotations of the i-th item are at [Offsets[i], Offsets[i + 1]).</param>
/// <param name="Heads">Head of each annotation.</param>
/// <param name="Classes">Class of each annotation.</param>
internal sealed record AnnotatedItems(int[] Items, int[] Rows, int[] Offsets, int[] Heads, int[] Classes)
{
    /// <summary>The items that have at least one annotation by a labeler with a head.</summary>
    public static AnnotatedItems WithHeads(TrainingSet set, HeadAssignment assignment) =>
        Select(set, assignment, (own, _) => own > 0);

    /// <summary>The items that at least one labeler with a head has not labelled: those that a leave-own-out mixture exists for.</summary>
    public static AnnotatedItems WithOthers(TrainingSet set, HeadAssignment assignment) =>
        Select(set, assignment, (_, distinct) => distinct < assignment.Count);

    /// <summary>Items whose annotations do not matter: what they are taken to be is known.</summary>
    /// <param name="set">The training items.</param>
    /// <param name="items">Indexes of those wanted; null for all.</param>
    public static AnnotatedItems WithoutAnnotations(TrainingSet set, IReadOnlyList<int>? items)
    {
        int[] chosen = items is null ? [.. Enumerable.Range(0, set.Items.Length)] : [.. items];
        return new AnnotatedItems(chosen, [.. chosen.Select(i => set.Items[i])], new int[chosen.Length + 1], [], []);
    }

    private static AnnotatedItems Select(TrainingSet set, HeadAssignment assignment, Func<int, int, bool> wanted)
    {
        var items = new List<int>();
        var offsets = new List<int> { 0 };
        var heads = new List<int>();
        var classes = new List<int>();
        var seenAt = new int[assignment.Count];
        for (var i = 0; i < set.Items.Length; i++)
        {
            int own = 0, distinct = 0;
            for (var a = set.Offsets[i]; a < set.Offsets[i + 1]; a++)
            {
                var head = assignment[set.Labelers[a]];
                if (head < 0)
                {
                    continue;
                }

                heads.Add(head);
                classes.Add(set.Classes[a]);
                own++;
                distinct += seenAt[head] == i + 1 ? 0 : 1;
                seenAt[head] = i + 1;
            }

            if (wanted(own, distinct))
            {
                items.Add(i);
                offsets.Add(heads.Count);
            }
            else
            {
                heads.RemoveRange(heads.Count - own, own);
                classes.RemoveRange(classes.Count - own, own);
            }
        }

        return new AnnotatedItems([.. items], [.. items.Select(i => set.Items[i])], [.. offsets], [.. heads], [.. classes]);
    }
}
