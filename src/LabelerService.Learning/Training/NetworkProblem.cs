using LabelerService.Learning.Backbones;
using LabelerService.Learning.Checkpoints;
using LabelerService.Learning.Numerics;
using static TorchSharp.torch;

namespace LabelerService.Learning.Training;

/// <summary>Backbone and heads as a problem to fit: passes over the annotated items, in random order, by a loss.</summary>
/// <param name="network">The net's shape.</param>
/// <param name="features">Transformed features of all items [N, D].</param>
/// <param name="annotated">The items to train on and their annotations.</param>
/// <param name="loss">What is learnt from them; owned.</param>
/// <param name="validate">Scores values of the net; gives null where there is no validation data.</param>
/// <param name="batchSize">Items of a step.</param>
/// <param name="dropout">Drops hidden units.</param>
/// <param name="random">Draws the order of items.</param>
internal sealed class NetworkProblem(
    Network network, Tensor features, AnnotatedItems annotated, NetworkLoss loss, Func<ParameterSet, ValidationScore?> validate,
    int batchSize, Dropout dropout, SeededRandom random) : IFitProblem
{
    private readonly int[] _order = [.. Enumerable.Range(0, annotated.Items.Length)];
    private EpochPlan? _plan;

    public string Phase => "network";

    public int ItemCount => _order.Length;

    public int BatchCount => (_order.Length + batchSize - 1) / batchSize;

    public void Shuffle()
    {
        random.Shuffle(_order);
        _plan?.Dispose();
        _plan = new EpochPlan(annotated, _order, batchSize, WorkingMemory.Rows(Math.Max(features.shape[1], network.Backbone.ValuesPerItem)));
    }

    public double Accumulate(int batch, ParameterSet parameters)
    {
        var pieces = _plan!.Batches[batch];
        // Over the items of the batch, so that an annotation counts the same in any batch of full size.
        var scale = 1.0 / (pieces[^1].End - pieces[0].Start);
        var total = 0.0;
        foreach (var piece in pieces)
        {
            using var scope = NewDisposeScope();
            total += loss.Accumulate(
                new BatchPiece(_plan, piece, features.index_select(0, _plan.Rows(piece)), dropout, scale), parameters);
        }

        loss.AccumulatePenalty(parameters);
        return total;
    }

    public ValidationScore? Validate(ParameterSet parameters) => validate(parameters);

    public void Save(JournalState state)
    {
        state.Put<int>("order", _order.AsSpan());
        random.Save(state, "order.generator");
        dropout.Save(state);
        loss.Save(state);
    }

    public void Load(JournalState state)
    {
        state.Read<int>("order", _order);
        random.Load(state, "order.generator");
        dropout.Load(state);
        loss.Load(state);
    }

    public void Dispose()
    {
        _plan?.Dispose();
        loss.Dispose();
    }
}
