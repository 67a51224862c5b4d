using LabelerService.Core.Models;
using LabelerService.Learning.Features;
using LabelerService.Learning.Training;
using static TorchSharp.torch;

namespace LabelerService.Learning.Onnx;

/// <summary>
/// Writes a trained net as the serving graph of <see cref="ServingGraph"/>: transform → backbone → heads → softmax → weighted mean.
/// </summary>
internal static class ServingGraphWriter
{
    /// <summary>The model file.</summary>
    /// <param name="network">The net's shape.</param>
    /// <param name="parameters">Its values.</param>
    /// <param name="scaling">The feature transform.</param>
    /// <param name="weights">Averaging weights [R].</param>
    /// <param name="featureLength">Length D of an item's vector.</param>
    /// <param name="codeVersion">Recorded as the producer's version.</param>
    /// <param name="description">For people who open the file.</param>
    public static byte[] Write(
        Network network, ParameterSet parameters, FeatureScaling scaling, Tensor weights, int featureLength, string codeVersion,
        string description)
    {
        var heads = network.Heads.Count;
        var classes = network.Heads.Classes;
        var graph = new GraphBuilder();
        var input = graph.Input(ServingGraph.Features, -1, featureLength);
        var z = network.Backbone.AppendTo(graph, scaling.AppendTo(graph, input), parameters);
        var probabilities = network.Heads.AppendTo(graph, z, parameters, ServingGraph.LabelerProbabilities);

        // The weights are the same for every item here, but the contract gives each item its own row.
        var batch = graph.Node("Shape", "batch", [input], ("start", 0), ("end", 1));
        var shape = graph.Node("Concat", "weights.shape", [batch, graph.Integers("weights.heads", heads)], ("axis", 0));
        using var row = weights.view(1, heads);
        var perItem = graph.Node("Expand", ServingGraph.LabelerWeights, [graph.Constant("weights", row), shape]);

        var asRow = graph.Node("Unsqueeze", "weights.row", [perItem, graph.Integers("axis1", 1)]);
        var mixed = graph.Node("MatMul", "mixture.row", [asRow, probabilities]);
        graph.Node("Squeeze", ServingGraph.Probabilities, [mixed, "axis1"]);

        graph.Output(ServingGraph.Probabilities, -1, classes);
        graph.Output(ServingGraph.LabelerProbabilities, -1, heads, classes);
        graph.Output(ServingGraph.LabelerWeights, -1, heads);
        return graph.Build(codeVersion, description);
    }
}
