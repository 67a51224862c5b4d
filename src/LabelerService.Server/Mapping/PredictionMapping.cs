using LabelerService.Contracts.V1;
using LabelerService.Core.Models;
using LabelerService.Server.Inference;

namespace LabelerService.Server.Mapping;

/// <summary>Predictions from the engine to proto.</summary>
internal static class PredictionMapping
{
    /// <summary>One item's answer.</summary>
    public static PredictResponse ToResponse(PinnedModel model, PredictedItems predicted, PredictionOptions options)
    {
        var manifest = model.Version.Manifest;
        var top = predicted.TopClass(0);
        var prediction = new Prediction
        {
            PredictedClass = manifest.Classes[top],
            PredictedClassIndex = top,
            Entropy = predicted.Entropies[0],
            Disagreement = options.Distilled ? 0 : predicted.Disagreements[0],
            ExpectedDisagreement = options.ExpectedDisagreement ? predicted.ExpectedDisagreements[0] : 0,
        };
        prediction.Probabilities.AddRange(predicted.Probabilities);
        prediction.Deviations.AddRange(predicted.Deviations);
        if (options.LabelerWeights)
        {
            AddLabelers(prediction, predicted, manifest, options);
        }

        var response = new PredictResponse { ModelVersion = model.Name, Prediction = prediction };
        response.Classes.AddRange(manifest.Classes);
        return response;
    }

    /// <summary>Many items' answer.</summary>
    public static BatchPredictResponse ToBatchResponse(PinnedModel model, PredictedItems predicted, PredictionOptions options)
    {
        var manifest = model.Version.Manifest;
        var (count, classes) = (predicted.Count, manifest.Classes.Count);
        var batch = new PredictionBatch { Probabilities = ToTensor(predicted.Probabilities, count, classes) };
        batch.Classes.AddRange(manifest.Classes);
        batch.Entropies.AddRange(predicted.Entropies);
        batch.Disagreements.AddRange(predicted.Disagreements);
        batch.ExpectedDisagreements.AddRange(predicted.ExpectedDisagreements);
        batch.PredictedClassIndexes.Capacity = count;
        for (var i = 0; i < count; i++)
        {
            batch.PredictedClassIndexes.Add(predicted.TopClass(i));
        }

        if (options.Deviations)
        {
            batch.Deviations = ToTensor(predicted.Deviations, count, classes);
        }

        if (options.LabelerProbabilities || options.LabelerWeights)
        {
            var heads = HeadCount(manifest, options);
            for (var head = 0; head < heads; head++)
            {
                batch.LabelerIds.Add(LabelerOf(manifest, options, head));
            }

            if (options.LabelerProbabilities)
            {
                batch.LabelerProbabilities = ToTensor(predicted.LabelerProbabilities, count, heads, classes);
            }

            if (options.LabelerWeights)
            {
                batch.LabelerWeights = ToTensor(predicted.LabelerWeights, count, heads);
            }
        }

        return new BatchPredictResponse { ModelVersion = model.Name, Predictions = batch };
    }

    /// <summary>Number of heads that answer.</summary>
    public static int HeadCount(ModelManifest manifest, PredictionOptions options) => options.Labelers?.Heads.Length ?? manifest.Heads.Count;

    private static void AddLabelers(Prediction prediction, PredictedItems predicted, ModelManifest manifest, PredictionOptions options)
    {
        var classes = manifest.Classes.Count;
        var order = Enumerable.Range(0, HeadCount(manifest, options))
            .OrderByDescending(head => predicted.LabelerWeights[head])
            .ThenBy(head => head);
        foreach (var head in order)
        {
            var labeler = new LabelerPrediction { LabelerId = LabelerOf(manifest, options, head), Weight = predicted.LabelerWeights[head] };
            labeler.Probabilities.AddRange(new ArraySegment<float>(predicted.LabelerProbabilities, head * classes, classes));
            prediction.Labelers.Add(labeler);
        }
    }

    private static string LabelerOf(ModelManifest manifest, PredictionOptions options, int head) =>
        manifest.Heads[options.Labelers?.Heads[head] ?? head].LabelerId ?? "";

    public static Tensor ToTensor(float[] values, params ReadOnlySpan<long> shape)
    {
        var tensor = new Tensor { DataType = Tensor.Types.DataType.Float32, Data = PackedFloats.ToBytes(values) };
        foreach (var side in shape)
        {
            tensor.Shape.Add(side);
        }

        return tensor;
    }
}
