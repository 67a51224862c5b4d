using System.Runtime.InteropServices;

namespace LabelerService.TestKit.Crowds.Onnx;

/// <summary>Writes small ONNX models, as somebody else's exporter would: independent of the service's own writer.</summary>
public sealed class OnnxFile
{
    private readonly WireWriter _graph = new();
    private readonly WireWriter _model = new();

    /// <summary>Version of the file's format.</summary>
    public long IrVersion { get; init; } = 8;

    /// <summary>Version of the standard operators.</summary>
    public long Opset { get; init; } = 17;

    /// <summary>Adds an input; a negative side is open.</summary>
    public OnnxFile Input(string name, int elementType, params ReadOnlySpan<long> sides) => Value(11, name, elementType, sides);

    /// <summary>Adds a float32 output.</summary>
    public OnnxFile Output(string name, params ReadOnlySpan<long> sides) => Value(12, name, 1, sides);

    /// <summary>Adds a float32 constant.</summary>
    public OnnxFile Constant(string name, ReadOnlySpan<float> values, params ReadOnlySpan<long> sides) =>
        Tensor(name, 1, MemoryMarshal.AsBytes(values), sides);

    /// <summary>Adds an int64 constant.</summary>
    public OnnxFile Integers(string name, params ReadOnlySpan<long> values) => Tensor(name, 7, MemoryMarshal.AsBytes(values), values.Length);

    /// <summary>Adds a node.</summary>
    /// <param name="operation">Operator.</param>
    /// <param name="inputs">Names of what it takes.</param>
    /// <param name="output">Name of what it gives.</param>
    /// <param name="domain">Whose operator it is; empty for the standard ones.</param>
    /// <param name="attributes">Attributes as messages.</param>
    public OnnxFile Node(string operation, string[] inputs, string output, string domain = "", params ReadOnlySpan<byte[]> attributes)
    {
        var node = new WireWriter();
        foreach (var input in inputs)
        {
            node.Text(1, input);
        }

        node.Text(2, output).Text(3, output).Text(4, operation).Text(7, domain);
        foreach (var attribute in attributes)
        {
            node.Content(5, attribute);
        }

        return GraphField(1, node.ToBytes());
    }

    /// <summary>An attribute with whole numbers.</summary>
    public static byte[] Integers(string name, params long[] values)
    {
        var attribute = new WireWriter().Text(1, name).Number(20, 7);
        foreach (var value in values)
        {
            attribute.Number(8, value);
        }

        return attribute.ToBytes();
    }

    /// <summary>An attribute with one whole number.</summary>
    public static byte[] Integer(string name, long value) => new WireWriter().Text(1, name).Number(20, 2).Number(3, value).ToBytes();

    /// <summary>Adds any field to the graph.</summary>
    public OnnxFile GraphField(int field, ReadOnlySpan<byte> content)
    {
        _graph.Content(field, content);
        return this;
    }

    /// <summary>Adds any field to the model.</summary>
    public OnnxFile ModelField(int field, ReadOnlySpan<byte> content)
    {
        _model.Content(field, content);
        return this;
    }

    /// <summary>The file.</summary>
    public byte[] ToBytes() =>
    [
        .. new WireWriter().Number(1, IrVersion).Content(7, new WireWriter().Text(2, "test").ToBytes().Concat(_graph.ToBytes()).ToArray())
            .Content(8, new WireWriter().Text(1, "").Number(2, Opset).ToBytes()).ToBytes(),
        .. _model.ToBytes(),
    ];

    /// <summary>
    /// An extractor of vectors: tanh(x · A) with A [D, F] made from a seed, which <see cref="ProjectionWeights"/> gives.
    /// </summary>
    /// <param name="length">Values of an item, D.</param>
    /// <param name="features">Features, F.</param>
    /// <param name="seed">Decides A.</param>
    /// <param name="items">Items at once; −1 for any number.</param>
    public static byte[] Projection(int length, int features, int seed = 1, int items = -1) =>
        new OnnxFile().Input("x", 1, items, length).Constant("a", ProjectionWeights(length, features, seed), length, features)
            .Node("MatMul", ["x", "a"], "product").Node("Tanh", ["product"], "features").Output("features", items, features).ToBytes();

    /// <summary>A of <see cref="Projection"/>, row-major [D, F].</summary>
    public static float[] ProjectionWeights(int length, int features, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, length * features).Select(_ => (float)((random.NextDouble() - 0.5) / Math.Sqrt(length) * 4))];
    }

    private OnnxFile Tensor(string name, int type, ReadOnlySpan<byte> bytes, params ReadOnlySpan<long> sides)
    {
        var tensor = new WireWriter();
        foreach (var side in sides)
        {
            tensor.Number(1, side);
        }

        return GraphField(5, tensor.Number(2, type).Text(8, name).Content(9, bytes).ToBytes());
    }

    private OnnxFile Value(int field, string name, int elementType, ReadOnlySpan<long> sides)
    {
        var shape = new WireWriter();
        foreach (var side in sides)
        {
            shape.Content(1, (side < 0 ? new WireWriter().Text(2, "n") : new WireWriter().Number(1, side)).ToBytes());
        }

        var type = new WireWriter().Content(1, new WireWriter().Number(1, elementType).Content(2, shape.ToBytes()).ToBytes());
        return GraphField(field, new WireWriter().Text(1, name).Content(2, type.ToBytes()).ToBytes());
    }
}
