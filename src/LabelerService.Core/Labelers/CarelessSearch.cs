namespace LabelerService.Core.Labelers;

/// <summary>
/// Finds spammers, constants and adversaries: <see cref="CarelessTest"/> for every labeler, by a sharpened consensus of the others
/// (<see cref="CrowdReference"/>), and one flag at most for each.
/// </summary>
internal sealed class CarelessSearch(LabelerAnalysisInput input, LabelerAnalysisOptions options, LabelerWork work, CancellationToken cancellationToken)
{
    private const int Rounds = 2;

    // How much likelier than the other kinds together an adversary must be to be called one.
    private const double AdversaryOdds = 4;

    // Of more a sample is looked at: no test needs them.
    private const int MostAnnotations = 3000;

    // Classes less likely than this change no digit that is shown.
    private const double Negligible = 1e-9;

    /// <summary>Judges all labelers, and writes probabilities and flags into their reports.</summary>
    /// <param name="others">The consensus of the others.</param>
    /// <param name="reports">The reports, in which flags are added.</param>
    /// <param name="from">Progress at the start.</param>
    /// <param name="to">Progress at the end.</param>
    /// <returns>The sharpened consensus of the others.</returns>
    public OthersConsensus Run(OthersConsensus others, LabelerReport[] reports, double from, double to)
    {
        var table = input.Table;
        var reference = new CrowdReference(input, work, cancellationToken);
        var step = (to - from) / (Rounds + 2);
        for (var round = 0; round < Rounds && reference.Fits; round++)
        {
            others = reference.Sharpened(others, options.MinAnnotations, from + (round * step), from + ((round + 1) * step));
        }

        var search = new CarelessCrowd(table.LabelerCount, new AnswerModels(others.Confusions));
        var models = search.Models;
        work.Run(to - (2 * step), to - step, () => (Evidence: new LabelerEvidence(others, table), Scratch: models.NewScratch()), (labeler, own) =>
        {
            own.Evidence.Load(labeler, MostAnnotations);
            search.Add(labeler, own.Evidence, options.MinAnnotations, own.Scratch);
        });
        var crowd = search.Fit(cancellationToken);
        var test = new CarelessTest(models, crowd, options.Seed);
        var statistics = new double[table.LabelerCount];
        var pValues = new double[table.LabelerCount];
        work.Run(to - step, to, () => (Evidence: new LabelerEvidence(others, table), Scratch: models.NewScratch()), (labeler, own) =>
        {
            pValues[labeler] = 1;
            var judged = search.IsJudged(labeler);
            reports[labeler] = reports[labeler] with { TooLittleEvidence = !judged };
            if (!judged)
            {
                return;
            }

            statistics[labeler] = crowd.LogBayesFactor(search.Row(labeler));
            reports[labeler] = reports[labeler] with { ProbabilityBad = 1 - crowd.Probability(search.Row(labeler), null) };
            if (statistics[labeler] > 0)
            {
                own.Evidence.Load(labeler, MostAnnotations);
                pValues[labeler] = test.PValue(labeler, own.Evidence, statistics[labeler], own.Scratch);
            }
        });
        var threshold = FalseDiscoveries.Threshold(pValues, search.JudgedCount, options.FalseAlarmRate);
        var buffer = new LabelerEvidence(others, table);
        var ordinary = OrdinaryMatrix(models, crowd);
        for (var r = 0; r < pValues.Length; r++)
        {
            if (search.IsJudged(r) && pValues[r] <= threshold)
            {
                cancellationToken.ThrowIfCancellationRequested();
                buffer.Load(r, MostAnnotations);
                var kind = KindOf(crowd, search.Row(r));
                var flag = new LabelerFlag(
                    kind, Evidence(kind, reports[r], buffer, ordinary, pValues[r]), statistics[r], pValues[r], options.FalseAlarmRate);
                reports[r] = reports[r] with { Flags = [.. reports[r].Flags, flag] };
            }
        }

        return others;
    }

    // Intent is claimed only where it is much likelier than guessing.
    private static LabelerFlagKind KindOf(CrowdMixture crowd, ReadOnlySpan<double> logProbabilities)
    {
        var guess = crowd.Probability(logProbabilities, LabelerFlagKind.Spammer);
        var constant = crowd.Probability(logProbabilities, LabelerFlagKind.Constant);
        var adversary = crowd.Probability(logProbabilities, LabelerFlagKind.Adversary);
        return adversary > AdversaryOdds * (guess + constant) ? LabelerFlagKind.Adversary
            : constant > guess ? LabelerFlagKind.Constant : LabelerFlagKind.Spammer;
    }

    // Θ(y | k) of the ordinary labelers together, label-major.
    private static double[] OrdinaryMatrix(AnswerModels models, CrowdMixture crowd)
    {
        var classes = models.ClassCount;
        var matrix = new double[classes * classes];
        var total = 0.0;
        for (var j = 0; j < models.Count; j++)
        {
            if (models.KindOf(j) is null && models.MatrixOf(j) is { } of)
            {
                total += crowd.Weights[j];
                for (var cell = 0; cell < matrix.Length; cell++)
                {
                    matrix[cell] += crowd.Weights[j] * of[cell];
                }
            }
        }

        for (var cell = 0; cell < matrix.Length; cell++)
        {
            matrix[cell] /= total;
        }

        return matrix;
    }

    private string Evidence(LabelerFlagKind kind, LabelerReport report, LabelerEvidence evidence, double[] ordinary, double p)
    {
        var classes = evidence.ClassCount;
        var shares = new double[classes];
        foreach (var answer in evidence.Answers)
        {
            shares[answer] += 1.0 / evidence.Count;
        }

        double agrees = 0, guessing = 0, expected = 0;
        var means = new double[classes];
        for (var i = 0; i < evidence.Count; i++)
        {
            var row = evidence.OthersOf(i);
            agrees += row[evidence.Answers[i]];
            for (var y = 0; y < classes; y++)
            {
                guessing += shares[y] * row[y];
                means[y] += row[y] / evidence.Count;

                // Of many classes the others leave few: classes² would be looked at for nothing.
                for (var k = 0; k < classes && row[y] > Negligible; k++)
                {
                    expected += row[k] * ordinary[(y * classes) + k] * row[y];
                }
            }
        }

        var agreement = FlagText.Of(
            $"right in {agrees:0.0} of {evidence.Count} answers by the consensus of the others, where guessing gives {guessing:0.0} and an ordinary labeler of this crowd {expected:0.0}");
        if (kind == LabelerFlagKind.Constant)
        {
            var top = shares.AsSpan().IndexOf(shares.Max());
            return FlagText.Of(
                $"Says {input.NameOf(top)} in {FlagText.Percent(shares[top])} of {evidence.Count} answers, though {FlagText.Percent(means[top])} of the items are of that class by the consensus of the others; {agreement} ({FlagText.P(p)}).");
        }

        var meaning = kind == LabelerFlagKind.Adversary ? "Answers are systematically wrong" : "Answers do not depend on the class";
        return FlagText.Of($"{meaning}: {agreement} ({FlagText.P(p)}).{Gold(report)}");
    }

    private static string Gold(LabelerReport report) => report.GoldAccuracy is { } gold
        ? FlagText.Of($" Right on {gold.Successes:0} of {gold.Count} items whose class is known.")
        : string.Empty;
}
