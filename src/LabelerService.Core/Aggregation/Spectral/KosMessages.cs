using LabelerService.Core.Aggregation.Votes;
using LabelerService.Core.Annotations;
using LabelerService.Core.Parallelism;

namespace LabelerService.Core.Aggregation.Spectral;

/// <summary>
/// The messages of KOS (Karger, Oh and Shah 2014, Operations Research 62, section 2.2): from item n to labeler j what the other labelers make
/// of the item, x_{n→j} = Σ_{r≠j} A_nr y_{r→n}, and from labeler j to item n how reliable j is by the other items,
/// y_{j→n} = Σ_{m≠n} A_mj x_{m→j}.
/// </summary>
/// <remarks>
/// The paper has two classes and A = ±1. Here A_nr is the vector e(y_nr) − 1/K in R^K and products are inner products, so x is a vector and y
/// stays a number; for K = 2 that is the paper's algorithm, times a constant. As the entries of x sum to 0, only its entry at the label is
/// needed: A_nj · x_{n→j} = V(y_nj) − y_{j→n} − (T − y_{j→n})/K with V(k) the reliabilities on class k and T their sum. So an iteration
/// is linear in annotations. A known item speaks as if all its other labelers, as reliable as any, had named its class. Groups of labelers
/// who share no item are scaled each by itself, as no message passes between them; where the messages of a group vanish, votes count alike.
/// </remarks>
internal sealed class KosMessages
{
    private readonly AggregationInput _input;
    private readonly AnnotationTable _table;
    private readonly Blocks _blocks;
    private readonly LabelerGroups _groups;
    private readonly double[] _messages;
    private readonly double[] _sums;
    private readonly double[] _largest;
    private readonly double[] _scales;

    internal KosMessages(AggregationInput input, Blocks blocks)
    {
        (_input, _table, _blocks) = (input, input.Table, blocks);
        _groups = LabelerGroups.Of(_table);
        _messages = new double[_table.Count];
        _sums = new double[_table.LabelerCount];
        _largest = new double[_table.LabelerCount];
        _scales = new double[_groups.Count];
        Reliabilities = new double[_table.Count];
        // The paper starts from N(1, 1); their mean gives the same limit, and the first step is a majority vote.
        Reliabilities.AsSpan().Fill(1);
    }

    /// <summary>y_{j→n} of each annotation, in the order of the table; at most 1 in size within a group.</summary>
    internal double[] Reliabilities { get; }

    /// <summary>One iteration.</summary>
    /// <returns>The largest change of a labeler's mean reliability.</returns>
    internal double Step()
    {
        _blocks.Run(_table.ItemCount, WeightedVotes.BlockSize, FromItems);
        _blocks.Run(_table.LabelerCount, LabelerOrder.BlockSize, FromLabelers);
        Scale();
        return _blocks.Max(_table.LabelerCount, LabelerOrder.BlockSize, Apply);
    }

    /// <summary>
    /// The crowd is right more often than wrong (the paper's assumption E[2p − 1] &gt; 0): turns round the groups in which reliabilities say
    /// otherwise, unless known items say so.
    /// </summary>
    internal void Orient()
    {
        var means = new double[_groups.Count];
        var known = new bool[_groups.Count];
        for (var n = 0; n < _table.ItemCount; n++)
        {
            var (start, end) = _table.RangeOfItem(n);
            for (var i = start; i < end; i++)
            {
                means[_groups.Groups[_table.Labelers[i]]] += Reliabilities[i];
            }

            if (start < end && _input.IsGold(n, out _))
            {
                known[_groups.Groups[_table.Labelers[start]]] = true;
            }
        }

        for (var i = 0; i < _table.Count; i++)
        {
            var group = _groups.Groups[_table.Labelers[i]];
            Reliabilities[i] = means[group] < 0 && !known[group] ? -Reliabilities[i] : Reliabilities[i];
        }
    }

    private void FromItems(int first, int last)
    {
        var labels = _table.Classes;
        var classes = _table.ClassCount;
        Span<double> votes = classes <= 64 ? stackalloc double[classes] : new double[classes];
        for (var n = first; n < last; n++)
        {
            var (start, end) = _table.RangeOfItem(n);
            if (_input.IsGold(n, out var known))
            {
                var weight = Math.Max(1, end - start - 1);
                for (var i = start; i < end; i++)
                {
                    _messages[i] = weight * ((labels[i] == known ? 1 : 0) - (1.0 / classes));
                }

                continue;
            }

            votes.Clear();
            var total = 0.0;
            for (var i = start; i < end; i++)
            {
                votes[labels[i]] += Reliabilities[i];
                total += Reliabilities[i];
            }

            for (var i = start; i < end; i++)
            {
                _messages[i] = votes[labels[i]] - Reliabilities[i] - ((total - Reliabilities[i]) / classes);
            }
        }
    }

    private void FromLabelers(int first, int last)
    {
        for (var r = first; r < last; r++)
        {
            var (sum, largest) = (0.0, 0.0);
            foreach (var i in _table.PositionsOfLabeler(r))
            {
                sum += _messages[i];
            }

            foreach (var i in _table.PositionsOfLabeler(r))
            {
                largest = Math.Max(largest, Math.Abs(sum - _messages[i]));
            }

            (_sums[r], _largest[r]) = (sum, largest);
        }
    }

    private void Scale()
    {
        Array.Clear(_scales);
        for (var r = 0; r < _largest.Length; r++)
        {
            if (_groups.Groups[r] is >= 0 and var group)
            {
                _scales[group] = Math.Max(_scales[group], _largest[r]);
            }
        }
    }

    // New reliabilities; rounding leaves less than this of messages that cancel.
    private double Apply(int first, int last)
    {
        const double Vanished = 1e-12;
        var change = 0.0;
        for (var r = first; r < last; r++)
        {
            var positions = _table.PositionsOfLabeler(r);
            var moved = 0.0;
            foreach (var i in positions)
            {
                var scale = _scales[_groups.Groups[r]];
                var next = scale > Vanished ? (_sums[r] - _messages[i]) / scale : 1;
                moved += next - Reliabilities[i];
                Reliabilities[i] = next;
            }

            change = Math.Max(change, positions.Length == 0 ? 0 : Math.Abs(moved) / positions.Length);
        }

        return change;
    }
}
