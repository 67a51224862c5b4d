using LabelerService.Core.Metrics;
using LabelerService.Learning.Algorithms;
using LabelerService.Learning.Numerics;
using LabelerService.Learning.Training;
using static TorchSharp.torch;

namespace LabelerService.Learning.Averaging;

/// <summary>
/// How far averaging weights depend on which items there happened to be: percentile bootstrap (Efron 1979) over the training items, which
/// fits the weights again on each resample. The heads stay as they are, so this is the uncertainty of the second phase alone.
/// </summary>
internal sealed class WeightResampling(
    LearningTask task, AveragingForm form, AveragingItems items, HeadValues values, Tensor standardised)
{
    private const double Level = 0.95;

    // Values of heads that all fits together go through. Beyond it there are fewer resamples, and none where few would say nothing.
    private const long MostValues = 4_000_000_000;
    private const int FewestResamples = 20;

    /// <summary>95 % interval of each head's mean weight, which it always contains; null where there are none.</summary>
    /// <param name="weights">Mean weight of each head [R].</param>
    /// <param name="options">How the weights were fitted.</param>
    public IReadOnlyList<Interval>? Intervals(double[] weights, FitOptions options)
    {
        var perResample = (double)items.Targets.Length * weights.Length * options.Epochs;
        var resamples = (int)Math.Min(task.Settings.WeightResamples, MostValues / perResample);
        if (resamples == 0 || resamples < Math.Min(FewestResamples, task.Settings.WeightResamples))
        {
            return null;
        }

        var random = task.Streams.Managed(RandomStream.WeightResamples);
        var drawn = new double[weights.Length][];
        for (var head = 0; head < drawn.Length; head++)
        {
            drawn[head] = new double[resamples];
        }

        var silent = new FitLoop(task.Run, progress: null, laterEpochs: 0);
        for (var b = 0; b < resamples; b++)
        {
            var refitted = task.Run.Journal.Remember(
                () => Refit(random, silent, options), ("weight_intervals", b + 1, resamples), state => random.Save(state, "generator"), state => random.Load(state, "generator"));
            for (var head = 0; head < refitted.Length; head++)
            {
                drawn[head][b] = refitted[head];
            }
        }

        return [.. drawn.Select((values, head) => Percentile(values, weights[head]))];
    }

    private double[] Refit(SeededRandom random, FitLoop loop, FitOptions options)
    {
        using var scope = NewDisposeScope();
        int[] order = [.. Enumerable.Range(0, items.Count).Select(_ => random.Next(items.Count))];
        using var generator = task.Streams.Native(RandomStream.AveragingInitialisation);
        using var parameters = form.Start(generator);
        using var problem = new AveragingProblem(form, items, values, standardised, task.Settings, order, random, _ => null);
        loop.Run(problem, parameters, options with { Patience = 0, InitialCounts = false });
        return form.MeanWeights(parameters, standardised);
    }

    private static Interval Percentile(double[] drawn, double weight)
    {
        Array.Sort(drawn);
        return new Interval(Math.Min(weight, Quantile((1 - Level) / 2)), Math.Max(weight, Quantile((1 + Level) / 2)));

        // Linear interpolation between order statistics.
        double Quantile(double level)
        {
            var at = level * (drawn.Length - 1);
            var below = (int)at;
            return below + 1 == drawn.Length ? drawn[below] : drawn[below] + ((at - below) * (drawn[below + 1] - drawn[below]));
        }
    }
}
