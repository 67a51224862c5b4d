using LabelerService.Core.Training;
using LabelerService.Learning.Onnx;
using static TorchSharp.torch;

namespace LabelerService.Learning.Ensembles;

/// <summary>What an ensemble says of B items.</summary>
/// <param name="Probabilities">Class distributions of the ensemble [B, K].</param>
/// <param name="LabelerProbabilities">Class distributions of each head [B, R, K].</param>
/// <param name="LabelerWeights">Weight of each head [B, R], rows summing to one.</param>
internal sealed record EnsembleOutput(Tensor Probabilities, Tensor LabelerProbabilities, Tensor LabelerWeights);

/// <summary>Names of the values in a graph that hold what <see cref="EnsembleOutput"/> holds.</summary>
internal readonly record struct EnsembleNodes(string Probabilities, string LabelerProbabilities, string LabelerWeights);

/// <summary>
/// A trained model: features in, the three outputs of <see cref="Core.Models.ServingGraph"/> out. Every algorithm ends in one, and
/// everything that happens after training (measuring, calibrating, writing, checking) knows nothing but this. Ensembles are put together
/// from ensembles: a feature transform in front, a temperature behind, several side by side. Owns the tensors it is made of.
/// </summary>
internal abstract class Ensemble : IDisposable
{
    /// <summary>Number of heads R.</summary>
    public abstract int HeadCount { get; }

    /// <summary>Number of classes K.</summary>
    public abstract int ClassCount { get; }

    /// <summary>Float32 values of the largest intermediate tensor for one item: bounds the chunks that items are worked through in.</summary>
    public virtual long ValuesPerItem => (long)HeadCount * ClassCount;

    /// <summary>All three outputs, without gradient. Call within a dispose scope.</summary>
    /// <param name="features">Features [B, D].</param>
    public abstract EnsembleOutput Forward(Tensor features);

    /// <summary>Only the ensemble's class distributions [B, K]; cheaper where the heads are not needed for them.</summary>
    /// <param name="features">Features [B, D].</param>
    public virtual Tensor Classify(Tensor features) => Forward(features).Probabilities;

    /// <summary>Adds the same computation to a serving graph.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="features">Name of the value that holds the features.</param>
    public abstract EnsembleNodes AppendTo(GraphBuilder graph, string features);

    /// <summary>
    /// Replaces the weights of layers by what is left of them in the precision that they are served in; those that it can hold stay as they
    /// are. Afterwards a graph of that precision computes what the ensemble does.
    /// </summary>
    public abstract void StoreAs(ServingPrecision precision);

    public abstract void Dispose();
}
