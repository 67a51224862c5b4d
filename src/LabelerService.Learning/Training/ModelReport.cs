using LabelerService.Core.Datasets;
using LabelerService.Core.Metrics;
using LabelerService.Core.Models;
using LabelerService.Core.Training;
using LabelerService.Learning.Algorithms;
using LabelerService.Learning.Ensembles;
using LabelerService.Learning.Numerics;
using static TorchSharp.torch;

namespace LabelerService.Learning.Training;

/// <summary>Measures a trained net for its manifest.</summary>
internal sealed class ModelReport(
    TrainingSnapshot snapshot, TrainingSet set, TrainedEnsemble trained, EnsembleRunner runner, EnsembleRunner? distilled, int bootstrapResamples, long bootstrapSeed,
    CancellationToken cancel)
{
    // Draws of one interval: enough for 1,000 resamples of 100,000 items; larger splits get fewer, and need fewer.
    private const long MaximumDraws = 100_000_000;
    private const int FewestResamples = 100;

    // Values of the heads' estimates: more would take longer than training does where there are very many labelers.
    private const long MaximumHeadValues = 50_000_000;
    private const int FewestHeadItems = 1000;

    /// <summary>Each head's mean weight and estimated accuracy over the training items, evenly thinned where they are very many.</summary>
    public ModelHead[] Heads()
    {
        using var outer = NewDisposeScope();
        var assignment = trained.Heads;
        var most = Math.Max(FewestHeadItems, MaximumHeadValues / ((long)assignment.Count * snapshot.Schema.Classes.Count));
        var count = (int)Math.Min(set.Items.Length, most);
        int[] items = [.. Enumerable.Range(0, count).Select(i => set.Items[(int)((long)i * set.Items.Length / count)])];
        var agreement = zeros(assignment.Count, dtype: ScalarType.Float64);
        var weights = zeros(assignment.Count, dtype: ScalarType.Float64);
        runner.ForEachChunk(items, (_, output) =>
        {
            cancel.ThrowIfCancellationRequested();
            // What each head gives to the class that the ensemble holds likeliest.
            var top = output.Probabilities.argmax(1).view(-1, 1, 1).expand(-1, assignment.Count, 1);
            agreement.PlusInPlace(output.LabelerProbabilities.gather(2, top).squeeze(2).to(ScalarType.Float64).sum([0]));
            weights.PlusInPlace(output.LabelerWeights.to(ScalarType.Float64).sum([0]));
        });
        var accuracies = agreement.data<double>().ToArray();
        var shares = weights.data<double>().ToArray();
        return
        [
            .. Enumerable.Range(0, assignment.Count).Select(head => new ModelHead(
                assignment.LabelerIds[head], assignment.AnnotationCounts[head], shares[head] / count, accuracies[head] / count,
                trained.WeightIntervals?[head].Low, trained.WeightIntervals?[head].High)),
        ];
    }

    /// <summary>Metrics against gold for each split that has some, and the ensemble's log-likelihood of annotations held out.</summary>
    public List<ModelMetric> Metrics()
    {
        var metrics = new List<ModelMetric>();
        foreach (var (split, name) in (ReadOnlySpan<(Split, string)>)
            [(Split.Train, "train"), (Split.Validation, "validation"), (Split.Test, "test")])
        {
            int[] rows = [.. Enumerable.Range(0, snapshot.Gold.Length).Where(n => snapshot.Splits[n] == split && snapshot.Gold[n] >= 0)];
            if (rows.Length > 0)
            {
                AddGold(metrics, name, rows);
            }
        }

        if (trained.Consensus is { } consensus)
        {
            // Gold is looked at here to measure by, never to learn from.
            var sample = new ClassificationSample(consensus, [.. set.Items.Select(n => snapshot.Gold[n])], snapshot.Schema.Classes.Count);
            if (sample.Count > 0)
            {
                Add(metrics, "train", "consensus_accuracy", sample.Count, sample.Accuracy);
            }
        }

        if (set.HeldOut.Count > 0)
        {
            var probabilities = runner.Predict(set.HeldOut.Items);
            var classes = snapshot.Schema.Classes.Count;
            var sum = 0.0;
            for (var a = 0; a < set.HeldOut.Count; a++)
            {
                sum += Math.Log(Math.Max(probabilities[(a * classes) + set.HeldOut.Classes[a]], ClassificationSample.SmallestProbability));
            }

            metrics.Add(new ModelMetric(
                set.HeldOutSplit == Split.Validation ? "validation" : "train", "held_out_log_likelihood", sum / set.HeldOut.Count,
                set.HeldOut.Count));
        }

        return metrics;
    }

    private void AddGold(List<ModelMetric> metrics, string split, int[] rows)
    {
        var probabilities = runner.Predict(rows);
        int[] gold = [.. rows.Select(n => snapshot.Gold[n])];
        var classes = snapshot.Schema.Classes.Count;
        var sample = new ClassificationSample(probabilities, gold, classes);
        Add(metrics, split, "accuracy", sample.Count, sample.Accuracy);
        Add(metrics, split, "log_loss", sample.Count, sample.LogLoss);
        Add(metrics, split, "ece", sample.Count, chosen => sample.ExpectedCalibrationError(chosen));
        if (snapshot.Schema.LabelKind == LabelKind.Binary)
        {
            var binary = BinaryCollapse.Sample(probabilities, gold, BinaryCollapse.AtLeast(1, classes));
            Add(metrics, split, "auc", sample.Count, binary.RocAuc);
            Add(metrics, split, "specificity_at_97_sensitivity", sample.Count, chosen => binary.SpecificityAtSensitivity(chosen));
        }
        else if (snapshot.Schema.LabelKind == LabelKind.Ordinal)
        {
            var ordinal = new OrdinalSample(probabilities, gold, classes);
            Add(metrics, split, "mean_absolute_error", sample.Count, ordinal.MeanAbsoluteError);
            Add(metrics, split, "quadratic_weighted_kappa", sample.Count, ordinal.QuadraticWeightedKappa);
        }

        if (distilled is not null)
        {
            var student = new ClassificationSample(distilled.Predict(rows), gold, classes);
            Add(metrics, split, "distilled_accuracy", student.Count, student.Accuracy);
        }
    }

    // A resample is the largest piece of work that nobody waits for.
    private RowStatistic Cancellable(RowStatistic statistic) => chosen =>
    {
        cancel.ThrowIfCancellationRequested();
        return statistic(chosen);
    };

    private void Add(List<ModelMetric> metrics, string split, string name, int count, RowStatistic statistic)
    {
        int[] all = [.. Enumerable.Range(0, count)];
        var value = statistic(all);
        if (double.IsNaN(value))
        {
            // Not defined here: AUC where gold is all of one class, say.
            return;
        }

        var resamples = (int)Math.Min(bootstrapResamples, Math.Max(FewestResamples, MaximumDraws / count));
        Interval? interval = resamples > 0 ? Bootstrap.Percentile(count, Cancellable(statistic), resamples, bootstrapSeed) : null;
        interval = interval is { Low: double.NaN } ? null : interval;
        metrics.Add(new ModelMetric(split, name, value, count, interval?.Low, interval?.High));
    }
}
