using LabelerService.Core.Training;
using LabelerService.Learning.Averaging;
using LabelerService.Learning.Onnx;
using LabelerService.Learning.Training;
using static TorchSharp.torch;

namespace LabelerService.Learning.Ensembles;

/// <summary>
/// Heads on a shared backbone, mixed by averaging weights: the nets of "Who Said What" (section 3), the baseline net among them as the
/// one with a single head.
/// </summary>
internal sealed class HeadEnsemble : Ensemble
{
    private readonly Network _network;
    private readonly ParameterSet _parameters;
    private readonly HeadAveraging _averaging;
    private readonly bool _owns;

    /// <summary>Puts them together.</summary>
    /// <param name="network">The net's shape.</param>
    /// <param name="parameters">Its values; owned.</param>
    /// <param name="averaging">The weights; owned.</param>
    public HeadEnsemble(Network network, ParameterSet parameters, HeadAveraging averaging)
        : this(network, parameters, averaging, owns: true)
    {
    }

    private HeadEnsemble(Network network, ParameterSet parameters, HeadAveraging averaging, bool owns) =>
        (_network, _parameters, _averaging, _owns) = (network, parameters, averaging, owns);

    /// <summary>An ensemble of what others own: for scoring values that are still being fitted.</summary>
    public static HeadEnsemble Borrowing(Network network, ParameterSet parameters, HeadAveraging averaging) =>
        new(network, parameters, averaging, owns: false);

    public override int HeadCount => _network.Heads.Count;

    public override int ClassCount => _network.Heads.Classes;

    public override long ValuesPerItem => Math.Max(base.ValuesPerItem, _network.Backbone.ValuesPerItem);

    public override EnsembleOutput Forward(Tensor features)
    {
        using var noGrad = no_grad();
        var z = _network.Backbone.Forward(features, _parameters, dropout: null);
        var probabilities = _network.Heads.LogProbabilities(z, _parameters).exp();
        var weights = _averaging.Weights(z);
        return new EnsembleOutput(_averaging.Mix(weights, probabilities), probabilities, weights);
    }

    public override EnsembleNodes AppendTo(GraphBuilder graph, string features)
    {
        var z = _network.Backbone.AppendTo(graph, features, _parameters);
        var probabilities = _network.Heads.AppendTo(graph, z, _parameters);
        var weights = _averaging.AppendWeights(graph, z);
        return new EnsembleNodes(_averaging.AppendMix(graph, weights, probabilities), probabilities, weights);
    }

    public override void StoreAs(ServingPrecision precision)
    {
        foreach (var slot in _network.BackboneWeights)
        {
            var units = checked((int)_network.Layout.Entries[slot.Index].Shape[0]);
            var weights = _parameters.ValuesOf(slot);
            WeightStorage.Round(precision, weights, weights.Length / units);
        }

        if (precision == ServingPrecision.Int8)
        {
            _network.Heads.RoundWeights(_parameters, weights => WeightStorage.Round(precision, weights, _network.Heads.Width));
        }
    }

    public override void Dispose()
    {
        if (_owns)
        {
            _parameters.Dispose();
            _averaging.Dispose();
        }
    }
}
