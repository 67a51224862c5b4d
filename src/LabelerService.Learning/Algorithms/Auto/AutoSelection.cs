using System.Globalization;
using LabelerService.Core.Errors;
using LabelerService.Core.Models;
using LabelerService.Core.Training;
using LabelerService.Learning.Training;

namespace LabelerService.Learning.Algorithms.Auto;

/// <summary>
/// Chooses algorithm and settings without gold, by <see cref="CandidateScore"/>, and trains what it chose on everything. Says why in the
/// manifest.
/// </summary>
internal sealed class AutoSelection : ILearningAlgorithm
{
    // Enough to tell candidates apart, and a bound on the time that choosing takes.
    private const int MostItems = 3000;

    public TrainedEnsemble Train(LearningTask task)
    {
        var start = task.Run.Time.GetTimestamp();
        using var probe = task.With(task.Settings, task.Streams.Child(0), Sample(task), task.Run);
        var candidates = AutoCandidate.For(probe);
        var scores = new double[candidates.Count][];
        int annotations;
        using (var scorer = new CandidateScore(probe))
        {
            annotations = scorer.Annotations;
            for (var c = 0; c < candidates.Count; c++)
            {
                task.Run.Cancel.ThrowIfCancellationRequested();
                scores[c] = Score(scorer, candidates[c]);
                var elapsed = task.Run.Time.GetElapsedTime(start);
                var best = scores.Take(c + 1).Max(items => items.Sum()) / annotations;
                task.Run.Progress?.Report(new TrainingProgress(
                    "choosing", c + 1, candidates.Count, -scores[c].Sum() / annotations, "best_held_out_log_likelihood", best,
                    elapsed / (c + 1) * (candidates.Count - c - 1)));
            }
        }

        var chosen = Enumerable.Range(0, candidates.Count).MaxBy(c => scores[c].Sum());
        using var final = task.With(candidates[chosen].Settings, task.Streams.Child(1));
        var trained = LearningAlgorithms.Train(final);
        return trained with { Selection = Report(candidates, scores, chosen, annotations) };
    }

    // A candidate that this data does not allow is not chosen; anything else is a fault and ends the run.
    private static double[] Score(CandidateScore scorer, AutoCandidate candidate)
    {
        try
        {
            return scorer.Score(candidate);
        }
        catch (ServiceException error) when (error.Kind == ErrorKind.FailedPrecondition)
        {
            return [double.NegativeInfinity];
        }
    }

    private static TrainingSet Sample(LearningTask task)
    {
        var items = Enumerable.Range(0, task.Set.Items.Length).ToArray();
        if (items.Length > MostItems)
        {
            task.Streams.Managed(RandomStream.Sample).Shuffle(items);
        }

        return task.Set.Subset([.. items.Take(MostItems).Order()]);
    }

    private static ModelSelection Report(IReadOnlyList<AutoCandidate> candidates, double[][] scores, int chosen, int annotations)
    {
        var order = Enumerable.Range(0, candidates.Count).Where(c => double.IsFinite(scores[c].Sum())).OrderByDescending(c => scores[c].Sum()).ToArray();
        var entries = order.Select(c => new ModelCandidate(
            candidates[c].Name, scores[c].Sum() / annotations, StandardError(scores[chosen], scores[c], annotations))).ToArray();
        var reason = string.Create(
            CultureInfo.InvariantCulture,
            $"{candidates[chosen].Name}: labelers' answers on items held out are likeliest under it ({entries[0].LogLikelihood:F4} nats a label)");
        if (entries.Length > 1)
        {
            var gap = entries[0].LogLikelihood - entries[1].LogLikelihood;
            var sure = gap > 2 * entries[1].DifferenceStandardError;
            reason += string.Create(
                CultureInfo.InvariantCulture,
                $"; next is {entries[1].Name}, {gap:F4} ± {entries[1].DifferenceStandardError:F4} behind, {(sure ? "more" : "not more")} than chance explains.");
        }

        return new ModelSelection("held_out_log_likelihood", candidates[chosen].Name, reason, entries);
    }

    // Of the difference of two means over annotations, from the differences item by item.
    private static double StandardError(double[] one, double[] other, int annotations)
    {
        var mean = 0.0;
        for (var i = 0; i < one.Length; i++)
        {
            mean += (one[i] - other[i]) / one.Length;
        }

        var squares = 0.0;
        for (var i = 0; i < one.Length; i++)
        {
            squares += (one[i] - other[i] - mean) * (one[i] - other[i] - mean);
        }

        return Math.Sqrt(squares) / annotations;
    }
}
