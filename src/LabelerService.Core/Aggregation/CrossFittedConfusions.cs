using LabelerService.Core.Annotations;

namespace LabelerService.Core.Aggregation;

/// <summary>
/// Confusions for scoring annotations that are all there is: the items fall into folds, and each fold's confusions come from the other
/// folds, so that no annotation has a say in how it is judged itself. Immutable.
/// </summary>
public sealed class CrossFittedConfusions
{
    /// <summary>Folds unless told otherwise.</summary>
    public const int DefaultFolds = 5;

    private readonly LabelerConfusions[] _folds;
    private readonly int[] _foldOfItem;

    private CrossFittedConfusions(LabelerConfusions[] folds, int[] foldOfItem)
    {
        _folds = folds;
        _foldOfItem = foldOfItem;
    }

    /// <summary>Number of folds: as asked for, or the number of items with annotations where that is smaller; at least 1.</summary>
    public int FoldCount => _folds.Length;

    /// <summary>Number of classes K.</summary>
    public int ClassCount => _folds[0].ClassCount;

    /// <summary>Number of items N.</summary>
    public int ItemCount => _foldOfItem.Length;

    /// <summary>The confusions estimated without the item's fold.</summary>
    public LabelerConfusions Without(int item) => _folds[_foldOfItem[item]];

    /// <summary>Fold of an item, in [0, <see cref="FoldCount"/>).</summary>
    public int FoldOf(int item) => _foldOfItem[item];

    /// <summary>Draws the folds and runs <see cref="ConfusionEm"/> on the rest of each.</summary>
    /// <param name="table">The annotations.</param>
    /// <param name="itemPrior">
    /// Prior class distributions, row-major [N, K], rows summing to one: predictions of a model that was not trained on the table.
    /// </param>
    /// <param name="seed">Seed of the folds: the same seed and items give the same folds, whatever the annotations say.</param>
    /// <param name="folds">Number of folds, at least 2.</param>
    /// <param name="options">Settings of the EM; the defaults if null.</param>
    /// <param name="cancellationToken">Checked once an iteration.</param>
    /// <exception cref="ArgumentException">The prior is not of length N·K, or an option is out of range.</exception>
    public static CrossFittedConfusions Fit(
        AnnotationTable table,
        ReadOnlySpan<double> itemPrior,
        int seed,
        int folds = DefaultFolds,
        ConfusionEmOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(folds, 2);
        ClassDistributions.CheckLength(itemPrior.Length, table.ItemCount, table.ClassCount, nameof(itemPrior));
        int[] annotated = [.. Enumerable.Range(0, table.ItemCount).Where(item => table.RangeOfItem(item) is var (start, end) && start < end)];
        new Random(seed).Shuffle(annotated);
        var used = Math.Clamp(annotated.Length, 1, folds);
        var foldOfItem = new int[table.ItemCount];
        for (var i = 0; i < annotated.Length; i++)
        {
            foldOfItem[annotated[i]] = i % used;
        }

        var confusions = new LabelerConfusions[used];
        for (var fold = 0; fold < used; fold++)
        {
            confusions[fold] = ConfusionEm.Fit(Rest(table, foldOfItem, fold), options, itemPrior, cancellationToken).Confusions;
        }

        return new CrossFittedConfusions(confusions, foldOfItem);
    }

    // The same items and labelers without the fold's annotations.
    private static AnnotationTable Rest(AnnotationTable table, int[] foldOfItem, int fold)
    {
        List<int> items = [], labelers = [], classes = [];
        for (var i = 0; i < table.Count; i++)
        {
            if (foldOfItem[table.Items[i]] != fold)
            {
                items.Add(table.Items[i]);
                labelers.Add(table.Labelers[i]);
                classes.Add(table.Classes[i]);
            }
        }

        return new AnnotationTable(
            table.ItemCount, table.LabelerCount, table.ClassCount, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(items),
            System.Runtime.InteropServices.CollectionsMarshal.AsSpan(labelers), System.Runtime.InteropServices.CollectionsMarshal.AsSpan(classes));
    }
}
