using LabelerService.Learning.Numerics;
using LabelerService.Learning.Training;
using static TorchSharp.torch;

namespace LabelerService.Learning.Losses;

/// <summary>One head for everybody, trained on a class distribution for each item.</summary>
internal sealed class SoftLabelNetworkLoss : NetworkLoss
{
    private readonly Network _network;
    private readonly Tensor _targets;

    /// <summary>Sets the loss up.</summary>
    /// <param name="network">A net with one head.</param>
    /// <param name="targets">Class distribution of each item of the training set [n, K], row-major.</param>
    public SoftLabelNetworkLoss(Network network, float[] targets)
    {
        _network = network;
        _targets = tensor(targets, targets.Length / network.Heads.Classes, network.Heads.Classes).DetachFromDisposeScope();
    }

    public override double Accumulate(BatchPiece piece, ParameterSet parameters)
    {
        var z = _network.Backbone.Forward(piece.Features, parameters, piece.Dropout);
        var sum = MeanLabelLoss.Sum(_network.Heads.LogProbabilities(z, parameters).squeeze(1), _targets.index_select(0, piece.Items));
        sum.Times(piece.Scale).backward();
        return sum.Value();
    }

    public override void Dispose()
    {
        _targets.Dispose();
        base.Dispose();
    }
}
