using LabelerService.Learning.Onnx;
using LabelerService.Learning.Training;
using static TorchSharp.torch;

namespace LabelerService.Learning.Backbones;

/// <summary>z = x: every head is a linear model on the features.</summary>
internal sealed class IdentityBackbone(int featureLength) : Backbone
{
    public override int Width => featureLength;

    public override long ValuesPerItem => featureLength;

    public override void Initialise(ParameterSet parameters, Generator generator)
    {
        // There is nothing to initialise.
    }

    public override Tensor Forward(Tensor features, ParameterSet parameters, Dropout? dropout) => features;

    public override string AppendTo(GraphBuilder graph, string input, ParameterSet parameters) => input;
}
