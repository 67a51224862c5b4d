using LabelerService.Core.Encodings;
using LabelerService.Learning.Numerics;
using LabelerService.Learning.Training;
using static TorchSharp.torch;

namespace LabelerService.Learning.Unsupervised;

/// <summary>
/// How well values of a net do on items that they were not trained on: the objective at the mean outputs of the same few views each time. Epochs and starts
/// are chosen by it: a net with enough weights sharpens any split of the items it is trained on, and only kinds that there are show in others.
/// </summary>
/// <param name="net">The net's shape.</param>
/// <param name="objective">What the outputs are trained towards.</param>
/// <param name="rows">Rows of all views, view by view [V · N, D]; owned.</param>
/// <param name="views">Number of views V.</param>
internal sealed class HeldOutScore(PretrainedNet net, OutputObjective objective, Tensor rows, int views) : IDisposable
{
    /// <summary>Most items that anything is judged by: more cost memory and time and decide nothing.</summary>
    public const int MostItems = 1024;

    /// <summary>Draws views of items.</summary>
    public static HeldOutScore Of(
        PretrainedNet net, OutputObjective objective, Tensor features, int[] items, ItemEncoding encoding, int views, SeededRandom random)
    {
        var some = (int[])items.Clone();
        random.Shuffle(some);
        // Without views that differ, one says all.
        views = encoding.Kind == ItemEncodingKind.Sequence ? views : 1;
        using var scope = NewDisposeScope();
        var chosen = tensor(some.Take(MostItems).Select(item => (long)item).ToArray());
        var rows = ItemViews.Of(features.index_select(0, chosen), encoding, views, random).MoveToOuterDisposeScope();
        return new HeldOutScore(net, objective, rows, views);
    }

    /// <summary>The objective; more is better.</summary>
    public double Score(ParameterSet parameters, CancellationToken cancel)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        return objective.Score(objective.Present(net.ReadOut.Forward(Represent(parameters, cancel), parameters).view(views, -1, net.ReadOut.Outputs).mean([0])));
    }

    /// <summary>Representations of the views, view by view [V, N, h].</summary>
    public Tensor Views(ParameterSet parameters, CancellationToken cancel) => Represent(parameters, cancel).view(views, -1, net.Backbone.Width);

    public void Dispose() => rows.Dispose();

    private Tensor Represent(ParameterSet parameters, CancellationToken cancel)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var size = WorkingMemory.Rows(Math.Max(rows.shape[1], net.Backbone.ValuesPerItem));
        var blocks = new List<Tensor>();
        for (var start = 0L; start < rows.shape[0]; start += size)
        {
            cancel.ThrowIfCancellationRequested();
            blocks.Add(net.Backbone.Forward(rows.narrow(0, start, Math.Min(size, rows.shape[0] - start)), parameters, dropout: null));
        }

        return cat(blocks, 0).MoveToOuterDisposeScope();
    }
}
