using LabelerService.Core.Errors;
using LabelerService.Core.Models;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace LabelerService.Extraction;

/// <summary>What a serving graph of others is to be.</summary>
/// <param name="Features">Length D of its input's rows.</param>
/// <param name="Heads">Heads R.</param>
/// <param name="Classes">Classes K.</param>
/// <param name="BlockRows">Items that it will be run on at once, at most.</param>
public sealed record ServingGraphShape(int Features, int Heads, int Classes, int BlockRows);

/// <summary>
/// Checks and tries a serving graph that a trainer of others made, before anything is served with it: the file is harmless, has the input and the outputs
/// of <see cref="ServingGraph"/>, gives distributions, says the same of an item alone and among others, and says what its trainer's own network says.
/// </summary>
public static class ServingGraphTrial
{
    /// <summary>Largest difference from what the trainer's network says.</summary>
    public const float MostDifference = 1e-4f;

    // float32 sums of a thousand classes are not exactly one.
    private const float MostSumError = 1e-3f;

    private static readonly string[] Outputs = [ServingGraph.Probabilities, ServingGraph.LabelerProbabilities, ServingGraph.LabelerWeights];

    /// <summary>Checks a graph and runs it on some rows.</summary>
    /// <param name="onnx">The file.</param>
    /// <param name="shape">What it is to be.</param>
    /// <param name="rows">Rows of features, row-major [n, D], n at least 1.</param>
    /// <param name="expected">What the trainer's network says of them, row-major [n, K].</param>
    /// <param name="most">How long it may take.</param>
    /// <param name="cancel">Cancels.</param>
    /// <returns>The largest absolute difference between what the graph and the network say.</returns>
    /// <exception cref="ServiceException">
    /// InvalidArgument: ONNX_INVALID, ONNX_UNSUPPORTED, ONNX_SHAPE_MISMATCH, or PARITY: it says something else than its network.
    /// </exception>
    public static float Run(
        ReadOnlyMemory<byte> onnx, ServingGraphShape shape, float[] rows, float[] expected, TimeSpan most, CancellationToken cancel)
    {
        var count = rows.Length / shape.Features;
        if (count == 0 || rows.Length != count * shape.Features || expected.Length != count * shape.Classes)
        {
            throw new ArgumentException($"{rows.Length} features and {expected.Length} probabilities are not those of the same items.", nameof(rows));
        }

        CheckDeclared(OnnxScanner.Read(onnx.Span), shape);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(most);
        try
        {
            using var session = OnnxRuntimeSession.Load(onnx.ToArray(), threads: 1);
            var together = Run(session, shape, rows, count, limit.Token);
            CheckDistributions(together[0], shape.Classes, ServingGraph.Probabilities);
            CheckDistributions(together[1], shape.Classes, ServingGraph.LabelerProbabilities);
            CheckDistributions(together[2], shape.Heads, ServingGraph.LabelerWeights);
            var alone = Run(session, shape, rows[..shape.Features], 1, limit.Token);
            for (var output = 0; output < Outputs.Length; output++)
            {
                if (Difference(alone[output], together[output].AsSpan(0, alone[output].Length)) > MostDifference)
                {
                    throw OnnxErrors.Unsupported(
                        $"its output '{Outputs[output]}' of an item depends on the items beside it", "Export it for inference: batch normalisation with fixed statistics, no dropout.");
                }
            }

            RunBlock(session, shape, rows, limit.Token);
            var difference = Difference(together[0], expected);
            return difference <= MostDifference
                ? difference
                : throw new ServiceException(
                    ErrorKind.InvalidArgument, "PARITY",
                    $"The graph differs from the network that it was made of by up to {difference:g2}; {MostDifference} is the most. Send rows and probabilities of the "
                    + "network in inference, of the same weights, computed in float32.",
                    new FieldViolation("model.parity_probabilities", "are not what the graph says"));
        }
        catch (OnnxRuntimeException) when (limit.IsCancellationRequested)
        {
            cancel.ThrowIfCancellationRequested();
            throw OnnxErrors.Unsupported($"it takes longer than {most.TotalSeconds:0} s for {count} items", "Export a smaller one.");
        }
        catch (OnnxRuntimeException error)
        {
            throw OnnxErrors.Invalid(ExtractorTrial.Short(error));
        }
    }

    private static void CheckDeclared(OnnxGraph graph, ServingGraphShape shape)
    {
        if (graph.Inputs is not [{ Name: ServingGraph.Features, ElementType: OnnxValue.Float32 } input])
        {
            throw OnnxErrors.Mismatch($"its only input must be '{ServingGraph.Features}', of float32");
        }

        if (input.Sides is not [< 0, var width] || (width >= 0 && width != shape.Features))
        {
            throw OnnxErrors.Mismatch($"its input is {input.Shape}; it must be [?, {shape.Features}]");
        }

        foreach (var name in Outputs)
        {
            if (!graph.Outputs.Any(output => output.Name == name))
            {
                throw OnnxErrors.Mismatch($"it has no output '{name}'");
            }
        }
    }

    // What a small file asks for by the item is seen in a whole block, within the memory that files of others share.
    private static void RunBlock(InferenceSession session, ServingGraphShape shape, float[] rows, CancellationToken cancel)
    {
        try
        {
            Run(session, shape, Block(rows, shape), shape.BlockRows, cancel);
        }
        catch (OnnxRuntimeException error) when (!cancel.IsCancellationRequested)
        {
            throw OnnxErrors.Unsupported(
                $"it cannot be run on {shape.BlockRows} items at once ({ExtractorTrial.Short(error)})", "Say in values_per_item how many values it needs for an item, so that it is run on fewer.");
        }
    }

    private static float[] Block(float[] rows, ServingGraphShape shape)
    {
        var block = new float[shape.BlockRows * shape.Features];
        for (var start = 0; start < block.Length; start += rows.Length)
        {
            rows.AsSpan(0, Math.Min(rows.Length, block.Length - start)).CopyTo(block.AsSpan(start));
        }

        return block;
    }

    private static float[][] Run(InferenceSession session, ServingGraphShape shape, float[] rows, int count, CancellationToken cancel)
    {
        using var options = new RunOptions();
        using var stop = cancel.UnsafeRegister(static state => ((RunOptions)state!).Terminate = true, options);
        using var input = OrtValue.CreateTensorValueFromMemory(rows, [count, shape.Features]);
        using var outputs = session.Run(options, [ServingGraph.Features], [input], Outputs);
        long[][] sides = [[count, shape.Classes], [count, shape.Heads, shape.Classes], [count, shape.Heads]];
        return [.. outputs.Select((value, i) => Read(value, Outputs[i], sides[i]))];
    }

    private static float[] Read(OrtValue value, string name, long[] sides)
    {
        if (!value.IsTensor || value.GetTensorTypeAndShape() is not { ElementDataType: TensorElementType.Float } type)
        {
            throw OnnxErrors.Mismatch($"its output '{name}' is no tensor of float32");
        }

        return type.Shape.AsSpan().SequenceEqual(sides)
            ? value.GetTensorDataAsSpan<float>().ToArray()
            : throw OnnxErrors.Mismatch($"of {sides[0]} items its output '{name}' is {OnnxValue.Describe(type.Shape)} instead of {OnnxValue.Describe(sides)}");
    }

    private static void CheckDistributions(float[] values, int length, string name)
    {
        for (var start = 0; start < values.Length; start += length)
        {
            var sum = 0f;
            foreach (var value in values.AsSpan(start, length))
            {
                // A comparison with what is no number is false.
                if (!(value >= 0 && value <= 1 + MostSumError))
                {
                    throw OnnxErrors.Unsupported($"its output '{name}' has the value {value}", "Probabilities and weights are from 0 to 1; end it in a softmax.");
                }

                sum += value;
            }

            if (MathF.Abs(sum - 1) > MostSumError)
            {
                throw OnnxErrors.Unsupported($"a row of its output '{name}' has the sum {sum}", "It must be 1; end it in a softmax.");
            }
        }
    }

    private static float Difference(ReadOnlySpan<float> first, ReadOnlySpan<float> second)
    {
        var most = 0f;
        for (var i = 0; i < first.Length; i++)
        {
            most = MathF.Max(most, MathF.Abs(first[i] - second[i]));
        }

        return most;
    }
}
