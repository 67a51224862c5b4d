namespace LabelerService.Core.Drift;

/// <summary>
/// Finds labelers who have become worse, by their agreement with a model's predictions before and after a moment.
/// </summary>
/// <remarks>
/// <para>
/// The model was trained on the items of before, so everybody agrees with it less on new ones: the yardstick moves. If a labeler is right
/// with probability a, the model with c (before or after), both independently, and errors fall evenly on the K − 1 other classes, then the
/// chance-corrected agreement κ = (K·P(agree) − 1)/(K − 1) is the product of (K·a − 1)/(K − 1) and (K·c − 1)/(K − 1). A labeler who stays as
/// it was therefore has κ(after) = ρ·κ(before), with one ρ for all labelers: the model's share. (A common odds ratio would not do: good
/// labelers lose more of their odds than bad ones when the model gets worse.)
/// </para>
/// <para>
/// For each labeler, ρ is estimated from the others as a ratio of sums, with a variance from the scatter of the labelers around it (the
/// linearised ratio estimator, Cochran, Sampling Techniques, 1977, §6.3), at least that of binomial counts. The labeler's two binomials,
/// with what the others say of ρ as a normal likelihood, are then tested against κ(after) = ρ·κ(before) by the signed root of the profile
/// likelihood ratio (Barndorff-Nielsen and Cox, Inference and Asymptotics, 1994, §4.5), one-sided, continuity corrected. Over the labelers,
/// Holm's step-down (Scand. J. Statist. 6, 1979) keeps the probability of any false alarm at or below the rate asked for. Looks that are
/// repeated share the rate by <see cref="RateOfLook"/>.
/// </para>
/// </remarks>
public static class LabelerDriftTest
{
    /// <summary>Fewest annotations before and after at which the approximation holds.</summary>
    public const int FewestLabels = 10;

    // The model must say more than chance, else agreement with it says nothing.
    private const double LeastAgreementBeyondChance = 0.02;

    /// <summary>Tests labelers.</summary>
    /// <param name="labelers">Their agreements.</param>
    /// <param name="classCount">Number of classes K.</param>
    /// <param name="minLabels">Fewest annotations before and after for a labeler to be tested; at least <see cref="FewestLabels"/>.</param>
    /// <param name="rate">Probability of any alarm though nobody has changed, in (0, 0.5].</param>
    /// <returns>One result for each labeler, in their order.</returns>
    /// <exception cref="ArgumentException">Impossible counts.</exception>
    public static LabelerDriftResult[] Run(IReadOnlyList<LabelerAgreement> labelers, int classCount, int minLabels, double rate)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classCount, 2);
        ArgumentOutOfRangeException.ThrowIfLessThan(minLabels, FewestLabels);
        if (rate is not (> 0 and <= 0.5))
        {
            throw new ArgumentOutOfRangeException(nameof(rate), rate, "The rate lies in (0, 0.5].");
        }

        if (labelers.Any(labeler => !labeler.IsValid))
        {
            throw new ArgumentException("Agreements are more than annotations, or negative.", nameof(labelers));
        }

        int[] tested = [.. Enumerable.Range(0, labelers.Count).Where(i => Math.Min(labelers[i].EarlierCount, labelers[i].RecentCount) >= minLabels)];
        var results = new LabelerDriftResult[labelers.Count];
        var ratio = new CommonRatio(labelers, 1.0 / classCount);
        var found = new List<(double PValue, int Labeler)>();
        foreach (var labeler in tested)
        {
            if (ratio.Without(labeler, LeastAgreementBeyondChance) is { } others)
            {
                found.Add((TwoBinomials.PValue(labelers[labeler], 1.0 / classCount, others.Ratio, others.StandardError), labeler));
            }
        }

        // Holm: from the smallest on, as long as each stands its own, ever milder correction.
        found.Sort();
        var alarm = true;
        for (var i = 0; i < found.Count; i++)
        {
            alarm &= found[i].PValue <= rate / (found.Count - i);
            results[found[i].Labeler] = new LabelerDriftResult(found[i].PValue, alarm);
        }

        return results;
    }

    /// <summary>
    /// What the k-th look at growing data may use of a false-alarm rate: rate / (k·(k + 1)). The sum over all looks is the rate, however
    /// many there are and whatever they have in common.
    /// </summary>
    /// <param name="rate">The rate of all looks together.</param>
    /// <param name="look">1 for the first.</param>
    public static double RateOfLook(double rate, int look)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(look);
        return rate / ((double)look * (look + 1));
    }
}
