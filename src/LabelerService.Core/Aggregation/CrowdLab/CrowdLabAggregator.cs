namespace LabelerService.Core.Aggregation.CrowdLab;

/// <summary>
/// CROWDLAB from a model's out-of-fold distributions (<see cref="CrowdLabConsensus"/>). Skills are the paper's labeler quality
/// (<see cref="CrowdLabQuality.OfLabelers"/>). Rows that are no distribution up to a factor count as nothing said.
/// </summary>
internal sealed class CrowdLabAggregator : IAggregator
{
    public static AggregatorDescriptor Descriptor { get; } = new(
        "crowdlab", "CROWDLAB", "A model and labelers in a weighted ensemble, with weights from agreement: for few annotations an item.",
        "Goh, Tkachenko and Mueller, CROWDLAB: Supervised learning to infer consensus labels and quality scores for data with multiple annotators, 2022.",
        UsesModel: true, NeedsModel: true, UsesGold: false, NeedsOrdinal: false, () => new CrowdLabAggregator());

    public Consensus Aggregate(AggregationInput input, AggregationControl control)
    {
        input.Check();
        control.Cancel.ThrowIfCancellationRequested();
        var table = input.Table;
        var predicted = input.ModelProbabilities.IsEmpty
            ? new double[checked(table.ItemCount * table.ClassCount)]
            : ClassDistributions.ToDouble(input.ModelProbabilities.Span);
        Normalise(predicted, table.ClassCount);
        var fit = CrowdLabConsensus.Fit(table, predicted);
        control.Cancel.ThrowIfCancellationRequested();
        KnownClasses.Fix(input, fit.Posteriors);
        control.Progress?.Report(new AggregationProgress(1, 1, 0));
        return new Consensus
        {
            ClassCount = table.ClassCount,
            Posteriors = fit.Posteriors,
            ClassPrior = ConfusionEm.ClassPrior(table, fit.Posteriors),
            LabelerSkills = CrowdLabQuality.OfLabelers(table, fit),
            Iterations = 1,
            Converged = true,
        };
    }

    private static void Normalise(double[] predicted, int classes)
    {
        for (var n = 0; n < predicted.Length / classes; n++)
        {
            var row = predicted.AsSpan(n * classes, classes);
            var sum = 0.0;
            foreach (var value in row)
            {
                sum += value >= 0 ? value : double.NaN;
            }

            var usable = sum > 0 && double.IsFinite(sum);
            foreach (ref var value in row)
            {
                value = usable ? value / sum : 0;
            }
        }
    }
}
