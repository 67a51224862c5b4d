using System.Runtime.InteropServices;
using Google.Protobuf;
using LabelerService.Learning.Onnx.Protos;
using static TorchSharp.torch;

namespace LabelerService.Learning.Onnx;

/// <summary>Writes an ONNX graph node by node; every method gives the name of the value it adds.</summary>
internal sealed class GraphBuilder
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
