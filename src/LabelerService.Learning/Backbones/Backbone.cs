using LabelerService.Core.Training;
using LabelerService.Learning.Onnx;
using LabelerService.Learning.Training;
using static TorchSharp.torch;

namespace LabelerService.Learning.Backbones;

/// <summary>Maps features [N, D] to the representation z [N, h] that all heads share. Holds no values: those are in a <see cref="ParameterSet"/>.</summary>
internal abstract class Backbone
{
    /// <summary>Width h of the representation.</summary>
    public abstract int Width { get; }

    /// <summary>The backbone that the settings ask for, its parameters declared.</summary>
    public static Backbone Create(TrainingSettings settings, int featureLength, ParameterLayout layout) => settings.Backbone switch
    {
        BackboneKind.Linear => new IdentityBackbone(featureLength),
        BackboneKind.Mlp => new MlpBackbone(featureLength, settings.HiddenSizes, layout),
        _ => throw new InvalidOperationException($"No backbone is registered for {settings.Backbone}."),
    };

    /// <summary>Draws initial values.</summary>
    public abstract void Initialise(ParameterSet parameters, Generator generator);

    /// <summary>z [N, h] of features [N, D].</summary>
    /// <param name="features">Transformed features.</param>
    /// <param name="parameters">Values to use.</param>
    /// <param name="dropout">Drops units in training; null to evaluate.</param>
    public abstract Tensor Forward(Tensor features, ParameterSet parameters, Dropout? dropout);

    /// <summary>Adds the same computation, without dropout, to a serving graph.</summary>
    public abstract string AppendTo(GraphBuilder graph, string input, ParameterSet parameters);
}
