using System.Runtime.InteropServices;
using Google.Protobuf;
using LabelerService.Core.Models;
using LabelerService.Learning.Onnx.Protos;

namespace LabelerService.EndToEnd.RemoteTraining;

/// <summary>Serving graphs by hand: the same distributions for every item, or what a test wants to be wrong.</summary>
internal static class ServingGraphs
{
    /// <summary>A graph that says of every item that all classes are as likely, by every head.</summary>
    /// <param name="features">Length of its rows.</param>
    /// <param name="heads">Heads.</param>
    /// <param name="classes">Classes.</param>
    /// <param name="change">Makes something of it wrong.</param>
    public static byte[] Even(int features, int heads, int classes, Action<GraphProto>? change = null)
    {
        var graph = new GraphProto { Name = "even" };
        graph.Initializer.Add(Constant("to_classes", new float[features * classes], features, classes));
        graph.Initializer.Add(Constant("to_heads", new float[features * heads], features, heads));
        graph.Initializer.Add(Constant("to_both", new float[features * heads * classes], features, heads * classes));
        var shape = new TensorProto { Name = "shape", DataType = 7, RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes<long>([-1, heads, classes])) };
        shape.Dims.Add(3);
        graph.Initializer.Add(shape);
        graph.Node.Add(Node("MatMul", "class_logits", ServingGraph.Features, "to_classes"));
        graph.Node.Add(Node("Softmax", ServingGraph.Probabilities, "class_logits"));
        graph.Node.Add(Node("MatMul", "head_logits", ServingGraph.Features, "to_heads"));
        graph.Node.Add(Node("Softmax", ServingGraph.LabelerWeights, "head_logits"));
        graph.Node.Add(Node("MatMul", "flat", ServingGraph.Features, "to_both"));
        graph.Node.Add(Node("Reshape", "both", "flat", "shape"));
        graph.Node.Add(Node("Softmax", ServingGraph.LabelerProbabilities, "both"));
        graph.Input.Add(Value(ServingGraph.Features, features));
        graph.Output.Add(Value(ServingGraph.Probabilities, classes));
        graph.Output.Add(Value(ServingGraph.LabelerProbabilities, heads, classes));
        graph.Output.Add(Value(ServingGraph.LabelerWeights, heads));
        change?.Invoke(graph);
        var model = new ModelProto { IrVersion = 8, Graph = graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Version = 13 });
        return model.ToByteArray();
    }

    /// <summary>A constant of float32.</summary>
    public static TensorProto Constant(string name, float[] values, params long[] dims)
    {
        var tensor = new TensorProto { Name = name, DataType = 1, RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes(values.AsSpan())) };
        tensor.Dims.Add(dims);
        return tensor;
    }

    /// <summary>An operator.</summary>
    public static NodeProto Node(string operation, string output, params string[] inputs)
    {
        var node = new NodeProto { OpType = operation };
        node.Input.Add(inputs);
        node.Output.Add(output);
        return node;
    }

    private static ValueInfoProto Value(string name, params int[] sides)
    {
        var shape = new TensorShapeProto();
        shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimParam = "N" });
        foreach (var side in sides)
        {
            shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimValue = side });
        }

        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = 1, Shape = shape } } };
    }
}
