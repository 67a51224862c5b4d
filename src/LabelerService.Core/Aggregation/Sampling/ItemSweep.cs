using LabelerService.Core.Parallelism;
using LabelerService.Core.Randomness;

namespace LabelerService.Core.Aggregation.Sampling;

/// <summary>The items' part of the sampler: their classes given labelers and class distribution.</summary>
internal sealed class ItemSweep
{
    private const int Block = 1024;

    // e^-40 of the largest weight is never drawn and adds nothing.
    private const double Negligible = -40;
    private readonly AggregationInput _input;
    private readonly ConfusionSamplerOptions _options;
    private readonly Blocks _blocks;
    private readonly int[] _watched;
    private readonly float[]? _priorLogs;
    private readonly int[] _counts;
    private readonly double[] _sums;
    private readonly double[] _squares;

    public ItemSweep(AggregationInput input, ConfusionSamplerOptions options, int[] start, int[] watched, CancellationToken cancellationToken)
    {
        var table = input.Table;
        (_input, _options, _watched) = (input, options, watched);
        Classes = (int[])start.Clone();
        _blocks = new Blocks(options.Threads, cancellationToken);
        _counts = new int[Blocks.Count(table.ItemCount, Block) * table.ClassCount];
        _sums = new double[table.ItemCount];
        _squares = new double[table.ItemCount];
        _priorLogs = PriorLogs(input);
        for (var n = 0; n < Classes.Length; n++)
        {
            if (input.IsGold(n, out var known))
            {
                Classes[n] = known;
            }
        }
    }

    /// <summary>Class of each item in the present draw [N]; of no meaning for items without annotations.</summary>
    public int[] Classes { get; }

    /// <summary>Memory, but for small change.</summary>
    public long Bytes => (24L * Classes.Length) + (4L * (_priorLogs?.Length ?? 0));

    /// <summary>Mean and variance over draws of the probability of the watched class.</summary>
    public (double Mean, double Variance) Watched(int item, int draws)
    {
        var mean = Math.Clamp(_sums[item] / draws, 0, 1);
        return (mean, Math.Max(0, (_squares[item] / draws) - (mean * mean)));
    }

    /// <summary>Draws the class of each item.</summary>
    /// <param name="labelers">How labelers answer.</param>
    /// <param name="classPrior">Distribution of the classes [K], for items of which no model says anything.</param>
    /// <param name="sweep">Number of the draw, for its random numbers.</param>
    /// <param name="keep">Whether the probabilities count.</param>
    /// <returns>Items with annotations or known, by class [K].</returns>
    public long[] Draw(LabelerSweep labelers, double[] classPrior, int sweep, bool keep)
    {
        var classes = classPrior.Length;
        var priorLogs = Array.ConvertAll(classPrior, ClassDistributions.Log);
        _blocks.Run(
            Classes.Length, Block,
            () => new double[classes],
            (block, start, end, logs) =>
            {
                var random = new RandomStream(_options.Seed, 4L * sweep, block);
                var counts = _counts.AsSpan(block * classes, classes);
                counts.Clear();
                for (var n = start; n < end; n++)
                {
                    DrawItem(n, labelers, priorLogs, random, keep, logs, counts);
                }
            });
        return Sum(classes);
    }

    /// <summary>Items with annotations or known, by class [K], in the present draw.</summary>
    public long[] CountClasses()
    {
        var counts = new long[_input.Table.ClassCount];
        for (var n = 0; n < Classes.Length; n++)
        {
            var (start, end) = _input.Table.RangeOfItem(n);
            counts[Classes[n]] += start < end || _input.IsGold(n, out _) ? 1 : 0;
        }

        return counts;
    }

    private void DrawItem(
        int n, LabelerSweep labelers, double[] priorLogs, RandomStream random, bool keep, double[] logs, Span<int> counts)
    {
        if (_input.IsGold(n, out var known))
        {
            counts[known]++;
            if (keep && known == _watched[n])
            {
                _sums[n]++;
                _squares[n]++;
            }

            return;
        }

        var table = _input.Table;
        var (start, end) = table.RangeOfItem(n);
        SetPrior(n, priorLogs, logs);
        labelers.AddLogLikelihood(table.Labelers[start..end], table.Classes[start..end], logs);
        var total = Exponentials(logs);
        if (keep)
        {
            var probability = logs[_watched[n]] / total;
            _sums[n] += probability;
            _squares[n] += probability * probability;
        }

        if (start < end)
        {
            Classes[n] = random.Choose(logs, total);
            counts[Classes[n]]++;
        }
    }

    private void SetPrior(int n, double[] priorLogs, double[] logs)
    {
        var classes = logs.Length;
        if (_priorLogs is null || float.IsNaN(_priorLogs[(long)n * classes]))
        {
            priorLogs.CopyTo(logs, 0);
            return;
        }

        for (var k = 0; k < classes; k++)
        {
            logs[k] = _priorLogs[((long)n * classes) + k];
        }
    }

    private static double Exponentials(double[] logs)
    {
        var max = double.NegativeInfinity;
        foreach (var log in logs)
        {
            max = Math.Max(max, log);
        }

        var total = 0.0;
        foreach (ref var log in logs.AsSpan())
        {
            log -= max;
            log = log < Negligible ? 0 : Math.Exp(log);
            total += log;
        }

        return total;
    }

    private long[] Sum(int classes)
    {
        var sums = new long[classes];
        for (var i = 0; i < _counts.Length; i++)
        {
            sums[i % classes] += _counts[i];
        }

        return sums;
    }

    // Logs of the model's distributions [N, K]; NaN first where the model says nothing.
    private static float[]? PriorLogs(AggregationInput input)
    {
        if (input.ModelProbabilities.IsEmpty)
        {
            return null;
        }

        var classes = input.Table.ClassCount;
        var given = input.ModelProbabilities.Span;
        var logs = new float[given.Length];
        for (var start = 0; start < given.Length; start += classes)
        {
            var total = 0.0;
            for (var k = 0; k < classes; k++)
            {
                total += given[start + k] > 0 ? given[start + k] : 0;
            }

            for (var k = 0; k < classes; k++)
            {
                logs[start + k] = total > 0 ? (float)ClassDistributions.Log(given[start + k] / total) : float.NaN;
            }
        }

        return logs;
    }
}
