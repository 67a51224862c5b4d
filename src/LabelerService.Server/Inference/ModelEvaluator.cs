using LabelerService.Contracts;
using LabelerService.Contracts.V1;
using LabelerService.Core.Errors;
using LabelerService.Core.Metrics;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Items;
using LabelerService.Storage.Models;
using DomainSplit = LabelerService.Core.Datasets.Split;

namespace LabelerService.Server.Inference;

/// <summary>Measures a model on the gold items of a split: what the served graph says, not what the trainer remembers.</summary>
internal sealed class ModelEvaluator(ItemStore items, Predictor predictor)
{
    private const int BlockItems = 256;

    // Fixed, so that the same data gives the same interval every time.
    private const long BootstrapSeed = 1;

    /// <summary>Evaluates a version.</summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="version">The version.</param>
    /// <param name="split">Split to measure on.</param>
    /// <param name="replicas">Bootstrap replicas.</param>
    /// <param name="cancel">Cancels.</param>
    /// <exception cref="ServiceException">FAILED_PRECONDITION if the split has no items with gold and features.</exception>
    public async Task<EvaluateModelResponse> EvaluateAsync(
        DatasetRecord dataset, ModelVersionRecord version, DomainSplit split, int replicas, CancellationToken cancel)
    {
        var (probabilities, gold) = await PredictGoldAsync(dataset, version, split, cancel);
        if (gold.Count == 0)
        {
            throw new ServiceException(
                ErrorKind.FailedPrecondition, "NO_GOLD",
                $"The {Name(split)} split of datasets/{dataset.Id} has no items with gold and features. Import gold labels for it first.",
                new FieldViolation("split", "has no items with gold and features"));
        }

        var sample = new ClassificationSample(
            System.Runtime.InteropServices.CollectionsMarshal.AsSpan(probabilities),
            System.Runtime.InteropServices.CollectionsMarshal.AsSpan(gold), version.Manifest.Classes.Count);
        var response = new EvaluateModelResponse
        {
            ModelVersion = ResourceName.ModelVersion(dataset.Id, version.ModelId, version.Version),
            Classes = { version.Manifest.Classes },
        };
        response.Metrics.Add(Measure("accuracy", sample.Accuracy(), rows => sample.Accuracy(rows), sample.Count, split, replicas));
        response.Metrics.Add(Measure("log_loss", sample.LogLoss(), rows => sample.LogLoss(rows), sample.Count, split, replicas));
        response.Metrics.Add(Measure(
            "ece", sample.ExpectedCalibrationError(), rows => sample.ExpectedCalibrationError(rows), sample.Count, split, replicas));
        foreach (var count in sample.Confusion().Counts)
        {
            response.Confusion.Add(count);
        }

        return response;
    }

    private async Task<(List<float> Probabilities, List<int> Gold)> PredictGoldAsync(
        DatasetRecord dataset, ModelVersionRecord version, DomainSplit split, CancellationToken cancel)
    {
        var length = version.Manifest.FeatureLength;
        var probabilities = new List<float>();
        var gold = new List<int>();
        var block = new float[BlockItems * length];
        var filled = 0;
        await foreach (var item in items.StreamFeaturesAsync(dataset, split, 0, cancel))
        {
            if (item.GoldClass is not { } goldClass)
            {
                continue;
            }

            item.Features.CopyTo(block.AsSpan(filled * length));
            gold.Add(goldClass);
            if (++filled == BlockItems)
            {
                await FlushAsync();
            }
        }

        await FlushAsync();
        return (probabilities, gold);

        async Task FlushAsync()
        {
            if (filled > 0)
            {
                var predicted = await predictor.PredictAsync(dataset, version, block, filled, false, false, cancel);
                probabilities.AddRange(predicted.Probabilities);
                filled = 0;
            }
        }
    }

    private static Metric Measure(string name, double value, RowStatistic statistic, int count, DomainSplit split, int replicas)
    {
        var interval = Bootstrap.Percentile(count, statistic, replicas, BootstrapSeed);
        return new Metric { Metric_ = name, Split = Name(split), Value = value, Lower = interval.Low, Upper = interval.High, Count = count };
    }

    private static string Name(DomainSplit split) => split switch
    {
        DomainSplit.Train => "train",
        DomainSplit.Validation => "validation",
        _ => "test",
    };
}
