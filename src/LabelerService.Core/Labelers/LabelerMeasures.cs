using LabelerService.Core.Aggregation;

namespace LabelerService.Core.Labelers;

/// <summary>What is counted of a labeler.</summary>
internal static class LabelerMeasures
{
    // A confusion is told where it is at least so frequent, so much more frequent than usual, and of so many items.
    private const double LeastConfusedShare = 0.25;
    private const double LeastExcess = 0.15;
    private const double LeastConfusedItems = 3;

    /// <summary>Everything that takes no test.</summary>
    public static LabelerReport Of(
        int labeler, LabelerAnalysisInput input, LabelerAnalysisOptions options, LabelerEvidence evidence, OthersConsensus others)
    {
        var table = input.Table;
        var classes = table.ClassCount;
        var shares = new double[classes];
        double consensus = 0, gold = 0, model = 0;
        int golds = 0, models = 0;
        var positions = table.PositionsOfLabeler(labeler);
        foreach (var position in positions)
        {
            var (item, label) = (table.Items[position], table.Classes[position]);
            shares[label]++;
            consensus += input.Consensus.Posteriors[(item * classes) + label];
            var known = input.GoldOf(item);
            golds += known >= 0 ? 1 : 0;
            gold += known == label ? 1 : 0;
            var predicted = input.ModelClassOf(item);
            models += predicted >= 0 ? 1 : 0;
            model += predicted == label ? 1 : 0;
        }

        for (var k = 0; k < classes && positions.Length > 0; k++)
        {
            shares[k] /= positions.Length;
        }

        var information = evidence.Information();
        var cells = (long)table.LabelerCount * classes * classes;
        var counts = cells <= options.MaxConfusionCells ? Confusion(evidence) : null;
        return new LabelerReport
        {
            Labeler = labeler,
            Count = positions.Length,
            AgreementWithOthers = MeasuredShare.Of(evidence.Agreement(), evidence.Count, options.Level),
            ConsensusAccuracy = MeasuredShare.Of(consensus, positions.Length, options.Level),
            GoldAccuracy = MeasuredShare.Of(gold, golds, options.Level),
            ModelAgreement = MeasuredShare.Of(model, models, options.Level),
            ClassShares = shares,
            ConfusionCounts = counts,
            Confused = counts is null ? null : Confused(counts, classes, others.Confusions),
            SpammerScore = cells <= options.MaxConfusionCells ? SpammerScore(others.Confusions, labeler, classes) : null,
            Evidence = information,
            TooLittleEvidence = classes == 1 || information < options.MinAnnotations,
        };
    }

    private static double[] Confusion(LabelerEvidence evidence)
    {
        var classes = evidence.ClassCount;
        var counts = new double[classes * classes];
        for (var i = 0; i < evidence.Count; i++)
        {
            var row = evidence.OthersOf(i);
            for (var k = 0; k < classes; k++)
            {
                counts[(k * classes) + evidence.Answers[i]] += row[k];
            }
        }

        return counts;
    }

    private static ConfusedPair? Confused(double[] counts, int classes, LabelerConfusions confusions)
    {
        ConfusedPair? worst = null;
        for (var k = 0; k < classes; k++)
        {
            var total = 0.0;
            for (var y = 0; y < classes; y++)
            {
                total += counts[(k * classes) + y];
            }

            for (var y = 0; y < classes && total >= LeastConfusedItems; y++)
            {
                // One pseudo-item of the usual kind, so that three of three is not yet always.
                var usual = confusions.Probability(-1, k, y);
                var share = (counts[(k * classes) + y] + usual) / (total + 1);
                if (y != k && share >= LeastConfusedShare && share - usual >= Math.Max(LeastExcess, worst is { } w ? w.Share - w.UsualShare : 0))
                {
                    worst = new ConfusedPair(k, y, share, usual, total);
                }
            }
        }

        return worst;
    }

    // Σ_{c<c'} (a_c − a_c')² = K Σ a_c² − (Σ a_c)².
    private static double? SpammerScore(LabelerConfusions confusions, int labeler, int classes)
    {
        if (classes == 1)
        {
            return null;
        }

        var sum = 0.0;
        for (var y = 0; y < classes; y++)
        {
            double squares = 0, total = 0;
            for (var k = 0; k < classes; k++)
            {
                var p = confusions.Probability(labeler, k, y);
                squares += p * p;
                total += p;
            }

            sum += (classes * squares) - (total * total);
        }

        return Math.Clamp(sum / ((double)classes * (classes - 1)), 0, 1);
    }
}
