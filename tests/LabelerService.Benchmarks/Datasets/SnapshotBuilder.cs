using System.Runtime.InteropServices;
using System.Security.Cryptography;
using LabelerService.Core.Annotations;
using LabelerService.Core.Datasets;
using LabelerService.Core.Training;

namespace LabelerService.Benchmarks.Datasets;

/// <summary>Puts a snapshot together from files instead of a database.</summary>
internal static class SnapshotBuilder
{
    /// <summary>Makes a snapshot of vectors.</summary>
    /// <param name="name">The dataset's id.</param>
    /// <param name="classes">Number of classes; they are called class-0, class-1, ….</param>
    /// <param name="features">Features, row-major [N, D].</param>
    /// <param name="splits">Split of each item.</param>
    /// <param name="gold">Gold class of each item.</param>
    /// <param name="labelers">Ids of the labelers, or null for labeler-0, labeler-1, ….</param>
    /// <param name="annotations">The annotations.</param>
    public static TrainingSnapshot Vectors(
        string name, int classes, float[] features, Split[] splits, int[] gold, IReadOnlyList<string>? labelers, AnnotationTable annotations) =>
        Of(name, classes, features, ItemKind.Vector, [features.Length / splits.Length], splits, gold, labelers, annotations);

    /// <summary>Makes a snapshot of images.</summary>
    /// <param name="name">The dataset's id.</param>
    /// <param name="classes">Number of classes; they are called class-0, class-1, ….</param>
    /// <param name="pixels">Images, row-major [N, height, width, channels].</param>
    /// <param name="shape">Height, width and channels.</param>
    /// <param name="splits">Split of each item.</param>
    /// <param name="gold">Gold class of each item.</param>
    /// <param name="labelers">Ids of the labelers, or null for labeler-0, labeler-1, ….</param>
    /// <param name="annotations">The annotations.</param>
    public static TrainingSnapshot Images(
        string name, int classes, float[] pixels, IReadOnlyList<int> shape, Split[] splits, int[] gold, IReadOnlyList<string>? labelers,
        AnnotationTable annotations) => Of(name, classes, pixels, ItemKind.Image, shape, splits, gold, labelers, annotations);

    private static TrainingSnapshot Of(
        string name, int classes, float[] features, ItemKind kind, IReadOnlyList<int> shape, Split[] splits, int[] gold,
        IReadOnlyList<string>? labelers, AnnotationTable annotations) => new()
        {
            Dataset = name,
            SnapshotId = Hash(features, splits, gold, annotations),
            Schema = new DatasetSchema(
                [.. Enumerable.Range(0, classes).Select(k => $"class-{k}")], classes == 2 ? LabelKind.Binary : LabelKind.MultiClass,
                kind, shape),
            ItemIds = [.. Enumerable.Range(0, splits.Length).Select(n => $"item-{n}")],
            Features = features,
            Splits = splits,
            Gold = gold,
            LabelerIds = labelers is null ? [.. Enumerable.Range(0, annotations.LabelerCount).Select(r => $"labeler-{r}")] : [.. labelers],
            Annotations = annotations,
        };

    private static string Hash(float[] features, Split[] splits, int[] gold, AnnotationTable annotations)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(MemoryMarshal.AsBytes(features.AsSpan()));
        hash.AppendData(MemoryMarshal.AsBytes(splits.AsSpan()));
        hash.AppendData(MemoryMarshal.AsBytes(gold.AsSpan()));
        hash.AppendData(MemoryMarshal.AsBytes(annotations.Items));
        hash.AppendData(MemoryMarshal.AsBytes(annotations.Labelers));
        hash.AppendData(MemoryMarshal.AsBytes(annotations.Classes));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
