using LabelerService.Core.Annotations;
using LabelerService.Core.Parallelism;

namespace LabelerService.Core.Aggregation.Confusions;

/// <summary>How certain the E-step is.</summary>
internal enum Assignment
{
    /// <summary>Class distributions: expectation–maximisation.</summary>
    Soft,

    /// <summary>The likeliest class gets all: classification EM.</summary>
    Hard,
}

/// <summary>What an E-step found, summed over items.</summary>
/// <param name="LogLikelihood">Σ_n ln Σ_k prior(k|n) Π_r Θ_r(y_nr|k) over items with annotations; known items count their class only.</param>
/// <param name="Change">Mean over items of Σ_k |change of the posterior|.</param>
internal readonly record struct ItemStepResult(double LogLikelihood, double Change);

/// <summary>The E-step over all items.</summary>
/// <param name="table">The annotations.</param>
/// <param name="knowledge">Priors and known classes.</param>
internal sealed class ItemStep(AnnotationTable table, ItemKnowledge knowledge)
{
    // Work on an item beside its annotations, counted in annotations.
    private const int CostOfItem = 4;

    private readonly int[] _blocks = Blocks.Cut(table.ItemCount, AggregationBlocks.Cost, n => table.RangeOfItem(n).Start + ((long)n * CostOfItem));

    /// <summary>Posteriors of all items given the parameters.</summary>
    /// <param name="classPrior">Distribution of the classes [K].</param>
    /// <param name="labelers">The labelers.</param>
    /// <param name="assignment">Soft or hard.</param>
    /// <param name="posteriors">Class distributions, row-major [N, K]: those before come in, those after go out.</param>
    /// <param name="control">Threads and cancellation.</param>
    public ItemStepResult Run(
        ReadOnlySpan<double> classPrior, LabelerStep labelers, Assignment assignment, double[] posteriors, AggregationControl control)
    {
        var classLogs = new double[table.ClassCount];
        Logs(classPrior, classLogs);
        var (likelihoods, changes) = (new double[_blocks.Length - 1], new double[_blocks.Length - 1]);
        AggregationBlocks.For(control).Run(_blocks, (block, first, end) =>
            (likelihoods[block], changes[block]) = Block(first, end, classLogs, labelers, assignment, posteriors));
        return new ItemStepResult(likelihoods.Sum(), table.ItemCount == 0 ? 0 : changes.Sum() / table.ItemCount);
    }

    /// <summary>Soft counts of all annotations, label-major [y, k].</summary>
    public double[] CommonCounts(double[] posteriors, AggregationControl control)
    {
        var classes = table.ClassCount;
        var stride = RowSums.Stride(classes);
        var blocks = new double[_blocks.Length - 1][];
        AggregationBlocks.For(control).Run(_blocks, (block, first, end) =>
        {
            var counts = new double[classes * stride];
            if (first < end)
            {
                var annotations = table.RangeOfItem(first).Start..table.RangeOfItem(end - 1).End;
                RowSums.AddRows(posteriors, table.Items[annotations], table.Classes[annotations], counts, classes);
            }

            blocks[block] = counts;
        });
        var common = new double[classes * classes];
        for (var cell = 0; cell < common.Length; cell++)
        {
            foreach (var counts in blocks)
            {
                common[cell] += counts[(cell / classes * stride) + (cell % classes)];
            }
        }

        return common;
    }

    private (double LogLikelihood, double Change) Block(
        int first, int end, double[] classLogs, LabelerStep labelers, Assignment assignment, double[] posteriors)
    {
        var classes = table.ClassCount;
        var gold = knowledge.Gold.Span;
        var priors = knowledge.Priors;
        var buffer = new double[RowSums.BufferLength(classes)];
        var row = buffer.AsSpan(0, classes);
        double likelihood = 0, change = 0;
        for (var n = first; n < end; n++)
        {
            if (priors is null || double.IsNaN(priors[n * classes]))
            {
                classLogs.CopyTo(row);
            }
            else
            {
                Logs(priors.AsSpan(n * classes, classes), row);
            }

            labelers.AddLogs(n, buffer);
            var (start, stop) = table.RangeOfItem(n);
            if (!gold.IsEmpty && gold[n] >= 0)
            {
                likelihood += row[gold[n]];
                Choose(row, gold[n]);
            }
            else
            {
                var evidence = ClassDistributions.SoftMax(row);
                likelihood += start == stop ? 0 : evidence;
                if (assignment == Assignment.Hard)
                {
                    Choose(row, ClassDistributions.Top(row));
                }
            }

            var posterior = posteriors.AsSpan(n * classes, classes);
            for (var k = 0; k < row.Length; k++)
            {
                change += Math.Abs(row[k] - posterior[k]);
                posterior[k] = row[k];
            }
        }

        return (likelihood, change);
    }

    private static void Logs(ReadOnlySpan<double> probabilities, Span<double> logs)
    {
        for (var k = 0; k < logs.Length; k++)
        {
            logs[k] = ClassDistributions.Log(probabilities[k]);
        }
    }

    private static void Choose(Span<double> row, int k)
    {
        row.Clear();
        row[k] = 1;
    }
}
