using LabelerService.Learning.Heads;
using LabelerService.Learning.Training;

namespace LabelerService.Learning.Averaging;

/// <summary>Items that averaging weights are learnt from or scored on, with the labels they carry.</summary>
/// <param name="Rows">Feature row of each item.</param>
/// <param name="OwnOffsets">Heads to leave out for the i-th item are at [OwnOffsets[i], OwnOffsets[i + 1]).</param>
/// <param name="Own">Heads of its own labelers; the shared head is nobody's and never among them.</param>
/// <param name="LabelOffsets">Its labels are at [LabelOffsets[i], LabelOffsets[i + 1]).</param>
/// <param name="LabelHeads">Head that stands for each label's labeler.</param>
/// <param name="LabelClasses">Class of each label.</param>
/// <param name="Targets">What each item is taken to be, row-major [n, K].</param>
internal sealed record AveragingItems(
    int[] Rows, int[] OwnOffsets, int[] Own, int[] LabelOffsets, int[] LabelHeads, int[] LabelClasses, float[] Targets)
{
    /// <summary>Number of items n.</summary>
    public int Count => Rows.Length;

    /// <summary>Heads to leave out for an item.</summary>
    public ReadOnlySpan<int> OwnOf(int item) => Own.AsSpan(OwnOffsets[item]..OwnOffsets[item + 1]);

    /// <summary>The training items.</summary>
    /// <param name="set">What is trained on.</param>
    /// <param name="assignment">Whose head is whose; the last is shared.</param>
    /// <param name="targets">What each is taken to be, row-major [n, K].</param>
    public static AveragingItems Training(TrainingSet set, HeadAssignment assignment, float[] targets)
    {
        var (offsets, own) = (new List<int> { 0 }, new List<int>());
        for (var i = 0; i < set.Items.Length; i++)
        {
            AddOwn(set.Labelers.AsSpan(set.Offsets[i]..set.Offsets[i + 1]), assignment, own);
            offsets.Add(own.Count);
        }

        return new AveragingItems(
            set.Items, [.. offsets], [.. own], set.Offsets, [.. set.Labelers.Select(labeler => assignment[labeler])], set.Classes, targets);
    }

    /// <summary>Annotations held out, each an item of its own, which all that labelled it are left out for.</summary>
    /// <param name="task">Where they are from.</param>
    /// <param name="assignment">Whose head is whose; the last is shared.</param>
    /// <param name="most">More than so many are evenly thinned.</param>
    public static AveragingItems HeldOut(Algorithms.LearningTask task, HeadAssignment assignment, int most)
    {
        var heldOut = task.Set.HeldOut;
        var table = task.Snapshot.Annotations;
        int[] chosen = Thinned.Indexes(heldOut.Count, most);
        var targets = new float[chosen.Length * task.Classes];
        var (offsets, own) = (new List<int> { 0 }, new List<int>());
        for (var i = 0; i < chosen.Length; i++)
        {
            var (start, end) = table.RangeOfItem(heldOut.Items[chosen[i]]);
            AddOwn(table.Labelers[start..end], assignment, own);
            offsets.Add(own.Count);
            targets[(i * task.Classes) + heldOut.Classes[chosen[i]]] = 1;
        }

        return new AveragingItems(
            [.. chosen.Select(a => heldOut.Items[a])], [.. offsets], [.. own], [.. Enumerable.Range(0, chosen.Length + 1)],
            [.. chosen.Select(a => assignment[heldOut.Labelers[a]])], [.. chosen.Select(a => heldOut.Classes[a])], targets);
    }

    private static void AddOwn(ReadOnlySpan<int> labelers, HeadAssignment assignment, List<int> own)
    {
        foreach (var labeler in labelers)
        {
            if (assignment[labeler] != assignment.Count - 1)
            {
                own.Add(assignment[labeler]);
            }
        }
    }
}
