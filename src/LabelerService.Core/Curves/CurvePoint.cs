namespace LabelerService.Core.Curves;

/// <summary>What the accuracy of a curve's models is measured against. The values are stored; never renumber.</summary>
public enum CurveBasis
{
    /// <summary>Gold classes of test items.</summary>
    TestGold = 1,

    /// <summary>Gold classes of validation items, which also chose when to stop: a little too good.</summary>
    ValidationGold = 2,

    /// <summary>The most frequent class among the annotations of items that were set aside.</summary>
    HeldOutAnnotations = 3,
}

/// <summary>Where a curve is measured: a part of the data, a capacity and a seed.</summary>
/// <param name="Capacity">Capacity of the backbone; empty for the one that the settings say.</param>
/// <param name="ItemShare">Share of the annotated training items, in (0, 1].</param>
/// <param name="LabelShare">Share of the labels of each item, in (0, 1].</param>
/// <param name="Seed">Seed of the sub-sample and of the training.</param>
public sealed record CurveCell(string Capacity, double ItemShare, double LabelShare, long Seed);

/// <summary>A model that was trained on a part of the data, or could not be.</summary>
/// <param name="Cell">Which part.</param>
/// <param name="Items">Training items with a label.</param>
/// <param name="Labels">Labels of these.</param>
/// <param name="Accuracy">Share of the evaluated items whose class is named right, in [0, 1]; null where no model could be trained.</param>
/// <param name="Evaluated">Items that it is measured on.</param>
/// <param name="Seconds">Wall time of the training.</param>
/// <param name="Problem">Why no model could be trained; null where one was.</param>
public sealed record CurvePoint(CurveCell Cell, long Items, long Labels, double? Accuracy, int Evaluated, double Seconds, string? Problem = null);

/// <summary>How much data there is in all.</summary>
/// <param name="Items">Training items with a label.</param>
/// <param name="Labels">Labels of these.</param>
public sealed record CurveSize(long Items, long Labels)
{
    /// <summary>Labels an item has on average.</summary>
    public double LabelsPerItem => Items == 0 ? 0 : (double)Labels / Items;
}

/// <summary>An expected value and its 95 % interval.</summary>
/// <param name="Mean">Expected value.</param>
/// <param name="Low">2.5 % quantile.</param>
/// <param name="High">97.5 % quantile.</param>
public readonly record struct CurveInterval(double Mean, double Low, double High);
