using LabelerService.Core.Encodings;
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

    /// <summary>Values that a forward pass keeps for the backward pass of one item: bounds how many items are worked on at once.</summary>
    public abstract long ValuesPerItem { get; }

    /// <summary>The backbone that the settings ask for, its parameters declared.</summary>
    /// <param name="settings">Kind, capacity and widths.</param>
    /// <param name="encoding">What a row of features is.</param>
    /// <param name="layout">What its parameters are declared in.</param>
    public static Backbone Create(TrainingSettings settings, ItemEncoding encoding, ParameterLayout layout)
    {
        settings = settings.For(encoding);
        return settings.Backbone switch
        {
            BackboneKind.Linear => new IdentityBackbone(encoding.FeatureLength),
            BackboneKind.Mlp => new MlpBackbone(encoding.FeatureLength, MlpBackbone.Widths(settings), layout),
            BackboneKind.Cnn => new ConvolutionalBackbone(encoding.Shape, settings.Capacity, layout),
            BackboneKind.Lstm or BackboneKind.Gru => new RecurrentBackbone(
                settings.Backbone, encoding.StepLength, encoding.MaxSteps, RecurrentBackbone.WidthOf(settings.Capacity), layout),
            _ => throw new InvalidOperationException($"No backbone is registered for {settings.Backbone}."),
        };
    }

    /// <summary>Draws initial values.</summary>
    public abstract void Initialise(ParameterSet parameters, Generator generator);

    /// <summary>Sets what initial values say of how long steps are remembered; nothing where there are no steps.</summary>
    /// <param name="parameters">Values drawn by <see cref="Initialise"/>.</param>
    /// <param name="steps">Longest time to remember, at least 2.</param>
    /// <param name="generator">Draws the times of units.</param>
    public virtual void Remember(ParameterSet parameters, int steps, Generator generator)
    {
        // There are no steps.
    }

    /// <summary>z [N, h] of features [N, D].</summary>
    /// <param name="features">Transformed features.</param>
    /// <param name="parameters">Values to use.</param>
    /// <param name="dropout">Drops units in training; null to evaluate.</param>
    public abstract Tensor Forward(Tensor features, ParameterSet parameters, Dropout? dropout);

    /// <summary>Adds the same computation, without dropout, to a serving graph.</summary>
    public abstract string AppendTo(GraphBuilder graph, string input, ParameterSet parameters);

    /// <summary>
    /// Draws the values of a layer uniformly within 1/√inputs, which keeps the scale of activations through the layers (LeCun et al.:
    /// Efficient BackProp, 1998).
    /// </summary>
    private protected static void DrawWithin(long inputs, Generator generator, params ReadOnlySpan<Tensor> values)
    {
        var bound = 1 / Math.Sqrt(inputs);
        foreach (var value in values)
        {
            value.uniform_(-bound, bound, generator);
        }
    }
}
