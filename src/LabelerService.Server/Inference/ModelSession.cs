using LabelerService.Core.Models;
using Microsoft.ML.OnnxRuntime;

namespace LabelerService.Server.Inference;

/// <summary>
/// One model version loaded into ONNX Runtime. Safe for concurrent use. Loaded only from bytes that a trainer of this service published
/// and whose hash the artefact store has verified.
/// </summary>
internal sealed class ModelSession : IDisposable
{
    private static readonly string[] InputNames = [ServingGraph.Features];
    private static readonly string[] EnsembleOnly = [ServingGraph.Probabilities];
    private static readonly string[] DistilledOnly = [ServingGraph.Distilled];
    private static readonly string[] AllOutputs =
        [ServingGraph.Probabilities, ServingGraph.LabelerProbabilities, ServingGraph.LabelerWeights];

    private readonly InferenceSession _session;
    private readonly RunOptions _runOptions = new();

    /// <summary>Loads a serving graph.</summary>
    /// <param name="onnx">The graph's bytes.</param>
    /// <param name="manifest">What is known of it.</param>
    public ModelSession(byte[] onnx, ModelManifest manifest)
    {
        Manifest = manifest;
        using var options = new Microsoft.ML.OnnxRuntime.SessionOptions { GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL };
        _session = new InferenceSession(onnx, options);
    }

    /// <summary>What is known of the model.</summary>
    public ModelManifest Manifest { get; }

    /// <summary>Runs the graph on a block of items.</summary>
    /// <param name="features">Features, row-major [count, D]; only the first count × D values are read.</param>
    /// <param name="count">Number of items.</param>
    /// <param name="probabilities">Receives the ensemble's distributions, [count, K].</param>
    /// <param name="labelerProbabilities">Receives the heads' distributions, [count, R, K]; empty if not wanted.</param>
    /// <param name="labelerWeights">Receives the heads' weights, [count, R]; empty if not wanted.</param>
    public void Run(float[] features, int count, Span<float> probabilities, Span<float> labelerProbabilities, Span<float> labelerWeights)
    {
        using var input = Input(features, count);
        var withHeads = !labelerProbabilities.IsEmpty || !labelerWeights.IsEmpty;
        using var outputs = _session.Run(_runOptions, InputNames, [input], withHeads ? AllOutputs : EnsembleOnly);
        outputs[0].GetTensorDataAsSpan<float>().CopyTo(probabilities);
        if (withHeads)
        {
            outputs[1].GetTensorDataAsSpan<float>().CopyTo(labelerProbabilities);
            outputs[2].GetTensorDataAsSpan<float>().CopyTo(labelerWeights);
        }
    }

    /// <summary>Runs the distilled head alone on a block of items; the heads are not computed.</summary>
    /// <param name="features">Features, row-major [count, D]; only the first count × D values are read.</param>
    /// <param name="count">Number of items.</param>
    /// <param name="probabilities">Receives its distributions, [count, K].</param>
    public void RunDistilled(float[] features, int count, Span<float> probabilities)
    {
        using var input = Input(features, count);
        using var outputs = _session.Run(_runOptions, InputNames, [input], DistilledOnly);
        outputs[0].GetTensorDataAsSpan<float>().CopyTo(probabilities);
    }

    private OrtValue Input(float[] features, int count) => OrtValue.CreateTensorValueFromMemory(
        OrtMemoryInfo.DefaultInstance, features.AsMemory(0, count * Manifest.FeatureLength), [count, Manifest.FeatureLength]);

    /// <inheritdoc/>
    public void Dispose()
    {
        _session.Dispose();
        _runOptions.Dispose();
    }
}
