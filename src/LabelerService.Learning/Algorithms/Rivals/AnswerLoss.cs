using LabelerService.Learning.Numerics;
using LabelerService.Learning.Training;
using static TorchSharp.torch;

namespace LabelerService.Learning.Algorithms.Rivals;

/// <summary>Some annotations, and what the classifier says of their items.</summary>
/// <param name="Features">Transformed features of the items they are on [B, D].</param>
/// <param name="Probabilities">The classifier's distribution of each item [B, K].</param>
/// <param name="Rows">Item of each annotation, int64 [A].</param>
/// <param name="Labelers">Head of its labeler, int64 [A].</param>
/// <param name="Labels">Class it names, int64 [A].</param>
internal sealed record Answers(Tensor Features, Tensor Probabilities, Tensor Rows, Tensor Labelers, Tensor Labels)
{
    /// <summary>The classifier's distribution for each annotation [A, K].</summary>
    public Tensor ItemProbabilities => Probabilities.index_select(0, Rows);
}

/// <summary>
/// The loss of a classifier seen through a model of answers, over the annotations that exist and nothing else: cost and memory of a step
/// follow the batch's annotations and the number of confusion parameters, never items × labelers.
/// </summary>
/// <param name="network">A net with one head.</param>
/// <param name="valuesPerAnnotation">Values of the largest intermediate tensor of one annotation.</param>
internal abstract class AnswerLoss(Network network, long valuesPerAnnotation) : NetworkLoss
{
    /// <summary>−Σ ln of the probability of the answers, one value.</summary>
    public abstract Tensor Sum(Answers answers, ParameterSet parameters);

    public override double Accumulate(BatchPiece piece, ParameterSet parameters)
    {
        var z = network.Backbone.Forward(piece.Features, parameters, piece.Dropout);
        var probabilities = network.Heads.LogProbabilities(z, parameters).squeeze(1).exp();
        // The classifier's graph is walked once, however many chunks an item's annotations come in.
        var leaf = probabilities.detach().requires_grad_(true);
        var chunk = WorkingMemory.Rows(valuesPerAnnotation);
        var total = 0.0;
        for (var start = 0; start < piece.AnnotationRows.Length; start += chunk)
        {
            using var scope = NewDisposeScope();
            var end = Math.Min(start + chunk, piece.AnnotationRows.Length);
            var loss = Sum(
                new Answers(
                    piece.Features, leaf, Indexes(piece.AnnotationRows[start..end]), Indexes(piece.AnnotationHeads[start..end]),
                    Indexes(piece.AnnotationClasses[start..end])),
                parameters);
            loss.Times(piece.Scale).backward();
            total += loss.Value();
        }

        if (leaf.grad is { } gradient)
        {
            probabilities.backward([gradient]);
        }

        return total;
    }

    /// <summary>Indexes as libtorch takes them, int64.</summary>
    public static Tensor Indexes(ReadOnlySpan<int> values)
    {
        var wide = new long[values.Length];
        for (var i = 0; i < wide.Length; i++)
        {
            wide[i] = values[i];
        }

        return tensor(wide);
    }
}
