using LabelerService.Core.Uncertainty;

namespace LabelerService.Core.Labelers;

/// <summary>A share that was counted.</summary>
/// <param name="Successes">How many were; soft counts where classes are not certain.</param>
/// <param name="Count">Of how many.</param>
/// <param name="Interval">Mean and credible interval of the probability behind it, from a uniform prior.</param>
public readonly record struct MeasuredShare(double Successes, int Count, CredibleInterval Interval)
{
    internal static MeasuredShare? Of(double successes, int count, double level) =>
        count == 0 ? null : new(successes, count, CredibleInterval.OfProportion(successes, count, 1, 1, level));
}

/// <summary>A labeler's speed, over the annotations that have a duration.</summary>
/// <param name="Count">Annotations with a duration.</param>
/// <param name="MedianMs">Half took less, in milliseconds.</param>
/// <param name="LowerQuartileMs">A quarter took less.</param>
/// <param name="UpperQuartileMs">A quarter took more.</param>
/// <param name="HastyCount">Those below <see cref="LabelerAnalysisOptions.HastyFactor"/> times what their item usually takes.</param>
public sealed record LabelerSpeed(int Count, double MedianMs, double LowerQuartileMs, double UpperQuartileMs, int HastyCount)
{
    /// <summary>Share of hasty ones.</summary>
    public double HastyShare => Count == 0 ? 0 : (double)HastyCount / Count;
}

/// <summary>One stretch of a labeler's time line.</summary>
/// <param name="StartTime">Time of its first annotation, in milliseconds since 1970.</param>
/// <param name="EndTime">Time of its last.</param>
/// <param name="Count">Its annotations.</param>
/// <param name="Agreement">Mean probability, by the others, that the labeler's answer is the class.</param>
/// <param name="ExpectedAgreement">The same for a labeler of this one's overall skill on the same items.</param>
public readonly record struct LabelerPeriod(long StartTime, long EndTime, int Count, double Agreement, double ExpectedAgreement);

/// <summary>The clearest change of a labeler over time, whether or not it is significant.</summary>
/// <param name="ChangeTime">Time of the first annotation after the change, in milliseconds since 1970.</param>
/// <param name="Before">Agreement with the consensus of the others before.</param>
/// <param name="After">And since.</param>
/// <param name="Statistic">Greatest |z| over all moments.</param>
/// <param name="PValue">Probability of a change as clear as this somewhere though nothing changed.</param>
/// <param name="Periods">The line over time.</param>
public sealed record LabelerDrift(
    long ChangeTime, MeasuredShare Before, MeasuredShare After, double Statistic, double PValue, IReadOnlyList<LabelerPeriod> Periods);

/// <summary>The class that a labeler takes for another beyond what is usual.</summary>
/// <param name="Class">The class of the items.</param>
/// <param name="Answer">What the labeler says.</param>
/// <param name="Share">How often, of the items of that class.</param>
/// <param name="UsualShare">How often the common labeler does.</param>
/// <param name="Count">Items of that class (soft).</param>
public readonly record struct ConfusedPair(int Class, int Answer, double Share, double UsualShare, double Count);

/// <summary>What is known of a labeler.</summary>
public sealed record LabelerReport
{
    /// <summary>The labeler, in [0, R).</summary>
    public required int Labeler { get; init; }

    /// <summary>Its annotations.</summary>
    public required int Count { get; init; }

    /// <summary>
    /// How often it is right by the consensus that the others reach without it: the mean of their probability of the answer. Over the
    /// annotations of items that others labelled or whose class is known; null without such.
    /// </summary>
    public MeasuredShare? AgreementWithOthers { get; init; }

    /// <summary>How often it is right by the consensus, in which it has its own say: the mean posterior of its answers.</summary>
    public MeasuredShare? ConsensusAccuracy { get; init; }

    /// <summary>How often it names the known class.</summary>
    public MeasuredShare? GoldAccuracy { get; init; }

    /// <summary>How often it names the model's likeliest class.</summary>
    public MeasuredShare? ModelAgreement { get; init; }

    /// <summary>Share of each class among its answers [K]; zeros without annotations.</summary>
    public required double[] ClassShares { get; init; }

    /// <summary>
    /// Expected number of annotations for each class and answer, row-major [k, y], where the class is what the others say. Null above
    /// <see cref="LabelerAnalysisOptions.MaxConfusionCells"/>.
    /// </summary>
    public double[]? ConfusionCounts { get; init; }

    /// <summary>What it confuses most, beyond what is usual; null where nothing stands out.</summary>
    public ConfusedPair? Confused { get; init; }

    /// <summary>
    /// Spammer score of Raykar and Yu (Eliminating spammers and ranking annotators for crowdsourced labeling tasks, JMLR 13, 2012, §3):
    /// Σ_{c&lt;c'} Σ_k (Θ(k|c) − Θ(k|c'))² / (K(K−1)), 0 = the answer tells nothing of the class, 1 = everything. Null for one class, or
    /// where labelers have no confusion matrix.
    /// </summary>
    public double? SpammerScore { get; init; }

    /// <summary>
    /// How much the others' consensus can say: Σ_n (Σ_k q_n(k)² − 1/K)/(1 − 1/K), between 0 and <see cref="Count"/>: annotations of items
    /// whose class it knows.
    /// </summary>
    public double Evidence { get; init; }

    /// <summary>
    /// Probability that the labeler is one of those who do not answer by the class (spammer, constant, adversary), in this crowd; null
    /// where there is too little evidence.
    /// </summary>
    public double? ProbabilityBad { get; init; }

    /// <summary>Speed; null without durations.</summary>
    public LabelerSpeed? Speed { get; init; }

    /// <summary>The clearest change over time; null where there are too few dated annotations.</summary>
    public LabelerDrift? Drift { get; init; }

    /// <summary>What was found, the smallest p-value first.</summary>
    public IReadOnlyList<LabelerFlag> Flags { get; init; } = [];

    /// <summary>Whether there is too little evidence to judge whether it answers by the class.</summary>
    public required bool TooLittleEvidence { get; init; }
}
