using LabelerService.Core.Metrics;
using LabelerService.Core.Models;
using LabelerService.Learning;
using Microsoft.ML.OnnxRuntime;

namespace LabelerService.Benchmarks.Models;

/// <summary>How good one trained model is, measured on its serving graph as the server runs it.</summary>
/// <param name="Seed">Seed of the training.</param>
/// <param name="Accuracy">Share right of the test items, in percent.</param>
/// <param name="LogLoss">Mean −ln of the gold class's probability, in nats.</param>
/// <param name="Ece">Expected calibration error, in percent.</param>
/// <param name="Seconds">Wall time of the training.</param>
/// <param name="Consensus">Share right of the training items' consensus, in percent; null where the model has none.</param>
internal sealed record ModelScore(long Seed, double Accuracy, double LogLoss, double Ece, double Seconds, double? Consensus = null)
{
    private const int RowsAtOnce = 1024;

    /// <summary>Measures a model on test items, and its consensus on training items.</summary>
    /// <param name="model">The model.</param>
    /// <param name="features">Features of the test items [M, D].</param>
    /// <param name="gold">Their gold classes [M].</param>
    /// <param name="trainingGold">Gold classes of the items of the snapshot that it was trained on, kept from it; empty where there is none.</param>
    public static ModelScore Of(TrainedModel model, float[] features, int[] gold, int[] trainingGold)
    {
        var classes = model.Manifest.Classes.Count;
        var sample = new ClassificationSample(Predict(model, features, gold.Length), gold, classes);
        double? consensus = null;
        if (model.ConsensusItems.Count > 0 && trainingGold.Length > 0)
        {
            consensus = 100 * new ClassificationSample(
                [.. model.Consensus], [.. model.ConsensusItems.Select(item => trainingGold[item])], classes).Accuracy();
        }

        return new ModelScore(
            model.Manifest.Seed, 100 * sample.Accuracy(), sample.LogLoss(), 100 * sample.ExpectedCalibrationError(),
            model.Manifest.TrainingSeconds, consensus);
    }

    /// <summary>Class distributions of items [M, K], by ONNX Runtime.</summary>
    public static float[] Predict(TrainedModel model, float[] features, int count)
    {
        var (length, classes) = (model.Manifest.FeatureLength, model.Manifest.Classes.Count);
        var result = new float[count * classes];
        using var session = new InferenceSession(model.Onnx);
        using var options = new RunOptions();
        for (var start = 0; start < count; start += RowsAtOnce)
        {
            var rows = Math.Min(RowsAtOnce, count - start);
            using var input = OrtValue.CreateTensorValueFromMemory(
                OrtMemoryInfo.DefaultInstance, features.AsMemory(start * length, rows * length), [rows, length]);
            using var outputs = session.Run(options, [ServingGraph.Features], [input], [ServingGraph.Probabilities]);
            outputs[0].GetTensorDataAsSpan<float>().CopyTo(result.AsSpan(start * classes));
        }

        return result;
    }
}
