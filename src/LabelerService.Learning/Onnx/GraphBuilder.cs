using System.Runtime.InteropServices;
using Google.Protobuf;
using LabelerService.Core.Training;
using LabelerService.Learning.Onnx.Protos;
using static TorchSharp.torch;

namespace LabelerService.Learning.Onnx;

/// <summary>Writes an ONNX graph node by node; every method gives the name of the value it adds.</summary>
/// <param name="precision">How weights of layers are stored; see <see cref="Weight"/>.</param>
internal sealed class GraphBuilder(ServingPrecision precision = ServingPrecision.Float32)
{
    // The oldest pair that has all operators of the serving graph in their present form; every runtime since 2022 reads it.
    private const long IrVersion = 8;
    private const long OpsetVersion = 17;
    private readonly GraphProto _graph = new() { Name = "labeler" };
    private string _prefix = "";

    /// <summary>Puts a prefix before the names of all values added until the result is disposed: parts of a graph may repeat.</summary>
    public IDisposable Within(string prefix)
    {
        var outer = _prefix;
        _prefix += prefix;
        return new Scope(() => _prefix = outer);
    }

    /// <summary>Adds the input, float32; a negative side is the batch.</summary>
    public string Input(string name, params ReadOnlySpan<long> shape)
    {
        _graph.Input.Add(Describe(name, shape));
        return name;
    }

    /// <summary>Gives a value out under a name of its own, float32; a negative side is the batch.</summary>
    public void Output(string name, string value, params ReadOnlySpan<long> shape)
    {
        Node("Identity", name, [value]);
        _graph.Output.Add(Describe(name, shape));
    }

    /// <summary>
    /// Adds the weights of a layer [units, …], stored as the precision of the graph says: what is added is their float32 values, whatever
    /// they are stored in.
    /// </summary>
    /// <param name="name">Name of the value.</param>
    /// <param name="value">Values that the precision can hold (see <see cref="WeightStorage"/>); a unit's in each row of the first axis.</param>
    public string Weight(string name, Tensor value) => WeightStorage.Append(this, precision, name, value);

    /// <summary>Adds a constant from a float32 tensor.</summary>
    public string Constant(string name, Tensor value)
    {
        using var contiguous = value.detach().contiguous();
        return Constant(name, MemoryMarshal.Cast<byte, float>(contiguous.bytes), value.shape);
    }

    /// <summary>Adds a float32 constant.</summary>
    public string Constant(string name, ReadOnlySpan<float> values, params ReadOnlySpan<long> shape) =>
        Initializer(name, TensorProto.Types.DataType.Float, MemoryMarshal.AsBytes(values), shape);

    /// <summary>Adds an int64 constant of one axis, such as a shape.</summary>
    public string Integers(string name, params ReadOnlySpan<long> values) =>
        Initializer(name, TensorProto.Types.DataType.Int64, MemoryMarshal.AsBytes(values), [values.Length]);

    /// <summary>Adds a constant of bytes without sign.</summary>
    public string Bytes(string name, ReadOnlySpan<byte> values, params ReadOnlySpan<long> shape) =>
        Initializer(name, TensorProto.Types.DataType.Uint8, values, shape);

    /// <summary>Adds a constant of bytes with sign.</summary>
    public string SignedBytes(string name, ReadOnlySpan<sbyte> values, params ReadOnlySpan<long> shape) =>
        Initializer(name, TensorProto.Types.DataType.Int8, MemoryMarshal.AsBytes(values), shape);

    /// <summary>Converts a value to float32.</summary>
    public string ToFloat(string output, string value) => Node("Cast", output, [value], ("to", (long)TensorProto.Types.DataType.Float));

    /// <summary>Shifts each byte right by a number of bits.</summary>
    public string ShiftRight(string output, string bytes, string bits)
    {
        output = Node("BitShift", output, [bytes, bits]);
        _graph.Node[^1].Attribute.Add(new AttributeProto
        {
            Name = "direction",
            S = ByteString.CopyFromUtf8("RIGHT"),
            Type = AttributeProto.Types.AttributeType.String,
        });
        return output;
    }

    /// <summary>Some columns [start, end) of a value [N, D].</summary>
    public string Columns(string output, string value, long start, long end) => Node(
        "Slice", output, [value, Integers(output + ".start", start), Integers(output + ".end", end), Integers(output + ".axis", 1)]);

    /// <summary>The numbers of steps of sequences, int32 [N]: column 0 of rows [N, D], within what there is room for.</summary>
    public string SequenceLengths(string output, string rows, int maxSteps)
    {
        var column = Node("Reshape", output + ".column", [Columns(output + ".first", rows, 0, 1), Integers(output + ".shape", -1)]);
        var within = Node("Clip", output + ".within", [column, Constant(output + ".least", [0f]), Constant(output + ".most", [(float)maxSteps])]);
        return Node("Cast", output, [within], ("to", (long)TensorProto.Types.DataType.Int32));
    }

    /// <summary>A value with its axes in another order.</summary>
    public string Transpose(string output, string value, params ReadOnlySpan<long> order)
    {
        output = Node("Transpose", output, [value]);
        AddIntegers("perm", order);
        return output;
    }

    /// <summary>Largest values of squares that do not overlap, of maps [N, maps, height, width].</summary>
    public string MaxPool(string output, string maps, long side)
    {
        output = Node("MaxPool", output, [maps]);
        AddIntegers("kernel_shape", [side, side]);
        AddIntegers("strides", [side, side]);
        return output;
    }

    /// <summary>
    /// A recurrent layer, LSTM or GRU (whose reset comes after the product); gives the output after each item's last step [1, N, width].
    /// </summary>
    /// <param name="operation">LSTM or GRU.</param>
    /// <param name="output">Name of the output.</param>
    /// <param name="inputs">Steps [T, N, d], weights, recurrence, biases, and numbers of steps.</param>
    /// <param name="width">Cells or units.</param>
    public string Recurrent(string operation, string output, string[] inputs, int width)
    {
        output = operation == "GRU"
            ? Node(operation, output, inputs, ("hidden_size", width), ("linear_before_reset", 1))
            : Node(operation, output, inputs, ("hidden_size", width));
        // The first output, of every step, is not asked for.
        _graph.Node[^1].Output.Insert(0, "");
        return output;
    }

    /// <summary>Adds a node with one output, which the node is named after.</summary>
    public string Node(string operation, string output, string[] inputs, params ReadOnlySpan<(string Name, long Value)> attributes)
    {
        output = _prefix + output;
        var node = new NodeProto { OpType = operation, Name = output };
        node.Input.AddRange(inputs);
        node.Output.Add(output);
        foreach (var (name, value) in attributes)
        {
            node.Attribute.Add(new AttributeProto { Name = name, I = value, Type = AttributeProto.Types.AttributeType.Int });
        }

        _graph.Node.Add(node);
        return output;
    }

    /// <summary>The model file. The same calls give the same bytes.</summary>
    /// <param name="producerVersion">Version of what wrote it.</param>
    /// <param name="description">For people who open the file.</param>
    /// <param name="metadata">For programs that open the file, in this order.</param>
    public byte[] Build(string producerVersion, string description, IEnumerable<KeyValuePair<string, string>> metadata)
    {
        var model = new ModelProto
        {
            IrVersion = IrVersion,
            ProducerName = "LabelerService",
            ProducerVersion = producerVersion,
            DocString = description,
            Graph = _graph,
        };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = OpsetVersion });
        model.MetadataProps.AddRange(metadata.Select(entry => new StringStringEntryProto { Key = entry.Key, Value = entry.Value }));
        return model.ToByteArray();
    }

    private void AddIntegers(string name, ReadOnlySpan<long> values)
    {
        var attribute = new AttributeProto { Name = name, Type = AttributeProto.Types.AttributeType.Ints };
        attribute.Ints.AddRange(values);
        _graph.Node[^1].Attribute.Add(attribute);
    }

    private string Initializer(string name, TensorProto.Types.DataType type, ReadOnlySpan<byte> bytes, ReadOnlySpan<long> shape)
    {
        name = _prefix + name;
        var tensor = new TensorProto { Name = name, DataType = (int)type, RawData = ByteString.CopyFrom(bytes) };
        foreach (var side in shape)
        {
            tensor.Dims.Add(side);
        }

        _graph.Initializer.Add(tensor);
        return name;
    }

    private static ValueInfoProto Describe(string name, ReadOnlySpan<long> shape)
    {
        var sides = new TensorShapeProto();
        foreach (var side in shape)
        {
            sides.Dim.Add(side < 0
                ? new TensorShapeProto.Types.Dimension { DimParam = "batch" }
                : new TensorShapeProto.Types.Dimension { DimValue = side });
        }

        return new ValueInfoProto
        {
            Name = name,
            Type = new TypeProto
            {
                TensorType = new TypeProto.Types.Tensor { ElemType = (int)TensorProto.Types.DataType.Float, Shape = sides },
            },
        };
    }

    private sealed class Scope(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}
