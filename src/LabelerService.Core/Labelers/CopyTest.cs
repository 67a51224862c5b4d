using LabelerService.Core.Annotations;

namespace LabelerService.Core.Labelers;

/// <summary>
/// Compares two labelers on the items they share. If neither knows of the other they answer y both with probability
/// P(y) = Σ_k q(k) Θ_a(y|k) Θ_b(y|k), where q is what all others say of the item; if one copies the other, with ½(P_a(y) + P_b(y)), P_a(y) = Σ_k q(k) Θ_a(y|k).
/// Statistic: the log likelihood ratio of copying half of the time (the dependence of Dong, Berti-Équille, Srivastava: Integrating conflicting
/// data: the role of source dependence, VLDB 2009, §3, for labelers with confusions). Agreement that both skills explain says little, the
/// same error a lot. In every crowd all labelers share some errors, since some items are hard: the excess of agreement c₀ that two labelers
/// of this crowd have in common is part of the null hypothesis. So is that the shared items, often one batch that one third labeler has
/// labelled too, may have other class shares than q says: q(k) is multiplied by π_k/π⁰_k with π fitted to both labelers' answers (Saerens,
/// Latinne, Decaestecker, Neural Computation 14, 2002, eq. 2.4), shrunk to the mean π⁰ of q. P-value as in <see cref="CarelessTest"/>: E_copy[e^−B; B ≥ b], drawn from copying.
/// </summary>
internal sealed class CopyTest(OthersConsensus others, AnnotationTable table, double common, int seed)
{
    private const double Copied = 0.5;
    private const int Draws = 200;
    private const double Certain = 30;

    // Pseudo-items of the classes as the others have them, and rounds of fitting them to the shared items.
    private const double ClassStrength = 2;
    private const int Rounds = 8;

    // Of a class less likely than this no agreement is expected.
    private const double Negligible = 1e-12;

    private readonly double[] _before = new double[table.ClassCount];
    private readonly double[] _shares = new double[table.ClassCount];
    private readonly double[] _sums = new double[table.ClassCount];
    private readonly double[] _joint = new double[table.ClassCount];
    private readonly double[] _both = new double[table.ClassCount];
    private readonly double[] _either = new double[table.ClassCount];
    private double[] _classes = [];
    private double[] _null = [];
    private double[] _ratios = [];

    /// <summary>The excess of agreement of a pair, 0 = by chance, 1 = always: unbiased, so below 0 half of the time where there is none.</summary>
    public double Excess(int a, int b, ReadOnlySpan<(int Mine, int Theirs)> shared)
    {
        Load(a, b, shared);
        double more = 0, room = 0;
        for (var i = 0; i < shared.Length; i++)
        {
            var agreement = Total(i);
            more += (table.Classes[shared[i].Mine] == table.Classes[shared[i].Theirs] ? 1 : 0) - agreement;
            room += 1 - agreement;
        }

        return room > 1e-9 ? more / room : 0;
    }

    /// <summary>Tests a pair.</summary>
    /// <param name="a">The labeler whose meetings these are.</param>
    /// <param name="b">The other.</param>
    /// <param name="shared">Positions of both annotations of each item that they share.</param>
    public LookAlikePair Run(int a, int b, ReadOnlySpan<(int Mine, int Theirs)> shared)
    {
        Load(a, b, shared);
        var (statistic, errors, expected) = (0.0, 0.0, 0.0);
        var agreed = 0;
        for (var i = 0; i < shared.Length; i++)
        {
            var row = ClassOf(i);
            var answer = table.Classes[shared[i].Mine];
            var same = answer == table.Classes[shared[i].Theirs];
            agreed += same ? 1 : 0;
            errors += same ? 1 - row[answer] : 0;
            for (var y = 0; y < row.Length; y++)
            {
                expected += _null[(i * row.Length) + y] * (1 - row[y]);
            }

            statistic += same ? _ratios[(i * row.Length) + answer] : Math.Log(1 - Copied);
        }

        return new LookAlikePair(a, b, shared.Length, agreed, errors, expected, statistic, PValue(a, b, shared.Length, statistic));
    }

    private Span<double> ClassOf(int i) => _classes.AsSpan(i * table.ClassCount, table.ClassCount);

    // Probabilities of both giving each answer under the null hypothesis, and the log likelihood ratios of that.
    private void Load(int a, int b, ReadOnlySpan<(int Mine, int Theirs)> shared)
    {
        var classes = table.ClassCount;
        if (_null.Length < shared.Length * classes)
        {
            (_classes, _null, _ratios) = (new double[shared.Length * classes], new double[shared.Length * classes], new double[shared.Length * classes]);
        }

        double[] mine = others.Confusions.Matrix(a), theirs = others.Confusions.Matrix(b);
        for (var i = 0; i < shared.Length; i++)
        {
            others.Without(table.Items[shared[i].Mine], shared[i].Mine, shared[i].Theirs, ClassOf(i));
        }

        FitShares(mine, theirs, shared);
        for (var i = 0; i < shared.Length; i++)
        {
            var row = ClassOf(i);
            Reweigh(row, row);
            _both.AsSpan().Clear();
            _either.AsSpan().Clear();
            for (var k = 0; k < classes; k++)
            {
                // Of many classes the others leave few: so the cost of an item is hardly ever classes².
                if (row[k] < Negligible)
                {
                    continue;
                }

                var p = mine.AsSpan(k * classes, classes);
                var q = theirs.AsSpan(k * classes, classes);
                for (var y = 0; y < classes; y++)
                {
                    _both[y] += row[k] * p[y] * q[y];
                    _either[y] += row[k] * (p[y] + q[y]) / 2;
                }
            }

            for (var y = 0; y < classes; y++)
            {
                var (both, either) = (_both[y], _either[y]);
                var chance = ((1 - common) * both) + (common * either);
                _null[(i * classes) + y] = chance;
                _ratios[(i * classes) + y] = Math.Log(1 - Copied + (Copied * either / Math.Max(chance, 1e-300)));
            }
        }
    }

    private void FitShares(double[] mine, double[] theirs, ReadOnlySpan<(int Mine, int Theirs)> shared)
    {
        var classes = table.ClassCount;
        Array.Clear(_before);
        for (var i = 0; i < shared.Length; i++)
        {
            var row = ClassOf(i);
            for (var k = 0; k < classes; k++)
            {
                _before[k] += (row[k] + (1e-3 / classes)) / (shared.Length * (1 + 1e-3));
            }
        }

        _before.CopyTo(_shares, 0);
        for (var round = 0; round < Rounds; round++)
        {
            for (var k = 0; k < classes; k++)
            {
                _sums[k] = ClassStrength * _before[k];
            }

            for (var i = 0; i < shared.Length; i++)
            {
                var (y, z) = (table.Classes[shared[i].Mine], table.Classes[shared[i].Theirs]);
                for (var k = 0; k < classes; k++)
                {
                    _joint[k] = ClassOf(i)[k] * mine[(k * classes) + y] * theirs[(k * classes) + z];
                }

                Reweigh(_joint, _joint);
                for (var k = 0; k < classes; k++)
                {
                    _sums[k] += _joint[k];
                }
            }

            for (var k = 0; k < classes; k++)
            {
                _shares[k] = _sums[k] / (shared.Length + ClassStrength);
            }
        }
    }

    // Multiplies by the ratio of shares, and normalises.
    private void Reweigh(ReadOnlySpan<double> from, Span<double> to)
    {
        var total = 0.0;
        for (var k = 0; k < to.Length; k++)
        {
            to[k] = from[k] * _shares[k] / _before[k];
            total += to[k];
        }

        for (var k = 0; k < to.Length; k++)
        {
            to[k] = total > 0 ? to[k] / total : _shares[k];
        }
    }

    private double Total(int i)
    {
        var sum = 0.0;
        foreach (var p in _null.AsSpan(i * table.ClassCount, table.ClassCount))
        {
            sum += p;
        }

        return sum;
    }

    private double PValue(int a, int b, int count, double statistic)
    {
        if (statistic <= 0)
        {
            return 1;
        }

        var bound = Math.Exp(-statistic);
        if (statistic > Certain)
        {
            return bound;
        }

        var random = new Random(unchecked((seed * 397) ^ (a * 16777619) ^ (b * 40503)));
        var sum = bound;
        for (var draw = 0; draw < Draws; draw++)
        {
            var drawn = 0.0;
            for (var i = 0; i < count; i++)
            {
                drawn += Draw(i, random);
            }

            sum += drawn >= statistic ? Math.Exp(-drawn) : 0;
        }

        return Math.Min(bound, sum / (Draws + 1));
    }

    // Both answers to an item, drawn from copying half of the time; the log likelihood ratio of them. The density is e^ratio · null.
    private double Draw(int i, Random random)
    {
        var left = random.NextDouble();
        for (var cell = i * table.ClassCount; cell < (i + 1) * table.ClassCount; cell++)
        {
            left -= _null[cell] * Math.Exp(_ratios[cell]);
            if (left < 0)
            {
                return _ratios[cell];
            }
        }

        return Math.Log(1 - Copied);
    }
}
