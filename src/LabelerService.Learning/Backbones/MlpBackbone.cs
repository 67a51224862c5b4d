using LabelerService.Core.Training;
using LabelerService.Learning.Onnx;
using LabelerService.Learning.Training;
using static TorchSharp.torch;

namespace LabelerService.Learning.Backbones;

/// <summary>Fully connected layers, each followed by ReLU and, in training, dropout.</summary>
internal sealed class MlpBackbone : Backbone
{
    private readonly List<Layer> _layers = [];

    private sealed record Layer(ParameterSlot Weight, ParameterSlot Bias, int Inputs);

    public MlpBackbone(int featureLength, IReadOnlyList<int> widths, ParameterLayout layout)
    {
        var inputs = featureLength;
        foreach (var width in widths)
        {
            var name = $"hidden{_layers.Count + 1}";
            _layers.Add(new Layer(
                layout.Declare(name + ".weight", ParameterRole.Weight, width, inputs),
                layout.Declare(name + ".bias", ParameterRole.Bias, width),
                inputs));
            inputs = width;
        }

        Width = inputs;
        ValuesPerItem = Math.Max(featureLength, widths.Max());
    }

    public override int Width { get; }

    public override long ValuesPerItem { get; }

    /// <summary>Widths of the hidden layers: those of the settings, a quarter of them or four times as wide.</summary>
    public static IReadOnlyList<int> Widths(TrainingSettings settings) => settings.Capacity switch
    {
        BackboneCapacity.S => [.. settings.HiddenSizes.Select(width => Math.Max(width / 4, 1))],
        BackboneCapacity.M => settings.HiddenSizes,
        _ => [.. settings.HiddenSizes.Select(width => checked(width * 4))],
    };

    public override void Initialise(ParameterSet parameters, Generator generator)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        foreach (var layer in _layers)
        {
            DrawWithin(layer.Inputs, generator, parameters[layer.Weight], parameters[layer.Bias]);
        }
    }

    public override Tensor Forward(Tensor features, ParameterSet parameters, Dropout? dropout)
    {
        var z = features;
        foreach (var layer in _layers)
        {
            z = addmm(parameters[layer.Bias], z, parameters[layer.Weight].t(), 1, 1).relu();
            z = dropout?.Apply(z) ?? z;
        }

        return z;
    }

    public override string AppendTo(GraphBuilder graph, string input, ParameterSet parameters)
    {
        var z = input;
        for (var i = 0; i < _layers.Count; i++)
        {
            var name = $"hidden{i + 1}";
            var weight = graph.Weight(name + ".weight", parameters[_layers[i].Weight]);
            var bias = graph.Constant(name + ".bias", parameters[_layers[i].Bias]);
            var sum = graph.Node("Gemm", name + ".sum", [z, weight, bias], ("transB", 1));
            z = graph.Node("Relu", name, [sum]);
        }

        return z;
    }
}
