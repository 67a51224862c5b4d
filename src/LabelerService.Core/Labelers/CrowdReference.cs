using LabelerService.Core.Aggregation;

namespace LabelerService.Core.Labelers;

/// <summary>
/// Sharpens the consensus that labelers are tested by: labelers answer in the ways of <see cref="AnswerModels"/>, as often as this crowd has
/// them, so that a spammer's vote counts for nothing and a labeler with few annotations is what most are. Each round estimates how frequent
/// the ways are (<see cref="CrowdMixture"/>), what each labeler's next answers would be, Θ'_r = Σ_j P(j | answers of r) E[Θ | j, answers of r],
/// from what the others say of its items, and replaces the factors: p'(k|n) ∝ p(k|n) Π_r Θ'_r(y|k)/Θ_r(y|k). It is the labelers' side of a
/// mixture of communities (Venanzi, Guiver, Kazai, Kohli, Shokouhi: Community-based Bayesian aggregation models for crowdsourcing, WWW 2014),
/// started from any consensus; what that knew beyond annotations (a model, gold) stays.
/// </summary>
internal sealed class CrowdReference(LabelerAnalysisInput input, LabelerWork work, CancellationToken cancellationToken)
{
    // Above so many cells R·K·K labelers keep the consensus's own confusions.
    private const long MaxCells = 25_000_000;

    // So many of a labeler's annotations tell what it is.
    private const int MostAnnotations = 300;

    /// <summary>Whether the crowd is small enough for matrices of labelers.</summary>
    public bool Fits => (long)input.Table.LabelerCount * input.Table.ClassCount * input.Table.ClassCount <= MaxCells;

    /// <summary>One round.</summary>
    /// <param name="others">What the others say now.</param>
    /// <param name="minEvidence">Fewest annotations of items whose class the others know, for a labeler to count.</param>
    /// <param name="from">Progress at the start.</param>
    /// <param name="to">Progress at the end.</param>
    public OthersConsensus Sharpened(OthersConsensus others, double minEvidence, double from, double to)
    {
        var table = input.Table;
        var classes = table.ClassCount;
        var cells = classes * classes;
        var search = new CarelessCrowd(table.LabelerCount, new AnswerModels(others.Confusions));
        var middle = (from + to) / 2;
        work.Run(from, middle, () => (Evidence: new LabelerEvidence(others, table), Scratch: search.Models.NewScratch()), (labeler, own) =>
        {
            own.Evidence.Load(labeler, MostAnnotations);
            search.Add(labeler, own.Evidence, minEvidence, own.Scratch);
        });
        var crowd = search.Fit(cancellationToken);
        var matrices = new double[checked(table.LabelerCount * cells)];
        work.Run(middle, to, () => (Evidence: new LabelerEvidence(others, table), Scratch: search.Models.NewScratch()), (labeler, own) =>
        {
            own.Evidence.Load(labeler, MostAnnotations);
            var probabilities = crowd.Probabilities(search.Row(labeler));
            for (var j = 0; j < probabilities.Length; j++)
            {
                if (probabilities[j] > 1e-6)
                {
                    search.Models.AddExpected(
                        j, probabilities[j], own.Evidence.Others, own.Evidence.Answers, matrices.AsSpan(labeler * cells, cells), own.Scratch);
                }
            }
        });
        return others.WithConfusions(LabelerConfusions.FromMatrices(classes, matrices, Common(matrices, others.Confusions)));
    }

    // The mean labeler, by annotations.
    private double[] Common(double[] matrices, LabelerConfusions before)
    {
        var table = input.Table;
        var cells = table.ClassCount * table.ClassCount;
        if (table.Count == 0)
        {
            return before.Matrix(-1);
        }

        var common = new double[cells];
        for (var r = 0; r < table.LabelerCount; r++)
        {
            var weight = (double)table.CountOfLabeler(r) / table.Count;
            for (var cell = 0; cell < cells; cell++)
            {
                common[cell] += weight * matrices[(r * cells) + cell];
            }
        }

        return common;
    }
}
