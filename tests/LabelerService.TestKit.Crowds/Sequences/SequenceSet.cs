using System.Runtime.InteropServices;
using System.Security.Cryptography;
using LabelerService.Core.Annotations;
using LabelerService.Core.Datasets;
using LabelerService.Core.Encodings;
using LabelerService.Core.Training;

namespace LabelerService.TestKit.Crowds.Sequences;

/// <summary>Generated sequences and the hidden kind of each.</summary>
/// <param name="Name">Name of the task.</param>
/// <param name="StepLength">Values d of a step.</param>
/// <param name="MaxSteps">Most steps.</param>
/// <param name="ClassCount">Number of kinds.</param>
/// <param name="Rows">Rows as <see cref="ItemEncoding.OfSequences"/> has them [N, 1 + maxSteps · d].</param>
/// <param name="Classes">Kind of each sequence.</param>
public sealed record SequenceSet(string Name, int StepLength, int MaxSteps, int ClassCount, float[] Rows, int[] Classes)
{
    /// <summary>Number of sequences N.</summary>
    public int Count => Classes.Length;

    /// <summary>The sequences as training sees them.</summary>
    /// <param name="splits">Split of each; null for all in training.</param>
    /// <param name="annotations">Annotations over them; null for none.</param>
    /// <param name="labelers">Number of labelers of the annotations.</param>
    /// <param name="gold">Gold class of each, −1 for none; null for none at all.</param>
    public TrainingSnapshot ToSnapshot(Split[]? splits = null, AnnotationTable? annotations = null, int labelers = 1, int[]? gold = null) => new()
    {
        Dataset = Name,
        SnapshotId = Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(Rows.AsSpan()))),
        Schema = new DatasetSchema(
            [.. Enumerable.Range(0, ClassCount).Select(k => $"class-{k}")], ClassCount == 2 ? LabelKind.Binary : LabelKind.MultiClass,
            ItemKind.Sequence, [StepLength]),
        Encoding = ItemEncoding.OfSequences(StepLength, MaxSteps),
        ItemIds = [.. Enumerable.Range(0, Count).Select(n => $"sequence-{n}")],
        Features = Rows,
        Splits = splits ?? [.. Enumerable.Repeat(Split.Train, Count)],
        Gold = gold ?? [.. Enumerable.Repeat(-1, Count)],
        LabelerIds = [.. Enumerable.Range(0, labelers).Select(r => $"labeler-{r}")],
        Annotations = annotations ?? new AnnotationTable(Count, labelers, ClassCount, [], [], []),
    };
}
