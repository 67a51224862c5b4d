using LabelerService.Core.Models;
using Microsoft.ML.OnnxRuntime;

namespace LabelerService.Learning.Tests.Onnx;

/// <summary>A model as the server runs it.</summary>
internal static class Served
{
    /// <summary>One output for some items, row-major.</summary>
    public static float[] Run(byte[] onnx, string output, float[] features, int featureLength)
    {
        using var session = new InferenceSession(onnx);
        using var input = OrtValue.CreateTensorValueFromMemory(features, [features.Length / featureLength, featureLength]);
        using var run = new RunOptions();
        using var outputs = session.Run(run, [ServingGraph.Features], [input], [output]);
        return outputs[0].GetTensorDataAsSpan<float>().ToArray();
    }
}
