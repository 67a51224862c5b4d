using LabelerService.Core.Aggregation.Votes;
using LabelerService.Core.Annotations;
using LabelerService.Core.Parallelism;

namespace LabelerService.Core.Aggregation.Spectral;

/// <summary>
/// M-MSR (Ma and Olshevsky 2020, NeurIPS 33): skills from how often pairs of labelers agree, by robust rank-one completion
/// (<see cref="RankOneCompletion"/>), then a vote weighted by log odds: softmax_k Σ_{r: y_nr = k} ln(q_r (K − 1)/(1 − q_r)) with
/// q_r = (1 + (K − 1) s_r)/K. Signs of s are those of the leading eigenvector of the signed agreements; each group of labelers who share no item
/// with the others is taken to be right more often than wrong, unless known items say otherwise.
/// </summary>
/// <remarks>
/// Labelers who share no item with anybody get the mean skill of the others, weighted by annotations; where nobody shares an item, all count alike.
/// Skills are kept 1/(1 + √N) away from s = 1 and from s = −1/(K − 1), which is always wrong. Known classes are a labeler who is always right.
/// </remarks>
internal sealed class MsrAggregator(RankOneOptions options) : IAggregator
{
    private const int SignIterations = 100;
    private const double DefaultSkill = 0.5;

    public static AggregatorDescriptor Descriptor { get; } = new(
        "m_msr", "M-MSR", "Skills from how often pairs of labelers agree, filtered against extremes: for crowds with adversaries.",
        "Ma and Olshevsky, Adversarial crowdsourcing through robust rank-one matrix completion, NeurIPS 2020.",
        UsesModel: false, NeedsModel: false, UsesGold: true, NeedsOrdinal: false, () => new MsrAggregator(new RankOneOptions()));

    public Consensus Aggregate(AggregationInput input, AggregationControl control)
    {
        input.Check();
        control.Cancel.ThrowIfCancellationRequested();
        var table = input.Table;
        var classes = table.ClassCount;
        var blocks = AggregationBlocks.For(table, control);
        var (skills, iterations, converged) = classes == 1
            ? (Enumerable.Repeat(1.0, table.LabelerCount).ToArray(), 1, true)
            : Skills(input, blocks, control);
        var posteriors = new double[checked(table.ItemCount * classes)];
        blocks.Run(table.ItemCount, WeightedVotes.BlockSize, (first, last) =>
        {
            var labelers = table.Labelers;
            var labels = table.Classes;
            for (var n = first; n < last; n++)
            {
                var row = posteriors.AsSpan(n * classes, classes);
                var (start, end) = table.RangeOfItem(n);
                for (var i = start; i < end && classes > 1; i++)
                {
                    var q = skills[labelers[i]];
                    row[labels[i]] += Math.Log(q * (classes - 1) / (1 - q));
                }

                ClassDistributions.SoftMax(row);
            }
        });
        KnownClasses.Fix(input, posteriors);
        var prior = UnseenItems.Fill(input, posteriors);
        return new Consensus
        {
            ClassCount = classes,
            Posteriors = posteriors,
            ClassPrior = prior,
            LabelerSkills = skills,
            Iterations = iterations,
            Converged = converged,
        };
    }

    // Probabilities q of being right [R].
    private (double[] Skills, int Iterations, bool Converged) Skills(AggregationInput input, Blocks blocks, AggregationControl control)
    {
        var table = input.Table;
        var classes = table.ClassCount;
        var agreements = new LabelerAgreements(input, blocks);
        var margin = 1 / (1 + Math.Sqrt(table.ItemCount));
        var completion = new RankOneCompletion(agreements, table.LabelerCount, classes, margin, options);
        var skills = completion.Sizes(blocks, control);
        var signs = Signs(input, agreements, skills, blocks);
        double sum = 0, weight = 0;
        for (var r = 0; r < skills.Length; r++)
        {
            if (!double.IsNaN(skills[r]))
            {
                skills[r] = Math.Clamp(signs[r] * skills[r], margin - (1.0 / (classes - 1)), 1 - margin);
                sum += skills[r] * table.CountOfLabeler(r);
                weight += table.CountOfLabeler(r);
            }
        }

        for (var r = 0; r < skills.Length; r++)
        {
            var s = double.IsNaN(skills[r]) ? (weight > 0 ? sum / weight : DefaultSkill) : skills[r];
            skills[r] = (1 + ((classes - 1) * s)) / classes;
        }

        return (skills, completion.Iterations, completion.Converged);
    }

    // Signs of the leading eigenvector of n_ij C_ij, by power iterations on (1 + its row-normalised form)/2, which have no negative eigenvalues.
    private static double[] Signs(AggregationInput input, LabelerAgreements agreements, double[] sizes, Blocks blocks)
    {
        var table = input.Table;
        var known = table.LabelerCount;
        var signs = new double[known + 1];
        signs.AsSpan().Fill(1);
        var next = new double[known + 1];
        next[known] = 1;
        for (var iteration = 0; iteration < SignIterations; iteration++)
        {
            blocks.Run(known, LabelerOrder.BlockSize, (first, last) =>
            {
                for (var r = first; r < last; r++)
                {
                    double pull = 0, size = 0;
                    foreach (var pair in agreements.Of(r))
                    {
                        var covariance = pair.Shared * RankOneCompletion.Covariance(pair, table.ClassCount);
                        pull += covariance * signs[pair.Other];
                        size += Math.Abs(covariance);
                    }

                    next[r] = size > 0 ? (signs[r] + (pull / size)) / 2 : signs[r];
                }
            });
            Array.Copy(next, signs, signs.Length);
        }

        Orient(input, signs, sizes);
        return signs;
    }

    private static void Orient(AggregationInput input, double[] signs, double[] sizes)
    {
        var table = input.Table;
        var groups = LabelerGroups.Of(table);
        var balance = new double[groups.Count];
        var known = new bool[groups.Count];
        for (var n = 0; n < table.ItemCount; n++)
        {
            var (start, end) = table.RangeOfItem(n);
            if (start < end && input.IsGold(n, out _))
            {
                known[groups.Groups[table.Labelers[start]]] = true;
            }
        }

        for (var r = 0; r < sizes.Length; r++)
        {
            signs[r] = signs[r] < 0 ? -1 : 1;
            if (groups.Groups[r] >= 0 && !double.IsNaN(sizes[r]))
            {
                balance[groups.Groups[r]] += signs[r] * sizes[r] * table.CountOfLabeler(r);
            }
        }

        for (var r = 0; r < sizes.Length; r++)
        {
            var group = groups.Groups[r];
            signs[r] = group >= 0 && balance[group] < 0 && !known[group] ? -signs[r] : signs[r];
        }
    }
}
