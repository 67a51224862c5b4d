using LabelerService.Core.Aggregation.Votes;
using LabelerService.Core.Parallelism;

namespace LabelerService.Core.Aggregation.Spectral;

/// <summary>
/// KOS (Karger, Oh and Shah 2011, NIPS 24; 2014, Operations Research 62): belief-propagation-like messages between items and labelers, which
/// come to a leading singular vector of the annotations (<see cref="KosMessages"/>). Probabilities and skills come from
/// <see cref="KosCalibration"/>. For more than two classes labels are the corners of a simplex; published is the case of two.
/// </summary>
internal sealed class KosAggregator : IAggregator
{
    private const int DefaultIterations = 100;
    private const double Tolerance = 1e-9;

    public static AggregatorDescriptor Descriptor { get; } = new(
        "kos", "KOS message passing", "Messages between items and labelers, without any prior: for many labelers given items at random.",
        "Karger, Oh and Shah, Budget-optimal task allocation for reliable crowdsourcing systems, Operations Research 62 (2014).",
        UsesModel: false, NeedsModel: false, UsesGold: true, NeedsOrdinal: false, () => new KosAggregator());

    public Consensus Aggregate(AggregationInput input, AggregationControl control)
    {
        input.Check();
        var table = input.Table;
        var most = control.MaxIterations ?? DefaultIterations;
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(most);
        var blocks = AggregationBlocks.For(table, control);
        var messages = new KosMessages(input, blocks);
        var (iterations, converged) = (0, false);
        while (!converged && iterations < most)
        {
            iterations++;
            var change = messages.Step();
            converged = change < Tolerance;
            control.Progress?.Report(new AggregationProgress(iterations, most, change));
        }

        messages.Orient();
        var skills = KosCalibration.Skills(input, messages.Reliabilities, blocks);
        UnseenLabelers.Fill(table, skills);
        var posteriors = Posteriors(input, messages.Reliabilities, KosCalibration.LogOdds(input, messages.Reliabilities, skills), blocks);
        KnownClasses.Fix(input, posteriors);
        var prior = UnseenItems.Fill(input, posteriors);
        return new Consensus
        {
            ClassCount = table.ClassCount,
            Posteriors = posteriors,
            ClassPrior = prior,
            LabelerSkills = skills,
            Iterations = iterations,
            Converged = converged,
        };
    }

    private static double[] Posteriors(AggregationInput input, double[] reliabilities, double factor, Blocks blocks)
    {
        var table = input.Table;
        var classes = table.ClassCount;
        var posteriors = new double[checked(table.ItemCount * classes)];
        blocks.Run(table.ItemCount, WeightedVotes.BlockSize, (first, last) =>
        {
            var labels = table.Classes;
            for (var n = first; n < last; n++)
            {
                var row = posteriors.AsSpan(n * classes, classes);
                var (start, end) = table.RangeOfItem(n);
                for (var i = start; i < end; i++)
                {
                    row[labels[i]] += factor * reliabilities[i];
                }

                ClassDistributions.SoftMax(row);
            }
        });
        return posteriors;
    }
}
