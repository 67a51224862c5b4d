namespace LabelerService.Core.Acquisition;

/// <summary>Place in the heap: most worth first, then the shuffle.</summary>
internal readonly record struct NextOrder(double Worth, uint Shuffle, int Item)
{
    public static Comparer<NextOrder> Comparer { get; } = Comparer<NextOrder>.Create((a, b) =>
        a.Worth != b.Worth ? b.Worth.CompareTo(a.Worth) : a.Shuffle != b.Shuffle ? a.Shuffle.CompareTo(b.Shuffle) : a.Item.CompareTo(b.Item));
}
