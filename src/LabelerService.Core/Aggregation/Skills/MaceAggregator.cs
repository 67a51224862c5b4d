using LabelerService.Core.Parallelism;

namespace LabelerService.Core.Aggregation.Skills;

/// <summary>
/// MACE, multi-annotator competence estimation (Hovy, Berg-Kirkpatrick, Vaswani and Hovy 2013, NAACL-HLT, sections 2 and 3): a labeler
/// knows an item's class with probability θ_r, and else says something drawn from ξ_r. Variational Bayes with Beta and Dirichlet priors; the
/// likeliest of several runs from random starts. The paper holds classes to be equally likely; here their distribution π is estimated, as
/// a rare class otherwise makes spammers of all who name the common one (the public crowd product: 82 % right with equal classes, 93 % so). Labelers who are wrong on purpose are outside
/// the model: they count as ignorant.
/// </summary>
/// <remarks>Skills are the competences θ_r. Runs go on side by side where data are small, and one after the other, each on all threads, where not.</remarks>
internal sealed class MaceAggregator(MaceOptions options) : IAggregator
{
    // Runs side by side need a set of posteriors each; above this many values they take turns.
    private const long LargestSideBySide = 2_000_000;

    // Of likelihoods closer than this the earlier run's wins, so that rounding does not choose.
    private const double SameLikelihood = 1e-9;

    public static AggregatorDescriptor Descriptor { get; } = new(
        "mace", "MACE", "Labelers know or guess, each with a way of guessing of their own: finds those who always click the same.",
        "Hovy, Berg-Kirkpatrick, Vaswani and Hovy, Learning whom to trust with MACE, NAACL-HLT 2013.",
        UsesModel: false, NeedsModel: false, UsesGold: true, NeedsOrdinal: false, () => new MaceAggregator(new MaceOptions()));

    public Consensus Aggregate(AggregationInput input, AggregationControl control)
    {
        input.Check();
        var table = input.Table;
        var most = control.MaxIterations ?? options.MaxIterations;
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(most);
        var data = new MaceData(input);
        var inner = AggregationBlocks.For(table, control);
        var small = ((long)table.ItemCount + table.LabelerCount) * table.ClassCount <= LargestSideBySide;
        var outer = new Blocks(small ? inner.Threads : 1, control.Cancel);
        inner = small ? new Blocks(1, control.Cancel) : inner;
        var runs = new MaceRun[options.Restarts];
        var gate = new Lock();
        var iterations = 0;
        outer.Run(runs.Length, 1, (first, _) =>
        {
            var run = new MaceRun(data, options, first);
            run.Fit(new double[checked(table.ItemCount * table.ClassCount)], most, inner, change =>
            {
                lock (gate)
                {
                    control.Progress?.Report(new AggregationProgress(++iterations, runs.Length * most, change));
                }
            });
            runs[first] = run;
        });

        var best = runs[0];
        foreach (var run in runs.AsSpan(1))
        {
            best = run.LogLikelihood > best.LogLikelihood + (SameLikelihood * Math.Abs(best.LogLikelihood)) ? run : best;
        }

        // Only parameters were kept: the posteriors once more, from the best.
        var posteriors = new double[checked(table.ItemCount * table.ClassCount)];
        best.Expect(posteriors, AggregationBlocks.For(table, control));
        var prior = UnseenItems.Fill(input, posteriors);
        UnseenLabelers.Fill(table, best.Competence);
        return new Consensus
        {
            ClassCount = table.ClassCount,
            Posteriors = posteriors,
            ClassPrior = prior,
            LabelerSkills = best.Competence,
            Iterations = best.Iterations,
            Converged = best.Converged,
        };
    }
}
