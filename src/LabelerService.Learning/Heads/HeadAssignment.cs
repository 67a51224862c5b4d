using LabelerService.Core.Errors;
using LabelerService.Core.Training;
using LabelerService.Learning.Training;

namespace LabelerService.Learning.Heads;

/// <summary>Which labeler has which head.</summary>
internal sealed class HeadAssignment
{
    private readonly int[] _headOfLabeler;

    private HeadAssignment(int[] headOfLabeler, string?[] labelerIds, int[] annotationCounts)
    {
        _headOfLabeler = headOfLabeler;
        LabelerIds = labelerIds;
        AnnotationCounts = annotationCounts;
    }

    /// <summary>Number of heads R.</summary>
    public int Count => LabelerIds.Length;

    /// <summary>External id of each head's labeler; null for a head that is everybody's.</summary>
    public string?[] LabelerIds { get; }

    /// <summary>Training annotations of each head.</summary>
    public int[] AnnotationCounts { get; }

    /// <summary>Head of a labeler, −1 where they have none.</summary>
    public int this[int labeler] => _headOfLabeler[labeler];

    /// <summary>One head for all labelers.</summary>
    public static HeadAssignment Shared(TrainingSnapshot snapshot, TrainingSet set) =>
        new(new int[snapshot.LabelerIds.Length], [null], [set.AnnotationCount]);

    /// <summary>
    /// One head for each labeler with enough training annotations, in the order of the snapshot, and last a shared head, which is that of
    /// all others.
    /// </summary>
    public static HeadAssignment WithShared(TrainingSnapshot snapshot, TrainingSet set, int minAnnotations)
    {
        var counts = CountAnnotations(snapshot, set);
        var modelled = Enumerable.Range(0, counts.Length).Where(labeler => counts[labeler] >= minAnnotations).ToArray();
        var heads = new int[counts.Length];
        Array.Fill(heads, modelled.Length);
        for (var head = 0; head < modelled.Length; head++)
        {
            heads[modelled[head]] = head;
        }

        return new HeadAssignment(
            heads, [.. modelled.Select(labeler => snapshot.LabelerIds[labeler]), null],
            [.. modelled.Select(labeler => counts[labeler]), set.AnnotationCount]);
    }

    /// <summary>One head for each labeler with enough training annotations, in the order of the snapshot.</summary>
    /// <exception cref="ServiceException"><see cref="ErrorKind.FailedPrecondition"/>: nobody has enough.</exception>
    public static HeadAssignment PerLabeler(TrainingSnapshot snapshot, TrainingSet set, int minAnnotations)
    {
        var counts = CountAnnotations(snapshot, set);
        var modelled = Enumerable.Range(0, counts.Length).Where(labeler => counts[labeler] >= minAnnotations).ToArray();
        if (modelled.Length == 0)
        {
            throw new ServiceException(
                ErrorKind.FailedPrecondition, "TOO_FEW_ANNOTATIONS",
                $"No labeler has {minAnnotations} training annotations (the most is {counts.Max()}). Lower min_annotations or collect more labels.");
        }

        var heads = new int[counts.Length];
        Array.Fill(heads, -1);
        for (var head = 0; head < modelled.Length; head++)
        {
            heads[modelled[head]] = head;
        }

        return new HeadAssignment(
            heads, [.. modelled.Select(labeler => snapshot.LabelerIds[labeler])], [.. modelled.Select(labeler => counts[labeler])]);
    }

    private static int[] CountAnnotations(TrainingSnapshot snapshot, TrainingSet set)
    {
        var counts = new int[snapshot.LabelerIds.Length];
        foreach (var labeler in set.Labelers)
        {
            counts[labeler]++;
        }

        return counts;
    }
}
