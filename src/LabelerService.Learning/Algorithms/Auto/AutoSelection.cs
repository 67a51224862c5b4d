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
                var candidate = candidates[c];
                scores[c] = task.Run.Journal.Remember(() => Score(scorer, candidate), ("choosing", c + 1, candidates.Count));

                var elapsed = task.Run.Time.GetElapsedTime(start);
                var best = scores.Take(c + 1).Max(items => items.Sum()) / annotations;
                task.Run.Progress?.Report(new TrainingProgress(
                    "choosing", c + 1, candidates.Count, -scores[c].Sum() / annotations, "best_log_likelihood", best,
                    elapsed / (c + 1) * (candidates.Count - c - 1)));
            }
        }

        var chosen = Choose(candidates, scores, annotations);
        using var final = task.With(candidates[chosen].Settings, task.Streams.Child(1));
        var trained = LearningAlgorithms.Train(final);
        return trained with { Selection = Report(candidates, scores, chosen, annotations) };
    }

    // The simplest kind of model that is as good as the best, within two standard errors; of that kind the family that scores best, and of
    // that family the most regularised within one (the rule of Breiman et al., Classification and Regression Trees, 1984, section 3.4.3).
    // What is simple errs less where the score cannot tell: on LabelMe the score alone picks random features at 88.6 %, the rule a
    // discriminant at about 92 %.
    private static int Choose(IReadOnlyList<AutoCandidate> candidates, double[][] scores, int annotations)
    {
        var order = Enumerable.Range(0, candidates.Count).OrderByDescending(c => scores[c].Sum()).ToArray();
        var simplest = order.Where(c => IsAsGood(c, order[0], 2)).Min(c => candidates[c].Complexity);
        var best = order.First(c => candidates[c].Complexity == simplest);
        return Enumerable.Range(0, candidates.Count)
            .Where(c => candidates[c].Family == candidates[best].Family && IsAsGood(c, best, 1))
            .MaxBy(c => candidates[c].Regularisation);

        bool IsAsGood(int one, int other, double standardErrors)
        {
            var gap = (scores[other].Sum() - scores[one].Sum()) / annotations;
            return one == other || gap <= standardErrors * StandardError(scores[other], scores[one], annotations);
        }
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
            return Enumerable.Repeat(double.NegativeInfinity, scorer.ItemCount).ToArray();
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
        var order = Enumerable.Range(0, candidates.Count).Where(c => double.IsFinite(scores[c][0])).OrderByDescending(c => scores[c].Sum()).ToArray();
        var entries = order.Select(c => new ModelCandidate(
            candidates[c].Name, scores[c].Sum() / annotations, StandardError(scores[chosen], scores[c], annotations))).ToArray();
        var own = scores[chosen].Sum() / annotations;
        var reason = string.Create(
            CultureInfo.InvariantCulture,
            $"{candidates[chosen].Name}: the classes it names for items it has not seen predict labelers' answers with {own:F4} nats a label");
        reason += order[0] == chosen
            ? ", the best of all."
            : string.Create(
                CultureInfo.InvariantCulture,
                $"; the best, {entries[0].Name}, is {entries[0].LogLikelihood - own:F4} ± {entries[0].DifferenceStandardError:F4} ahead, and presumes less.");
        return new ModelSelection("named_class_log_likelihood", candidates[chosen].Name, reason, entries);
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
