using LabelerService.Core.Parallelism;

namespace LabelerService.Core.Aggregation.Spectral;

/// <summary>Settings of <see cref="RankOneCompletion"/>.</summary>
internal sealed record RankOneOptions
{
    internal int MaxIterations { get; init; } = 1000;

    /// <summary>Ends when no factor moves by more than this.</summary>
    internal double Tolerance { get; init; } = 1e-6;

    /// <summary>Share of a labeler's others that may be outliers on either side.</summary>
    internal double Outliers { get; init; } = 0.1;
}

/// <summary>
/// M-MSR, robust completion of a rank-one matrix (Ma and Olshevsky 2020, NeurIPS 33, section 3): |C_ij| ≈ u_i v_j for the pairs that were seen.
/// u and v take turns; v_j becomes the mean of |C_ij|/u_i over i, without the F values that are farthest above the present v_j and the F that
/// are farthest below (all of them where there are fewer).
/// </summary>
/// <remarks>
/// The paper takes one F for all, from the labeler with the fewest others, and a plain mean. Real crowds have labelers with one or two others, which
/// leaves no filter; so F is a share of a labeler's own others. And the mean is weighted by n_ij u_i², with n_ij the items that i and j share: the least squares of
/// Σ n_ij (|C_ij| − u_i v_j)², in which labelers who say nothing of others, u ≈ 0, say nothing.
/// </remarks>
internal sealed class RankOneCompletion
{
    private readonly LabelerAgreements _agreements;
    private readonly int _labelers;
    private readonly int _classes;
    private readonly RankOneOptions _options;
    private readonly double _smallest;
    private readonly double[] _left;
    private readonly double[] _right;

    internal RankOneCompletion(LabelerAgreements agreements, int labelers, int classes, double smallest, RankOneOptions options)
    {
        (_agreements, _labelers, _classes, _options, _smallest) = (agreements, labelers, classes, options, smallest);
        _left = new double[labelers + 1];
        _right = new double[labelers + 1];
    }

    internal int Iterations { get; private set; }

    internal bool Converged { get; private set; }

    /// <summary>
    /// C_ij = (K a_ij − 1)/(K − 1) with a_ij the share of the common items on which i and j agree: its mean is s_i s_j, where the labeler i is right with
    /// probability (1 + (K − 1) s_i)/K.
    /// </summary>
    internal static double Covariance(LabelerAgreement pair, int classes) =>
        ((classes * (double)pair.Agreed / pair.Shared) - 1) / (classes - 1);

    /// <summary>
    /// |s| of each labeler [R]: √(u v), which does not depend on how the sizes of u and v are shared out; NaN of labelers who share no item with anybody.
    /// </summary>
    internal double[] Sizes(Blocks blocks, AggregationControl control)
    {
        Start();
        var most = control.MaxIterations ?? _options.MaxIterations;
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(most);
        while (!Converged && Iterations < most)
        {
            Iterations++;
            var change = Math.Max(Update(_left, _right, blocks), Update(_right, _left, blocks));
            Converged = change < _options.Tolerance;
            control.Progress?.Report(new AggregationProgress(Iterations, most, change));
        }

        var sizes = new double[_labelers];
        for (var r = 0; r < _labelers; r++)
        {
            sizes[r] = _agreements.Of(r).IsEmpty ? double.NaN : Math.Sqrt(_left[r] * _right[r]);
        }

        return sizes;
    }

    // The same for all, so that nothing depends on the order of labelers: the root of the mean |C|; known classes are always right.
    private void Start()
    {
        var (sum, pairs) = (0.0, 0L);
        for (var r = 0; r < _labelers; r++)
        {
            foreach (var pair in _agreements.Of(r))
            {
                sum += Math.Abs(Covariance(pair, _classes));
                pairs++;
            }
        }

        var start = Math.Max(_smallest, pairs == 0 ? 0 : Math.Sqrt(sum / pairs));
        _left.AsSpan().Fill(start);
        _right.AsSpan().Fill(start);
        (_left[_labelers], _right[_labelers]) = (1, 1);
    }

    private double Update(double[] given, double[] updated, Blocks blocks) =>
        blocks.Max(_labelers, LabelerOrder.BlockSize, (first, last) =>
        {
            var moved = 0.0;
            var (keys, values) = (Array.Empty<float>(), Array.Empty<(double, double)>());
            for (var j = first; j < last; j++)
            {
                var pairs = _agreements.Of(j);
                if (keys.Length < pairs.Length)
                {
                    (keys, values) = (new float[pairs.Length], new (double, double)[pairs.Length]);
                }

                for (var i = 0; i < pairs.Length; i++)
                {
                    var factor = given[pairs[i].Other];
                    var ratio = Math.Abs(Covariance(pairs[i], _classes)) / factor;
                    keys[i] = (float)ratio;
                    values[i] = (ratio, pairs[i].Shared * factor * factor);
                }

                var next = Math.Max(_smallest, FilteredMean(keys.AsSpan(0, pairs.Length), values.AsSpan(0, pairs.Length), updated[j]));
                moved = Math.Max(moved, Math.Abs(next - updated[j]));
                updated[j] = next;
            }

            return moved;
        });

    // Keys are the ratios in single precision, in which what is equal up to rounding is equal. Of equal ratios some of which are left out, all count
    // in part: so the order of labelers does not choose.
    private double FilteredMean(Span<float> keys, Span<(double Ratio, double Weight)> values, double present)
    {
        keys.Sort(values);
        var most = (int)(values.Length * _options.Outliers);
        var (start, end) = (0, values.Length);
        while (start < most && keys[start] < (float)present)
        {
            start++;
        }

        while (values.Length - end < most && keys[end - 1] > (float)present)
        {
            end--;
        }

        var (sum, total) = (0.0, 0.0);
        for (var i = 0; i < end;)
        {
            var (group, weighted, weight) = (i, 0.0, 0.0);
            for (; i < values.Length && keys[i] == keys[group]; i++)
            {
                weighted += values[i].Ratio * values[i].Weight;
                weight += values[i].Weight;
            }

            var kept = (double)Math.Max(0, Math.Min(i, end) - Math.Max(group, start)) / (i - group);
            sum += kept * weighted;
            total += kept * weight;
        }

        return total > 0 ? sum / total : present;
    }
}
