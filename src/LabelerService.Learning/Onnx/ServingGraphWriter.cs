using LabelerService.Core.Models;
using LabelerService.Core.Training;
using LabelerService.Learning.Ensembles;

namespace LabelerService.Learning.Onnx;

/// <summary>Writes an ensemble as the serving graph of <see cref="ServingGraph"/>.</summary>
internal static class ServingGraphWriter
{
    /// <summary>The model file.</summary>
    /// <param name="ensemble">What is written; it takes raw features.</param>
    /// <param name="distilled">One head that says what the ensemble says; null where there is none. It takes raw features too.</param>
    /// <param name="precision">How weights of layers are stored; both ensembles have been stored so before.</param>
    /// <param name="featureLength">Length D of an item's vector.</param>
    /// <param name="codeVersion">Recorded as the producer's version.</param>
    /// <param name="description">For people who open the file.</param>
    /// <param name="metadata">What the file says of itself, see <see cref="GraphMetadata"/>.</param>
    public static byte[] Write(
        Ensemble ensemble, Ensemble? distilled, ServingPrecision precision, int featureLength, string codeVersion, string description,
        IEnumerable<KeyValuePair<string, string>> metadata)
    {
        var graph = new GraphBuilder(precision);
        var features = graph.Input(ServingGraph.Features, -1, featureLength);
        var nodes = ensemble.AppendTo(graph, features);
        graph.Output(ServingGraph.Probabilities, nodes.Probabilities, -1, ensemble.ClassCount);
        graph.Output(ServingGraph.LabelerProbabilities, nodes.LabelerProbabilities, -1, ensemble.HeadCount, ensemble.ClassCount);
        graph.Output(ServingGraph.LabelerWeights, nodes.LabelerWeights, -1, ensemble.HeadCount);
        if (distilled is not null)
        {
            using (graph.Within("distilled/"))
            {
                nodes = distilled.AppendTo(graph, features);
            }

            graph.Output(ServingGraph.Distilled, nodes.Probabilities, -1, ensemble.ClassCount);
        }

        return graph.Build(codeVersion, description, metadata);
    }
}
