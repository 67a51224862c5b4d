using System.Globalization;
using LabelerService.Benchmarks.CommandLine;
using LabelerService.Benchmarks.Datasets;
using LabelerService.Benchmarks.Reporting;
using LabelerService.Core.Models;
using LabelerService.Core.Training;
using LabelerService.Learning;

namespace LabelerService.Benchmarks.Models;

/// <summary>Trains and measures models, data set after data set. A model that fails is reported; the others still run.</summary>
internal sealed class ModelComparison(
    BenchRun run, IReadOnlyList<ModelVariant> variants, int seeds, IReadOnlyList<KeyValuePair<string, string>> settings,
    bool withValidationGold)
{
    private const string AutomaticChoice = "auto";
    private readonly ModelTrainer _trainer = new(run.Time, "bench");
    private readonly List<object> _runs = [];
    private readonly List<object> _weights = [];

    /// <summary>Compares the models on a data set.</summary>
    public void Add(BenchDataset dataset, CancellationToken cancellationToken)
    {
        var training = dataset.ForTraining(withValidationGold);
        var annotations = dataset.Labelled.Annotations;
        run.Note(
            $"{dataset.Name}: {annotations.Count} annotations of {annotations.LabelerCount} labelers on "
            + $"{Enumerable.Range(0, annotations.ItemCount).Count(n => annotations.RangeOfItem(n) is var (start, end) && end > start)} items, "
            + $"{dataset.TestGold.Length} test items, {training.FeatureLength} features, {training.Schema.Classes.Count} classes");
        var table = new BenchTable(
            $"{dataset.Name}: {seeds} seeds, test items' gold", "model", "accuracy %", "sd", "log loss", "ECE %", "consensus %",
            "seconds");
        run.Result.Table(table);
        var consensus = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var variant in variants)
        {
            if (Measure(dataset, training, variant, cancellationToken) is { } scores)
            {
                Report(dataset.Name, variant, scores, table);
                if (scores.Average(score => score.Consensus) is { } accuracy)
                {
                    consensus[variant.Name] = accuracy;
                }
            }
        }

        // The product's consensus is that of the model it chooses itself; without it, that of the last model that has one.
        if (consensus.Count > 0)
        {
            run.Result.Figure(
                $"{dataset.Name}.consensus.accuracy", consensus.TryGetValue(AutomaticChoice, out var automatic) ? automatic : consensus.Last().Value);
        }
    }

    /// <summary>Adds what belongs to all data sets together to the result.</summary>
    public void Finish()
    {
        run.Result.Details["units"] = "accuracy (of test items), sd, ece and consensus_accuracy (of annotated training items) in percent; log_loss in nats; seconds of training, mean over the seeds";
        run.Result.Details["runs"] = _runs;
        if (_weights.Count > 0)
        {
            run.Result.Details["averaging_weights"] = _weights;
        }
    }

    private List<ModelScore>? Measure(
        BenchDataset dataset, TrainingSnapshot training, ModelVariant variant, CancellationToken cancellationToken)
    {
        var scores = new List<ModelScore>();
        for (var seed = 1; seed <= seeds; seed++)
        {
            try
            {
                var model = _trainer.Train(training, SettingsOf(variant), seed, null, cancellationToken);
                var score = ModelScore.Of(model, dataset.TestFeatures, dataset.TestGold, dataset.Labelled.Gold);
                scores.Add(score);
                run.Note(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{dataset.Name} {variant.Name} seed {seed}: {score.Accuracy:0.0} %, log loss {score.LogLoss:0.000}, {score.Seconds:0.0} s"));
                _runs.Add(new
                {
                    Dataset = dataset.Name,
                    Model = variant.FigureName,
                    score.Seed,
                    score.Accuracy,
                    score.LogLoss,
                    score.Ece,
                    score.Seconds,
                    score.Consensus,
                    model.Manifest.Settings,
                    model.Manifest.Selection,
                });
                if (seed == 1)
                {
                    ReportWeights(dataset.Name, variant, model.Manifest);
                    ReportSelection(dataset.Name, variant, model.Manifest.Selection);
                }
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                run.Note($"{dataset.Name} {variant.Name} seed {seed} failed: {exception.Message}");
                run.Result.Failures.Add(new BenchFailure($"{dataset.Name} {variant.Name} seed {seed}", exception.Message));
                return null;
            }
        }

        return scores;
    }

    private TrainingSettings SettingsOf(ModelVariant variant)
    {
        // Intervals of the manifest's metrics are not shown, and take time.
        var merged = new Dictionary<string, string>(StringComparer.Ordinal) { ["bootstrap_resamples"] = "0" };
        foreach (var (key, value) in settings)
        {
            merged[key] = value;
        }

        foreach (var key in merged.Keys.Where(key => !variant.Has(key)).ToList())
        {
            merged.Remove(key);
        }

        foreach (var (key, value) in variant.Settings)
        {
            merged[key] = value;
        }

        return AlgorithmCatalogue.Validate(variant.Algorithm.Id, merged);
    }

    private void Report(string dataset, ModelVariant variant, List<ModelScore> scores, BenchTable table)
    {
        var name = $"{dataset}.{variant.FigureName}";
        var accuracy = scores.Average(score => score.Accuracy);
        var spread = Statistics.StandardDeviation([.. scores.Select(score => score.Accuracy)]);
        var logLoss = scores.Average(score => score.LogLoss);
        var ece = scores.Average(score => score.Ece);
        var seconds = scores.Average(score => score.Seconds);
        run.Result.Figure($"{name}.accuracy", accuracy);
        run.Result.Figure($"{name}.sd", spread);
        run.Result.Figure($"{name}.log_loss", logLoss);
        run.Result.Figure($"{name}.ece", ece);
        run.Result.Figure($"{name}.seconds", seconds);
        var consensus = scores.Average(score => score.Consensus);
        if (consensus is { } value)
        {
            run.Result.Figure($"{name}.consensus_accuracy", value);
        }

        table.Row(variant.FigureName, Text(accuracy, "0.0"), Text(spread, "0.0"), Text(logLoss, "0.000"), Text(ece, "0.0"),
            consensus is { } shown ? Text(shown, "0.0") : "", Text(seconds, "0.0"));
    }

    // The weighted doctor net's weights, of one seed: who is trusted how much.
    private void ReportWeights(string dataset, ModelVariant variant, ModelManifest manifest)
    {
        if (variant.Algorithm.Id != "wdn")
        {
            return;
        }

        var table = new BenchTable(
            $"{dataset}: averaging weights of {variant.Name}, seed 1", "labeler", "annotations", "weight", "95 % interval", "estimated accuracy");
        foreach (var head in manifest.Heads.OrderByDescending(head => head.Weight))
        {
            table.Row(
                head.LabelerId ?? "(shared)", head.AnnotationCount.ToString(CultureInfo.InvariantCulture), Text(head.Weight, "0.0000"),
                head is { WeightLow: { } low, WeightHigh: { } high } ? $"{Text(low, "0.0000")} – {Text(high, "0.0000")}" : "",
                Text(head.EstimatedAccuracy, "0.00"));
            _weights.Add(new
            {
                Dataset = dataset,
                Model = variant.FigureName,
                Labeler = head.LabelerId,
                head.AnnotationCount,
                head.Weight,
                head.WeightLow,
                head.WeightHigh,
                head.EstimatedAccuracy,
            });
        }

        run.Result.Table(table);
    }

    // What a model that chooses among others has chosen, and why.
    private void ReportSelection(string dataset, ModelVariant variant, ModelSelection? selection)
    {
        if (selection is null)
        {
            return;
        }

        run.Note($"{dataset} {variant.Name} chose {selection.Reason}");
        var table = new BenchTable(
            $"{dataset}: what {variant.Name} compared without gold, seed 1; chosen: {selection.Chosen}", "candidate", selection.Criterion,
            "standard error of the difference");
        foreach (var candidate in selection.Candidates)
        {
            table.Row(candidate.Name, Text(candidate.LogLikelihood, "0.0000"), Text(candidate.DifferenceStandardError, "0.0000"));
        }

        run.Result.Table(table);
    }

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
