using LabelerService.Core.Annotations;

namespace LabelerService.Core.Agreement;

/// <summary>
/// What one labeler and some others said of the items they share, in margins and sums: Cohen's κ needs no more (A coefficient of agreement
/// for nominal scales, Educational and Psychological Measurement 20, 1960), nor does κ weighted by squared differences (Weighted kappa,
/// Psychological Bulletin 70, 1968): 1 − n Σ(a − b)² / Σ_ij n_i n_j (i − j)².
/// </summary>
internal sealed class PairTables
{
    private const int MostCells = 4_000_000;
    private readonly AnnotationTable _table;
    private readonly bool _ordered;
    private readonly int[] _slots;
    private readonly int[] _margins;
    private readonly Sums[] _sums;

    public PairTables(AnnotationTable table, bool ordered)
    {
        (_table, _ordered) = (table, ordered);
        Capacity = Math.Clamp(MostCells / (2 * table.ClassCount), 1, Math.Max(1, table.LabelerCount));
        _slots = new int[table.LabelerCount];
        _margins = new int[2 * table.ClassCount * Capacity];
        _sums = new Sums[Capacity];
    }

    /// <summary>Others at once.</summary>
    public int Capacity { get; }

    public void Fill(int a, int[] others)
    {
        var classes = _table.ClassCount;
        Array.Clear(_margins, 0, 2 * classes * others.Length);
        Array.Clear(_sums, 0, others.Length);
        for (var i = 0; i < others.Length; i++)
        {
            _slots[others[i]] = i + 1;
        }

        foreach (var position in _table.PositionsOfLabeler(a))
        {
            var (start, end) = _table.RangeOfItem(_table.Items[position]);
            var own = _table.Classes[position];
            for (var i = start; i < end; i++)
            {
                var slot = _slots[_table.Labelers[i]] - 1;
                if (slot < 0)
                {
                    continue;
                }

                var other = _table.Classes[i];
                _margins[(2 * classes * slot) + own]++;
                _margins[(2 * classes * slot) + classes + other]++;
                ref var sums = ref _sums[slot];
                sums.Items++;
                sums.Equal += own == other ? 1 : 0;
                sums.Distance += (double)(own - other) * (own - other);
            }
        }

        foreach (var other in others)
        {
            _slots[other] = 0;
        }
    }

    /// <summary>The pair of the other at a place of the last <see cref="Fill"/>.</summary>
    public LabelerPair Pair(int a, int b, int slot)
    {
        var classes = _table.ClassCount;
        var ofA = _margins.AsSpan(2 * classes * slot, classes);
        var ofB = _margins.AsSpan((2 * classes * slot) + classes, classes);
        var (items, equal, distance) = (_sums[slot].Items, _sums[slot].Equal, _sums[slot].Distance);
        double chance = 0, meanA = 0, meanB = 0;
        for (var c = 0; c < classes; c++)
        {
            chance += (double)ofA[c] * ofB[c];
            meanA += (double)ofA[c] * c / items;
            meanB += (double)ofB[c] * c / items;
        }

        double all = (double)items * items, spread = 0;
        for (var c = 0; c < classes && _ordered; c++)
        {
            spread += (ofA[c] * (c - meanA) * (c - meanA)) + (ofB[c] * (c - meanB) * (c - meanB));
        }

        // Whole numbers below 2^53: equality is exact.
        var defined = chance < all;
        var percent = (double)equal / items;
        var expected = (spread / items) + ((meanA - meanB) * (meanA - meanB));
        return new LabelerPair(
            a, b, items, percent,
            defined ? ((equal * (double)items) - chance) / (all - chance) : null,
            defined && _ordered ? 1 - (distance / items / expected) : null);
    }

    private struct Sums
    {
        public int Items;
        public int Equal;
        public double Distance;
    }
}
