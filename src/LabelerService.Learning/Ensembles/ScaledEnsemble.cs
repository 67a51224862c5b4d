using LabelerService.Core.Training;
using LabelerService.Learning.Features;
using LabelerService.Learning.Onnx;
using static TorchSharp.torch;

namespace LabelerService.Learning.Ensembles;

/// <summary>A feature transform in front of an ensemble: raw features in.</summary>
/// <param name="scaling">The transform; owned.</param>
/// <param name="inner">What its output goes into; owned.</param>
internal sealed class ScaledEnsemble(FeatureScaling scaling, Ensemble inner) : Ensemble
{
    public override int HeadCount => inner.HeadCount;

    public override int ClassCount => inner.ClassCount;

    public override long ValuesPerItem => inner.ValuesPerItem;

    public override EnsembleOutput Forward(Tensor features) => inner.Forward(scaling.Apply(features));

    public override Tensor Classify(Tensor features) => inner.Classify(scaling.Apply(features));

    public override EnsembleNodes AppendTo(GraphBuilder graph, string features) => inner.AppendTo(graph, scaling.AppendTo(graph, features));

    public override void StoreAs(ServingPrecision precision) => inner.StoreAs(precision);

    public override void Dispose()
    {
        scaling.Dispose();
        inner.Dispose();
    }
}
