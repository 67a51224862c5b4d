namespace LabelerService.Core.Drift;

/// <summary>The ratio of chance-corrected agreement after to before that labelers have in common, without any one of them.</summary>
internal sealed class CommonRatio
{
    private readonly double[] _weights;
    private readonly double[] _before;
    private readonly double[] _after;
    private readonly double[] _varianceBefore;
    private readonly double[] _varianceAfter;

    /// <param name="labelers">Agreements; labelers without annotations on both sides say nothing.</param>
    /// <param name="chance">Agreement by chance, 1/K.</param>
    public CommonRatio(IReadOnlyList<LabelerAgreement> labelers, double chance)
    {
        var n = labelers.Count;
        (_weights, _before, _after, _varianceBefore, _varianceAfter) = (new double[n], new double[n], new double[n], new double[n], new double[n]);
        for (var i = 0; i < n; i++)
        {
            var (earlier, earlierAgreed, recent, recentAgreed) = labelers[i];
            if (earlier == 0 || recent == 0)
            {
                continue;
            }

            // The size of the smaller side decides how much a labeler can say of the ratio.
            _weights[i] = (double)earlier * recent / (earlier + recent);
            var (p, q) = ((double)earlierAgreed / earlier, (double)recentAgreed / recent);
            (_before[i], _after[i]) = (p - chance, q - chance);
            (_varianceBefore[i], _varianceAfter[i]) = (Variance(earlierAgreed, earlier), Variance(recentAgreed, recent));
        }
    }

    /// <summary>The ratio, at most 1, and its standard error; null where the others say too little.</summary>
    public (double Ratio, double StandardError)? Without(int labeler, double leastAgreement)
    {
        double weights = 0, before = 0, after = 0;
        var others = 0;
        for (var i = 0; i < _weights.Length; i++)
        {
            if (i != labeler && _weights[i] > 0)
            {
                others++;
                weights += _weights[i];
                before += _weights[i] * _before[i];
                after += _weights[i] * _after[i];
            }
        }

        if (others == 0 || before <= leastAgreement * weights)
        {
            return null;
        }

        var ratio = after / before;
        double scatter = 0, counts = 0;
        for (var i = 0; i < _weights.Length; i++)
        {
            if (i != labeler && _weights[i] > 0)
            {
                var square = _weights[i] * _weights[i];
                var residual = _after[i] - (ratio * _before[i]);
                scatter += square * residual * residual;
                counts += square * (_varianceAfter[i] + (ratio * ratio * _varianceBefore[i]));
            }
        }

        // One labeler has no scatter.
        scatter *= others > 1 ? (double)others / (others - 1) : 0;
        // Who stays as it was is no alarm because others became better.
        return (Math.Min(1, ratio), Math.Sqrt(Math.Max(scatter, counts)) / before);
    }

    // With half an agreement and half a disagreement more: all of few is not certainty.
    private static double Variance(int agreed, int count)
    {
        var p = (agreed + 0.5) / (count + 1);
        return p * (1 - p) / count;
    }
}
