namespace LabelerService.Core.Agreement;

/// <summary>Coefficients of all labelers together; NaN where one is not defined.</summary>
/// <param name="Percent">Mean over items of the share of equal pairs of annotations.</param>
/// <param name="Fleiss">Fleiss' κ.</param>
/// <param name="Alpha">Krippendorff's α.</param>
internal readonly record struct AgreementCoefficients(double Percent, double Fleiss, double Alpha);

/// <summary>
/// Works coefficients out of profiles of items, any number of times with other weights. Linear in the entries of the profiles: pairs of
/// annotations are never gone through.
/// <para>
/// n_uc is the number of annotations of item u that name class c, m_u their sum. Items with m_u ≥ 2 are pairable.
/// </para>
/// <para>
/// Percent agreement: P̄ = mean over pairable items of P_u = Σ_c n_uc (n_uc − 1) / (m_u (m_u − 1)).
/// </para>
/// <para>
/// Fleiss' κ = (P̄ − P_e) / (1 − P_e) with P_e = Σ_c p_c². For one number of annotations an item it is Fleiss (Measuring nominal scale
/// agreement among many raters, Psychological Bulletin 76, 1971, eqs. 3 to 7). For varying numbers it is the generalisation of Gwet
/// (Handbook of Inter-Rater Reliability, 4th ed., 2014, chapter 2): p_c is the mean over all items with an annotation of n_uc / m_u.
/// </para>
/// <para>
/// Krippendorff's α = 1 − (n − 1) Σ_u D_u / Σ_cd n_c n_d δ²(c,d), where D_u = Σ_cd n_uc (n_ud − [c = d]) δ²(c,d) / (m_u − 1) and n_c sums over
/// pairable items only (Krippendorff, Computing Krippendorff's alpha-reliability, 2011, section D). Ordinal: δ(c,d) = |R_c − R_d| with the
/// midranks R_c = Σ_{g&lt;c} n_g + n_c/2, which is his Σ_{g=c..d} n_g − (n_c + n_d)/2; interval: δ = |c − d|. So both are sums of squares around
/// means, and D_u = 2 m_u Σ_c n_uc (R_c − R̄_u)² / (m_u − 1).
/// </para>
/// </summary>
internal sealed class AgreementCalculator(ItemProfiles profiles, AgreementScale scale)
{
    private readonly double[] _values = new double[profiles.ClassCount];
    private readonly double[] _shares = new double[profiles.ClassCount];
    private readonly double[] _scores = new double[profiles.ClassCount];

    /// <summary>The coefficients where profile p stands for weights[p] items.</summary>
    public AgreementCoefficients Run(ReadOnlySpan<long> weights)
    {
        Array.Clear(_values);
        Array.Clear(_shares);
        double items = 0, pairable = 0, equal = 0;
        ReadOnlySpan<int> offsets = profiles.Offsets, sizes = profiles.Sizes, classes = profiles.Classes, counts = profiles.Counts;
        for (var p = 0; p < weights.Length; p++)
        {
            if (weights[p] == 0)
            {
                continue;
            }

            double weight = weights[p], size = sizes[p], pairs = 0;
            items += weight;
            for (var i = offsets[p]; i < offsets[p + 1]; i++)
            {
                double count = counts[i];
                _shares[classes[i]] += weight * count / size;
                _values[classes[i]] += size > 1 ? weight * count : 0;
                pairs += count * (count - 1);
            }

            pairable += size > 1 ? weight : 0;
            equal += size > 1 ? weight * pairs / (size * (size - 1)) : 0;
        }

        var percent = pairable > 0 ? equal / pairable : double.NaN;
        var alpha = scale == AgreementScale.Nominal ? Nominal(weights) : Scored(weights);
        return new AgreementCoefficients(percent, Fleiss(percent, items), alpha);
    }

    private double Fleiss(double percent, double items)
    {
        double chance = 0, named = 0;
        foreach (var share in _shares)
        {
            chance += share / items * (share / items);
            named += share > 0 ? 1 : 0;
        }

        return named > 1 ? (percent - chance) / (1 - chance) : double.NaN;
    }

    private double Nominal(ReadOnlySpan<long> weights)
    {
        var observed = 0.0;
        for (var p = 0; p < weights.Length; p++)
        {
            double size = profiles.Sizes[p], squares = 0;
            if (weights[p] == 0 || size < 2)
            {
                continue;
            }

            for (var i = profiles.Offsets[p]; i < profiles.Offsets[p + 1]; i++)
            {
                squares += (double)profiles.Counts[i] * profiles.Counts[i];
            }

            observed += weights[p] * ((size * size) - squares) / (size - 1);
        }

        double total = 0, expected = 0;
        foreach (var value in _values)
        {
            total += value;
        }

        foreach (var value in _values)
        {
            expected += value * (total - value);
        }

        return expected > 0 ? 1 - ((total - 1) * observed / expected) : double.NaN;
    }

    private double Scored(ReadOnlySpan<long> weights)
    {
        var below = 0.0;
        for (var c = 0; c < _scores.Length; c++)
        {
            _scores[c] = scale == AgreementScale.Interval ? c : below + (_values[c] / 2);
            below += _values[c];
        }

        var observed = 0.0;
        for (var p = 0; p < weights.Length; p++)
        {
            var size = profiles.Sizes[p];
            if (weights[p] == 0 || size < 2)
            {
                continue;
            }

            var (start, end) = (profiles.Offsets[p], profiles.Offsets[p + 1]);
            var mean = 0.0;
            for (var i = start; i < end; i++)
            {
                mean += profiles.Counts[i] * _scores[profiles.Classes[i]] / size;
            }

            var squares = 0.0;
            for (var i = start; i < end; i++)
            {
                var away = _scores[profiles.Classes[i]] - mean;
                squares += profiles.Counts[i] * away * away;
            }

            observed += weights[p] * 2.0 * size * squares / (size - 1);
        }

        double centre = 0, spread = 0, named = 0;
        for (var c = 0; c < _scores.Length; c++)
        {
            centre += below > 0 ? _values[c] * _scores[c] / below : 0;
            named += _values[c] > 0 ? 1 : 0;
        }

        for (var c = 0; c < _scores.Length; c++)
        {
            spread += _values[c] * (_scores[c] - centre) * (_scores[c] - centre);
        }

        return named > 1 ? 1 - ((below - 1) * observed / (2 * below * spread)) : double.NaN;
    }
}
