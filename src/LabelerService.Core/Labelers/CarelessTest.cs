namespace LabelerService.Core.Labelers;

/// <summary>
/// Tests each labeler against the ordinary ones of its crowd. Statistic: the log Bayes factor b of the bad ways of answering (guessing, one
/// class, systematically wrong) against the ordinary ones, weighted as the crowd has them (<see cref="CrowdMixture"/>). P-value: the
/// probability that an ordinary labeler with the same items gets such a b, P_o(B ≥ b). Since e^B is the ratio of the probabilities of the
/// answers, that is E_bad[e^−B; B ≥ b]: drawn from the bad ways of answering, with a generator of the labeler's own, and small
/// probabilities are as exact as large ones (importance sampling, Siegmund, Ann. Statist. 4, 1976); it is below e^−b.
/// </summary>
internal sealed class CarelessTest(AnswerModels models, CrowdMixture crowd, int seed)
{
    private const int Draws = 200;

    // Draws are for labelers whose answers do not already say everything, e^-b below this.
    private const double Certain = 25;
    private const int MostAnswersDrawn = 1000;

    /// <summary>P-value of a labeler; 1 where nothing speaks against it.</summary>
    /// <param name="labeler">The labeler: names its generator.</param>
    /// <param name="evidence">Its answers.</param>
    /// <param name="logBayesFactor">The statistic b.</param>
    /// <param name="scratch">Memory.</param>
    public double PValue(int labeler, LabelerEvidence evidence, double logBayesFactor, AnswerModels.Scratch scratch)
    {
        if (logBayesFactor <= 0)
        {
            return 1;
        }

        var bound = Math.Exp(-logBayesFactor);
        if (logBayesFactor > Certain || evidence.Count > MostAnswersDrawn)
        {
            return bound;
        }

        var random = new Random(unchecked((seed * 397) ^ (labeler * 16777619)));
        var answers = new int[evidence.Count];
        var logs = new double[models.Count];

        // What was observed is one of the draws, so that no probability is nought.
        var sum = bound;
        for (var draw = 0; draw < Draws; draw++)
        {
            models.Draw(crowd.DrawBad(random), evidence.Others, answers, random, scratch);
            models.LogProbabilities(evidence.Others, answers, logs, scratch);
            var b = crowd.LogBayesFactor(logs);
            sum += b >= logBayesFactor ? Math.Exp(-b) : 0;
        }

        return Math.Min(bound, sum / (Draws + 1));
    }
}
