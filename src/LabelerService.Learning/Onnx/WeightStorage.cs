using System.Runtime.InteropServices;
using LabelerService.Core.Quantising;
using LabelerService.Core.Training;
using static TorchSharp.torch;

namespace LabelerService.Learning.Onnx;

/// <summary>
/// How the weights of layers are stored in a serving graph. Weights of few bits are turned into float32 by operators on constants, which
/// ONNX Runtime works out once, when it loads the graph: the file is small, and a forward pass is that of a float32 net.
/// </summary>
internal static class WeightStorage
{
    private const int BitsOfByte = 8;

    /// <summary>
    /// Adds weights [units, …] to a graph; gives the name of their float32 values. What they are made of is named after them behind a slash,
    /// so that it meets nothing that a layer names after its weights.
    /// </summary>
    public static string Append(GraphBuilder graph, ServingPrecision precision, string name, Tensor value)
    {
        using var contiguous = value.detach().contiguous();
        var weights = MemoryMarshal.Cast<byte, float>(contiguous.bytes);
        return precision switch
        {
            ServingPrecision.Float32 => graph.Constant(name, weights, value.shape),
            ServingPrecision.Int8 => AppendInt8(graph, name, weights, value.shape),
            ServingPrecision.Packed => AppendPacked(graph, name, weights, value.shape),
            _ => throw new InvalidOperationException($"Nothing stores weights as {precision}."),
        };
    }

    /// <summary>Replaces weights by what is left of them after storing; those that the precision can hold already stay as they are.</summary>
    /// <param name="precision">The precision.</param>
    /// <param name="weights">Weights of all units, row-major.</param>
    /// <param name="inputs">Weights of a unit.</param>
    public static void Round(ServingPrecision precision, Span<float> weights, int inputs)
    {
        if (precision != ServingPrecision.Int8)
        {
            return;
        }

        var codes = new sbyte[inputs];
        for (var start = 0; start < weights.Length; start += inputs)
        {
            var unit = weights.Slice(start, inputs);
            var scale = StoredWeights.ToInt8(unit, codes);
            for (var i = 0; i < inputs; i++)
            {
                unit[i] = codes[i] * scale;
            }
        }
    }

    private static string AppendInt8(GraphBuilder graph, string name, ReadOnlySpan<float> weights, long[] shape)
    {
        var (units, inputs) = (checked((int)shape[0]), weights.Length / checked((int)shape[0]));
        var codes = new sbyte[weights.Length];
        var scales = new float[units];
        for (var unit = 0; unit < units; unit++)
        {
            scales[unit] = StoredWeights.ToInt8(weights.Slice(unit * inputs, inputs), codes.AsSpan(unit * inputs, inputs));
        }

        var values = graph.ToFloat(name + "/values", graph.SignedBytes(name + "/codes", codes, shape));
        return graph.Node("Mul", name, [values, Scales(graph, name + "/scales", scales, shape.Length)]);
    }

    private static string AppendPacked(GraphBuilder graph, string name, ReadOnlySpan<float> weights, long[] shape)
    {
        var (units, inputs) = (checked((int)shape[0]), weights.Length / checked((int)shape[0]));
        var sizes = new float[units];
        var largest = 0f;
        foreach (var weight in weights)
        {
            largest = Math.Max(largest, Math.Abs(weight));
        }

        for (var unit = 0; unit < units; unit++)
        {
            sizes[unit] = StoredWeights.BinarySize(weights.Slice(unit * inputs, inputs), largest)
                ?? throw new InvalidOperationException($"{name} is not binary: only nets trained with one bit can be served packed.");
        }

        // Layers of one grid share their size; what sums have left them off by is far below what parity is checked to.
        var packed = StoredWeights.Pack(weights);
        var bytes = graph.Bytes(name + "/packed", packed, packed.Length, 1);
        var shifted = graph.ShiftRight(name + "/shifted", bytes, graph.Bytes(name + "/shifts", [0, 1, 2, 3, 4, 5, 6, 7], BitsOfByte));
        var bits = graph.Node("Mod", name + "/bits", [shifted, graph.Bytes(name + "/two", [2], 1)]);
        var flat = graph.Node("Reshape", name + "/flat", [graph.ToFloat(name + "/values", bits), graph.Integers(name + "/all", -1)]);
        if (packed.Length * BitsOfByte != weights.Length)
        {
            flat = graph.Node("Slice", name + "/used", [flat, graph.Integers(name + "/start", 0), graph.Integers(name + "/end", weights.Length)]);
        }

        var shaped = graph.Node("Reshape", name + "/shaped", [flat, graph.Integers(name + "/shape", shape)]);
        var scales = Scales(graph, name + "/scales", sizes, shape.Length);
        // 2sb − s of bits b.
        var twice = graph.Node("Mul", name + "/twice", [shaped, graph.Node("Add", name + "/doubled", [scales, scales])]);
        return graph.Node("Sub", name, [twice, scales]);
    }

    // [units, 1, …], or one value where all units have the same.
    private static string Scales(GraphBuilder graph, string name, float[] scales, int axes)
    {
        if (StoredWeights.BinarySize(scales) is not null)
        {
            return graph.Constant(name, scales.AsSpan(0, 1), 1);
        }

        var shape = new long[axes];
        Array.Fill(shape, 1);
        shape[0] = scales.Length;
        return graph.Constant(name, scales, shape);
    }
}
