using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using LabelerService.Core.Annotations;
using LabelerService.Core.Datasets;
using LabelerService.Core.Randomness;
using LabelerService.Core.Training;

namespace LabelerService.Core.Curves;

/// <summary>Parts of a snapshot to train on. They share its features: dispose of the whole one only.</summary>
public static class SnapshotThinning
{
    // Streams of the draws: which items go first, which labels of an item, whether a fraction of a label is rounded up, who is set aside.
    private const long ItemOrder = 1;
    private const long LabelOrder = 2;
    private const long Rounding = 3;
    private const long SetAside = 4;

    /// <summary>
    /// The snapshot with a share of its annotated training items and of their labels. Parts are nested: of one seed, a smaller share is a part of
    /// a larger one. What is left out keeps its features and has no annotations; items of the other splits stay as they are.
    /// </summary>
    /// <param name="snapshot">The whole data.</param>
    /// <param name="itemShare">Share of the training items with a label, in (0, 1]; at least one stays.</param>
    /// <param name="labelShare">
    /// Share of an item's c labels, in (0, 1]: ⌊share·c + u⌋ with u uniform in [0, 1) stay, at least one, so that the mean share is right.
    /// </param>
    /// <param name="seed">Decides which.</param>
    public static TrainingSnapshot Thinned(this TrainingSnapshot snapshot, double itemShare, double labelShare, long seed)
    {
        var table = snapshot.Annotations;
        int[] annotated = [.. Enumerable.Range(0, table.ItemCount).Where(n => snapshot.Splits[n] == Split.Train && Count(table, n) > 0)];
        if (annotated.Length == 0 || (itemShare == 1 && labelShare == 1))
        {
            return snapshot;
        }

        var order = annotated.Select(n => Draw(seed, ItemOrder, n)).ToArray();
        int[] ranked = [.. annotated];
        Array.Sort(order, ranked);
        var kept = new bool[table.ItemCount];
        foreach (var item in ranked.AsSpan(0, KeptItems(annotated.Length, itemShare)))
        {
            kept[item] = true;
        }

        return WithAnnotations(snapshot, item => snapshot.Splits[item] != Split.Train
            ? Count(table, item)
            : kept[item] ? KeptLabels(Count(table, item), labelShare, Draw(seed, Rounding, item)) : 0,
            seed,
            string.Create(CultureInfo.InvariantCulture, $"items {itemShare:R} labels {labelShare:R} seed {seed}"));
    }

    /// <summary>
    /// The snapshot where models are measured by annotations, as it has no gold to measure by: items of the test or validation split that have
    /// labels, or else a fifth of the annotated training items, which are trained on no longer. Their gold is the class most of their
    /// labels name; those without such a class are left out. The same for every seed.
    /// </summary>
    public static TrainingSnapshot MeasuredByAnnotations(this TrainingSnapshot snapshot)
    {
        const int Share = 5;
        var table = snapshot.Annotations;
        var (splits, gold) = ((Split[])snapshot.Splits.Clone(), new int[snapshot.Gold.Length]);
        Array.Fill(gold, -1);
        int[] measured = [.. Enumerable.Range(0, splits.Length).Where(n => splits[n] != Split.Train && Count(table, n) > 0)];
        if (measured.Length == 0)
        {
            int[] training = [.. Enumerable.Range(0, splits.Length).Where(n => Count(table, n) > 0)];
            var order = training.Select(n => Draw(0, SetAside, n)).ToArray();
            Array.Sort(order, training);
            measured = training[..(training.Length / Share)];
        }

        foreach (var item in measured)
        {
            (splits[item], gold[item]) = (Split.Test, MostFrequent(table, item));
        }

        return Part(snapshot, table, splits, gold, "measured by annotations");
    }

    /// <summary>Training items with a label and their labels.</summary>
    public static CurveSize TrainingSize(this TrainingSnapshot snapshot)
    {
        var table = snapshot.Annotations;
        var items = Enumerable.Range(0, table.ItemCount).Where(n => snapshot.Splits[n] == Split.Train && Count(table, n) > 0);
        return items.Aggregate(new CurveSize(0, 0), (size, n) => new CurveSize(size.Items + 1, size.Labels + Count(table, n)));
    }

    private static int KeptItems(int count, double share) => Math.Clamp((int)Math.Ceiling((share * count) - 1e-9), 1, count);

    private static int KeptLabels(int count, double share, double uniform) => Math.Clamp((int)((share * count) + uniform), 1, count);

    private static TrainingSnapshot WithAnnotations(TrainingSnapshot snapshot, Func<int, int> labelsOf, long seed, string part)
    {
        var table = snapshot.Annotations;
        var (items, labelers, classes) = (new List<int>(), new List<int>(), new List<int>());
        for (var item = 0; item < table.ItemCount; item++)
        {
            var (start, end) = table.RangeOfItem(item);
            var labels = labelsOf(item);
            int[] positions = [.. Enumerable.Range(start, end - start)];
            if (labels < positions.Length)
            {
                var order = positions.Select(a => Draw(seed, LabelOrder, ((long)item << 32) | (uint)table.Labelers[a])).ToArray();
                Array.Sort(order, positions);
                positions = [.. positions.Take(labels).Order()];
            }

            foreach (var a in positions)
            {
                items.Add(item);
                labelers.Add(table.Labelers[a]);
                classes.Add(table.Classes[a]);
            }
        }

        var thinned = new AnnotationTable(
            table.ItemCount, table.LabelerCount, table.ClassCount, [.. items], [.. labelers], [.. classes]);
        return Part(snapshot, thinned, snapshot.Splits, snapshot.Gold, part);
    }

    private static TrainingSnapshot Part(TrainingSnapshot snapshot, AnnotationTable table, Split[] splits, int[] gold, string part) => new()
    {
        Dataset = snapshot.Dataset,
        SnapshotId = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{snapshot.SnapshotId} {part}"))),
        Schema = snapshot.Schema,
        ItemIds = snapshot.ItemIds,
        ItemKeys = snapshot.ItemKeys,
        ItemTimes = snapshot.ItemTimes,
        ContentHashes = snapshot.ContentHashes,
        Encoding = snapshot.Encoding,
        Features = snapshot.Features,
        Splits = splits,
        Gold = gold,
        LabelerIds = snapshot.LabelerIds,
        Annotations = table,
    };

    // The most frequent class, −1 on a tie.
    private static int MostFrequent(AnnotationTable table, int item)
    {
        var (start, end) = table.RangeOfItem(item);
        var votes = new int[table.ClassCount];
        foreach (var named in table.Classes[start..end])
        {
            votes[named]++;
        }

        var most = votes.Max();
        return votes.Count(count => count == most) == 1 ? Array.IndexOf(votes, most) : -1;
    }

    private static int Count(AnnotationTable table, int item)
    {
        var (start, end) = table.RangeOfItem(item);
        return end - start;
    }

    private static double Draw(long seed, long stream, long part) => new RandomStream(seed, stream, part).NextDouble();
}
