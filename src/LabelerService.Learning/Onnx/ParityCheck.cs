using LabelerService.Core.Encodings;
using LabelerService.Core.Models;
using LabelerService.Learning.Ensembles;
using Microsoft.ML.OnnxRuntime;
using static TorchSharp.torch;

namespace LabelerService.Learning.Onnx;

/// <summary>Compares a model file, run as the server will run it, with the net it was written from.</summary>
internal static class ParityCheck
{
    private const double Tolerance = 1e-5;

    // A recurrent net hands each step's rounding on to the next, and the two runtimes round differently (ONNX Runtime has its own sigmoid and
    // tanh): an LSTM that had learnt tones of 60 steps was 2.6e-5 apart.
    private const double ToleranceOfSequences = 1e-4;

    private const int MaximumItems = 256;

    /// <summary>Largest difference that a model of such items may be published with.</summary>
    public static double ToleranceFor(ItemEncoding encoding) =>
        encoding.Kind == ItemEncodingKind.Sequence ? ToleranceOfSequences : Tolerance;

    /// <summary>The items that are compared: evenly spread over the snapshot.</summary>
    public static int[] ChooseItems(int itemCount)
    {
        var count = Math.Min(itemCount, MaximumItems);
        return [.. Enumerable.Range(0, count).Select(i => (int)((long)i * itemCount / count))];
    }

    /// <summary>Largest absolute difference over all outputs of the graph; NaN if either side gives one.</summary>
    /// <param name="onnx">The model file.</param>
    /// <param name="features">Raw features of the items compared, row-major [n, D].</param>
    /// <param name="featureLength">D.</param>
    /// <param name="ensemble">What the file was written from.</param>
    /// <param name="distilled">The distilled head in it; null where there is none.</param>
    public static double MaxDifference(byte[] onnx, float[] features, int featureLength, Ensemble ensemble, Ensemble? distilled)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var count = features.Length / featureLength;
        var output = ensemble.Forward(tensor(features, count, featureLength));
        var expected = new Dictionary<string, Tensor>(StringComparer.Ordinal)
        {
            [ServingGraph.Probabilities] = output.Probabilities,
            [ServingGraph.LabelerProbabilities] = output.LabelerProbabilities,
            [ServingGraph.LabelerWeights] = output.LabelerWeights,
        };

        if (distilled is not null)
        {
            expected[ServingGraph.Distilled] = distilled.Classify(tensor(features, count, featureLength));
        }

        using var options = new SessionOptions { IntraOpNumThreads = 1, InterOpNumThreads = 1 };
        using var session = new InferenceSession(onnx, options);
        using var input = OrtValue.CreateTensorValueFromMemory(features, [count, featureLength]);
        using var run = new RunOptions();
        var names = expected.Keys.ToArray();
        using var outputs = session.Run(run, [ServingGraph.Features], [input], names);
        var largest = 0.0;
        for (var i = 0; i < names.Length; i++)
        {
            using var contiguous = expected[names[i]].contiguous();
            var mine = contiguous.data<float>().ToArray();
            var theirs = outputs[i].GetTensorDataAsSpan<float>();
            if (mine.Length != theirs.Length)
            {
                throw new InvalidOperationException($"Output {names[i]} of the serving graph has {theirs.Length} values, the net {mine.Length}.");
            }

            for (var j = 0; j < mine.Length; j++)
            {
                // Math.Max carries NaN on.
                largest = Math.Max(largest, Math.Abs((double)mine[j] - theirs[j]));
            }
        }

        return largest;
    }
}
