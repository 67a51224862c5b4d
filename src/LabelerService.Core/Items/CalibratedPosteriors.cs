using LabelerService.Core.Aggregation;
using LabelerService.Core.Annotations;

namespace LabelerService.Core.Items;

/// <summary>
/// Class distributions of items that are as sure as they are right. The posteriors of an EM are too sure for two reasons, and each has
/// its remedy here.
/// <para>
/// A labeler's confusions were estimated from the very annotations that they then weigh: who has few annotations has agreed with himself.
/// So the items fall into <see cref="Folds"/> folds, and each fold's posteriors are worked out with confusions estimated (one M-step)
/// from the consensus of the others; and items that one labeler alone has to do with, without a model's word, are left out of the estimate:
/// there the consensus is that labeler's own opinion.
/// </para>
/// <para>
/// Labelers err together on hard items, and the product of their likelihoods takes them to be independent. So log-odds are divided by a
/// temperature T, the one under which labelers are predicted best by the others:
/// max_T Σ_nr ln Σ_k p_{−r}(k|n)^(1/T) Θ_r(y_nr|k) − 4 (ln T)², p normalised, where p_{−r} is the posterior without r's own annotation.
/// The last term is a prior, ln T ~ N(0, 1/8): a handful of annotations says nothing of T. T is in [1, <see cref="Highest"/>]: never surer
/// than before. (Temperature scaling as in Guo et al. 2017, with held-out labelers in place of gold.)
/// </para>
/// </summary>
/// <remarks>Cost: <see cref="Folds"/> + 1 passes over annotations × classes; T is found from at most 50,000 annotations, fewer above 80 classes.</remarks>
public sealed record CalibratedPosteriors
{
    /// <summary>Number of folds.</summary>
    public const int Folds = 5;

    /// <summary>Highest temperature considered.</summary>
    public const double Highest = 20;

    private const int MostSampled = 50_000;

    // Annotations × classes; two numbers are kept of each.
    private const int MostSampledValues = 4_000_000;
    private const int GridSteps = 12;
    private const double Precision = 0.01;
    private const double PriorStrength = 4;

    private CalibratedPosteriors(double[] posteriors, double temperature, LabelerConfusions confusions)
    {
        Confusions = confusions;
        Posteriors = posteriors;
        Temperature = temperature;
    }

    /// <summary>Class distributions, row-major [N, K]; of known items all on their class; of items without annotations their prior.</summary>
    public double[] Posteriors { get; }

    /// <summary>How labelers answer, by the items that others have a say in.</summary>
    public LabelerConfusions Confusions { get; }

    /// <summary>T.</summary>
    public double Temperature { get; }

    /// <summary>Works them out.</summary>
    /// <param name="input">The annotations, what is known, and a model's distributions where the aggregation used them.</param>
    /// <param name="consensus">What an aggregation made of them.</param>
    /// <param name="temperature">T, at least 1; null: found as described.</param>
    /// <param name="threads">Threads at most; 0: all processors. Changes no bit of the result.</param>
    /// <param name="cancel">Checked once a block of items and once a fold.</param>
    /// <exception cref="ArgumentException">The consensus is of other items or classes.</exception>
    public static CalibratedPosteriors Of(
        AggregationInput input, Consensus consensus, double? temperature = null, int threads = 0, CancellationToken cancel = default)
    {
        if (temperature is { } given)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(given, 1, nameof(temperature));
        }

        var evidence = new ItemEvidence(input, consensus);
        var (table, classes) = (input.Table, evidence.ClassCount);
        var logs = new double[checked(table.ItemCount * classes)];
        var options = new ConfusionOptions { Form = evidence.Confusions.IsFull ? ConfusionForm.Full : ConfusionForm.OneCoin };
        var sample = new Sample(table, input, temperature is null ? SampleSize(classes) : 0);
        var witnessed = Witnessed(input, consensus);
        var masked = new double[logs.Length];
        for (var fold = 0; fold < Folds; fold++)
        {
            cancel.ThrowIfCancellationRequested();
            witnessed.CopyTo(masked, 0);
            for (var n = 0; n < table.ItemCount; n++)
            {
                if (FoldOf(n) == fold)
                {
                    masked.AsSpan(n * classes, classes).Clear();
                }
            }

            var confusions = LabelerConfusions.Estimate(table, masked, options);
            ItemBlocks.Run(
                table.ItemCount, threads, () => 0, (_, start, end) => Judge(input, evidence, confusions, fold, start, end, logs), null, null, cancel);
            sample.Add(fold, logs, confusions);
        }

        var used = temperature ?? sample.Temperature(cancel);
        ItemBlocks.Run(table.ItemCount, threads, () => 0, (_, start, end) => Normalise(input, start, end, used, classes, logs), null, null, cancel);
        return new CalibratedPosteriors(logs, used, LabelerConfusions.Estimate(table, witnessed, options));
    }

    /// <summary>Annotations that T is found from, at most: of each, 2·K numbers are kept.</summary>
    internal static int SampleSize(int classes) => Math.Clamp(MostSampledValues / classes, 1, MostSampled);

    // The consensus, with zeros for items that have nobody's word but one labeler's.
    private static double[] Witnessed(AggregationInput input, Consensus consensus)
    {
        var (table, classes) = (input.Table, input.Table.ClassCount);
        var result = (double[])consensus.Posteriors.Clone();
        for (var n = 0; n < table.ItemCount; n++)
        {
            var (start, end) = table.RangeOfItem(n);
            if (end - start < 2 && !input.IsGold(n, out _) && ItemEvidence.ModelRow(input.ModelProbabilities, n, classes).IsEmpty)
            {
                result.AsSpan(n * classes, classes).Clear();
            }
        }

        return result;
    }

    // Fibonacci hashing: items that came one after the other, perhaps of one kind, fall into different folds.
    private static int FoldOf(int item) => (int)(((uint)item * 2_654_435_769u) >> 16) % Folds;

    private static void Judge(AggregationInput input, ItemEvidence evidence, LabelerConfusions confusions, int fold, int start, int end, double[] logs)
    {
        for (var n = start; n < end; n++)
        {
            if (FoldOf(n) == fold)
            {
                var row = logs.AsSpan(n * evidence.ClassCount, evidence.ClassCount);
                evidence.PriorLogs(n, row);
                confusions.AddLogLikelihood(input.Table, n, row);
            }
        }
    }

    private static void Normalise(AggregationInput input, int start, int end, double temperature, int classes, double[] logs)
    {
        for (var n = start; n < end; n++)
        {
            var row = logs.AsSpan(n * classes, classes);
            if (input.IsGold(n, out var known))
            {
                row.Clear();
                row[known] = 1;
                continue;
            }

            // What is not known by annotations is the prior's to say: labelers who err together have no part in it.
            var (first, last) = input.Table.RangeOfItem(n);
            for (var k = 0; k < classes && first < last; k++)
            {
                row[k] /= temperature;
            }

            ClassDistributions.SoftMax(row);
        }
    }

    /// <summary>Some annotations, each with what its item is without it and what its labeler would say.</summary>
    private sealed class Sample(AnnotationTable table, AggregationInput input, int most)
    {
        private readonly List<double> _logs = [];
        private readonly List<double> _answers = [];
        private readonly int _stride = Math.Max(1, (table.Count + Math.Max(most, 1) - 1) / Math.Max(most, 1));

        // Whole items, evenly spaced, as many as have about the number of annotations wanted.
        public void Add(int fold, double[] logs, LabelerConfusions confusions)
        {
            var classes = table.ClassCount;
            for (var n = 0; n < table.ItemCount && most > 0; n += _stride)
            {
                var (start, end) = table.RangeOfItem(n);
                if (FoldOf(n) != fold || end - start < 2 || input.IsGold(n, out _))
                {
                    continue;
                }

                for (var i = start; i < end; i++)
                {
                    for (var k = 0; k < classes; k++)
                    {
                        var answer = confusions.LogProbability(table.Labelers[i], k, table.Classes[i]);
                        _logs.Add(logs[(n * classes) + k] - answer);
                        _answers.Add(Math.Exp(answer));
                    }
                }
            }
        }

        public double Temperature(CancellationToken cancel)
        {
            if (_logs.Count == 0 || table.ClassCount == 1)
            {
                return 1;
            }

            // A grid, because the objective need not have one peak, and then a golden section around its best point.
            double high = Math.Log(Highest), step = high / GridSteps, best = 0, bestValue = double.NegativeInfinity;
            for (var i = 0; i <= GridSteps; i++)
            {
                cancel.ThrowIfCancellationRequested();
                Try(i * step);
            }

            double left = Math.Max(0, best - step), right = Math.Min(high, best + step);
            var ratio = (Math.Sqrt(5) - 1) / 2;
            while (right - left > Precision)
            {
                cancel.ThrowIfCancellationRequested();
                double a = right - (ratio * (right - left)), b = left + (ratio * (right - left));
                if (Try(a) >= Try(b))
                {
                    right = b;
                }
                else
                {
                    left = a;
                }
            }

            return Math.Exp(best);

            double Try(double logTemperature)
            {
                var value = Value(Math.Exp(logTemperature)) - (PriorStrength * logTemperature * logTemperature);
                if (value > bestValue)
                {
                    (best, bestValue) = (logTemperature, value);
                }

                return value;
            }
        }

        private double Value(double temperature)
        {
            var classes = table.ClassCount;
            var row = new double[classes];
            var sum = 0.0;
            for (var i = 0; i < _logs.Count; i += classes)
            {
                for (var k = 0; k < classes; k++)
                {
                    row[k] = _logs[i + k] / temperature;
                }

                ClassDistributions.SoftMax(row);
                var probability = 0.0;
                for (var k = 0; k < classes; k++)
                {
                    probability += row[k] * _answers[i + k];
                }

                sum += ClassDistributions.Log(probability);
            }

            return sum;
        }
    }
}
