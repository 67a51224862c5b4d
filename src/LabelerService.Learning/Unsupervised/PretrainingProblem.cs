using LabelerService.Core.Encodings;
using LabelerService.Learning.Backbones;
using LabelerService.Learning.Checkpoints;
using LabelerService.Learning.Numerics;
using LabelerService.Learning.Training;
using static TorchSharp.torch;

namespace LabelerService.Learning.Unsupervised;

/// <summary>The shape of what is pretrained: a backbone with its few outputs.</summary>
internal sealed record PretrainedNet(ParameterLayout Layout, Backbone Backbone, ReadOut ReadOut);

/// <summary>Items without labels as a problem to fit: passes in random order by an objective over the outputs of a batch.</summary>
/// <param name="net">The net's shape.</param>
/// <param name="encoding">What a row of features is.</param>
/// <param name="features">Transformed features of all items [N, D].</param>
/// <param name="items">Rows to train on.</param>
/// <param name="objective">What the outputs are trained towards.</param>
/// <param name="batchSize">Items of a step, about: the objective lives on many at once, so no batch is much smaller than others.</param>
/// <param name="views">Looks at each item.</param>
/// <param name="dropout">Drops hidden units.</param>
/// <param name="random">Draws the order of items and where sequences are cut off.</param>
/// <param name="judge">The objective on items that are not trained on; more is better.</param>
internal sealed class PretrainingProblem(
    PretrainedNet net, ItemEncoding encoding, Tensor features, int[] items, OutputObjective objective, int batchSize, int views, Dropout dropout,
    SeededRandom random, Func<ParameterSet, double> judge) : IFitProblem
{
    private readonly int[] _order = [.. items];

    public string Phase => "pretraining";

    public int ItemCount => _order.Length;

    public int BatchCount { get; } = Math.Max(1, (int)Math.Round(items.Length / (double)batchSize));

    public void Shuffle() => random.Shuffle(_order);

    public double Accumulate(int batch, ParameterSet parameters)
    {
        using var scope = NewDisposeScope();
        var (start, end) = (Bound(batch), Bound(batch + 1));
        var chosen = tensor(_order[start..end].Select(item => (long)item).ToArray());
        var rows = ItemViews.Of(features.index_select(0, chosen), encoding, views, random);
        return Accumulate(rows, end - start, parameters) * (end - start);
    }

    public ValidationScore? Validate(ParameterSet parameters) => new ValidationScore(-judge(parameters), null);

    public void Save(JournalState state)
    {
        state.Put<int>("order", _order.AsSpan());
        random.Save(state, "order.generator");
        dropout.Save(state);
    }

    public void Load(JournalState state)
    {
        state.Read<int>("order", _order);
        random.Load(state, "order.generator");
        dropout.Load(state);
    }

    public void Dispose()
    {
        // Features and generators are the caller's.
    }

    /// <summary>Adds the gradient at the rows of all views of a batch; gives the loss.</summary>
    internal double Accumulate(Tensor rows, int count, ParameterSet parameters)
    {
        var pieces = Pieces(rows);
        if (pieces.Count == 1)
        {
            var outputs = Forward(rows, parameters);
            var (loss, gradient) = Slope(outputs, count);
            outputs.backward([gradient]);
            return loss;
        }

        // The objective needs the outputs of all items at once, and the memory of a backward pass is bounded by a piece: so a first pass
        // without gradients finds the outputs and their slopes, and a second one, with the same units dropped, carries them back.
        var beginning = new JournalState();
        dropout.Save(beginning);
        using var all = Outputs(pieces, rows, parameters);
        var (value, slopes) = Slope(all, count);
        dropout.Load(beginning);
        foreach (var (start, length) in pieces)
        {
            using var inner = NewDisposeScope();
            Forward(rows.narrow(0, start, length), parameters).backward([slopes.narrow(0, start, length)]);
        }

        return value;
    }

    private Tensor Outputs(List<(int Start, int Length)> pieces, Tensor rows, ParameterSet parameters)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        return cat([.. pieces.Select(piece => Forward(rows.narrow(0, piece.Start, piece.Length), parameters))], 0).MoveToOuterDisposeScope();
    }

    private Tensor Forward(Tensor rows, ParameterSet parameters) =>
        net.ReadOut.Forward(net.Backbone.Forward(rows, parameters, dropout), parameters);

    // ∂ loss / ∂ outputs [V · N, m]: the objective's gradient through the mean over views and the standardisation.
    private (double Loss, Tensor Slopes) Slope(Tensor outputs, int count)
    {
        using var scope = NewDisposeScope();
        var leaf = outputs.detach().clone().requires_grad_(true);
        var seen = objective.Present(leaf.view(views, count, net.ReadOut.Outputs).mean([0]));
        var (loss, gradient) = objective.Evaluate(seen);
        seen.backward([gradient.to(seen.dtype)]);
        return (loss, leaf.grad!.MoveToOuterDisposeScope());
    }

    private List<(int Start, int Length)> Pieces(Tensor rows)
    {
        var most = WorkingMemory.Rows(Math.Max(rows.shape[1], net.Backbone.ValuesPerItem));
        var total = (int)rows.shape[0];
        return [.. Enumerable.Range(0, (total + most - 1) / most).Select(piece => (piece * most, Math.Min(most, total - (piece * most))))];
    }

    private int Bound(int batch) => (int)((long)batch * _order.Length / BatchCount);
}
