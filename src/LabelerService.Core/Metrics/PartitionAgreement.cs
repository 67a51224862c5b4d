using LabelerService.Core.Uncertainty;

namespace LabelerService.Core.Metrics;

/// <summary>
/// How far two partitions of the same items agree, whatever the groups are called, corrected for what chance alone gives: 1 for the same
/// partition, 0 on average for partitions drawn at random with groups of these sizes.
/// </summary>
public static class PartitionAgreement
{
    /// <summary>
    /// Adjusted Rand index (Hubert, Arabie: Comparing Partitions. Journal of Classification 2, 1985, equation 5): with n_ij the items in
    /// group i of the one and j of the other, (Σ_ij C(n_ij, 2) − e) / (½ (Σ_i C(a_i, 2) + Σ_j C(b_j, 2)) − e), e = Σ_i C(a_i, 2) Σ_j C(b_j, 2) / C(N, 2).
    /// </summary>
    /// <param name="first">Group of each item.</param>
    /// <param name="second">Group of each item in the other partition.</param>
    /// <returns>At most 1; 1 also where both partitions leave nothing to disagree about.</returns>
    /// <exception cref="ArgumentException">There are no items, or the partitions are of different numbers of them.</exception>
    public static double AdjustedRand(ReadOnlySpan<int> first, ReadOnlySpan<int> second)
    {
        var table = Contingency.Of(first, second);
        double together = table.Cells.Sum(cell => Pairs(cell.Count)), rows = table.Rows.Sum(Pairs), columns = table.Columns.Sum(Pairs);
        var expected = rows * columns / Math.Max(Pairs(table.Total), 1);
        var most = (rows + columns) / 2;
        return most == expected ? 1 : (together - expected) / (most - expected);
    }

    /// <summary>
    /// Adjusted mutual information (Vinh, Epps, Bailey: Information Theoretic Measures for Clusterings Comparison. JMLR 11, 2010) with the
    /// arithmetic mean: (I − E[I]) / (½ (H(U) + H(V)) − E[I]).
    /// </summary>
    /// <param name="first">Group of each item.</param>
    /// <param name="second">Group of each item in the other partition.</param>
    /// <returns>At most 1; 1 also where both partitions have one group only, or each item its own.</returns>
    /// <exception cref="ArgumentException">There are no items, or the partitions are of different numbers of them.</exception>
    public static double AdjustedMutualInformation(ReadOnlySpan<int> first, ReadOnlySpan<int> second)
    {
        var table = Contingency.Of(first, second);
        var (groups, others) = (table.Rows.Length, table.Columns.Length);
        if (groups == others && (groups == 1 || groups == table.Total))
        {
            return 1;
        }

        var expected = ExpectedMutualInformation(table.Rows, table.Columns);
        var room = ((Entropy(table.Rows, table.Total) + Entropy(table.Columns, table.Total)) / 2) - expected;
        // Where one of them is trivial all three are 0 but for rounding: then nothing is said beyond chance.
        return groups == 1 || others == 1 ? 0 : (table.MutualInformation() - expected) / room;
    }

    /// <summary>Mutual information of two partitions, in nats.</summary>
    /// <exception cref="ArgumentException">There are no items, or the partitions are of different numbers of them.</exception>
    public static double MutualInformation(ReadOnlySpan<int> first, ReadOnlySpan<int> second) => Contingency.Of(first, second).MutualInformation();

    /// <summary>
    /// Mean mutual information, in nats, of two partitions drawn at random with groups of given sizes (Vinh, Epps, Bailey 2010, theorem 12):
    /// an item count n_ij is hypergeometric, so E[I] = Σ_ij Σ_n (n/N) ln(N n / (a_i b_j)) · C(b_j, n) C(N − b_j, a_i − n) / C(N, a_i). Exact; groups of the
    /// same size are counted once.
    /// </summary>
    /// <param name="rows">Sizes a_i of the groups of the one.</param>
    /// <param name="columns">Sizes b_j of the groups of the other; the same sum.</param>
    public static double ExpectedMutualInformation(IReadOnlyList<int> rows, IReadOnlyList<int> columns)
    {
        var total = rows.Sum();
        var sum = 0.0;
        foreach (var a in rows.GroupBy(size => size))
        {
            foreach (var b in columns.GroupBy(size => size))
            {
                sum += a.Count() * (double)b.Count() * Expected(a.Key, b.Key, total);
            }
        }

        return sum;
    }

    private static double Expected(int a, int b, int total)
    {
        var sum = 0.0;
        for (var n = Math.Max(1, a + b - total); n <= Math.Min(a, b); n++)
        {
            var logChance = LogBinomial(b, n) + LogBinomial(total - b, a - n) - LogBinomial(total, a);
            sum += (double)n / total * Math.Log((double)n / a * total / b) * Math.Exp(logChance);
        }

        return sum;
    }

    private static double LogBinomial(int n, int k) => GammaFunction.Log(n + 1.0) - GammaFunction.Log(k + 1.0) - GammaFunction.Log(n - k + 1.0);

    private static double Pairs(int count) => count * (count - 1.0) / 2;

    private static double Entropy(int[] sizes, int total) => -sizes.Sum(size => (double)size / total * Math.Log((double)size / total));

    // Items by their groups in both partitions; only cells that have any.
    private sealed record Contingency(int Total, int[] Rows, int[] Columns, (int Row, int Column, int Count)[] Cells)
    {
        public static Contingency Of(ReadOnlySpan<int> first, ReadOnlySpan<int> second)
        {
            if (first.Length == 0 || first.Length != second.Length)
            {
                throw new ArgumentException($"Two partitions of the same items are compared, not of {first.Length} and {second.Length}.", nameof(second));
            }

            Dictionary<int, int> rows = [], columns = [];
            Dictionary<(int Row, int Column), int> cells = [];
            for (var i = 0; i < first.Length; i++)
            {
                var cell = (Number(rows, first[i]), Number(columns, second[i]));
                cells[cell] = cells.GetValueOrDefault(cell) + 1;
            }

            var (a, b) = (new int[rows.Count], new int[columns.Count]);
            foreach (var ((row, column), count) in cells)
            {
                a[row] += count;
                b[column] += count;
            }

            return new Contingency(first.Length, a, b, [.. cells.Select(cell => (cell.Key.Row, cell.Key.Column, cell.Value))]);
        }

        public double MutualInformation() =>
            Cells.Sum(cell => (double)cell.Count / Total * Math.Log((double)cell.Count / Rows[cell.Row] * Total / Columns[cell.Column]));

        private static int Number(Dictionary<int, int> groups, int group)
        {
            groups.TryAdd(group, groups.Count);
            return groups[group];
        }
    }
}
