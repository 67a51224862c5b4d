namespace LabelerService.Core.Datasets;

/// <summary>What kind of answer a labeler gives. The values are stored; never renumber.</summary>
public enum LabelKind
{
    /// <summary>Two classes.</summary>
    Binary = 1,

    /// <summary>Three or more classes without an order.</summary>
    MultiClass = 2,

    /// <summary>Three or more classes from least to most (grades).</summary>
    Ordinal = 3,
}

/// <summary>What an item is. The values are stored; never renumber.</summary>
public enum ItemKind
{
    /// <summary>A dense vector of fixed length.</summary>
    Vector = 1,

    /// <summary>An image of fixed height, width and channels.</summary>
    Image = 2,

    /// <summary>UTF-8 text.</summary>
    Text = 3,

    /// <summary>A sequence of steps, each a dense vector of fixed length.</summary>
    Sequence = 4,
}

/// <summary>The fixed shape of a dataset: its classes and what its items are.</summary>
/// <param name="Classes">Class names in index order; for <see cref="LabelKind.Ordinal"/> from least to most.</param>
/// <param name="LabelKind">Kind of answer.</param>
/// <param name="ItemKind">Kind of item.</param>
/// <param name="ItemShape">Vector: [D]. Image: [H, W, C]. Sequence: [D per step]. Text: empty.</param>
public sealed record DatasetSchema(
    IReadOnlyList<string> Classes, LabelKind LabelKind, ItemKind ItemKind, IReadOnlyList<int> ItemShape)
{
    /// <summary>Number of float32 values of one item, where it is fixed (vector, image); otherwise 0.</summary>
    public int FeatureLength => ItemKind is ItemKind.Vector or ItemKind.Image
        ? ItemShape.Aggregate(1, (product, side) => checked(product * side))
        : 0;
}
