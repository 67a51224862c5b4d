using LabelerService.Core.Training;
using LabelerService.Learning.Backbones;
using LabelerService.Learning.Heads;
using static TorchSharp.torch;

namespace LabelerService.Learning.Training;

/// <summary>A backbone with its heads: the shape of a net, without values.</summary>
internal sealed class Network
{
    public Network(TrainingSettings settings, int featureLength, int heads, int classes)
    {
        Backbone = Backbone.Create(settings, featureLength, Layout);
        Heads = new HeadBank(heads, classes, Backbone.Width, Layout);
    }

    public ParameterLayout Layout { get; } = new();

    public Backbone Backbone { get; }

    public HeadBank Heads { get; }

    /// <summary>
    /// Draws initial values of the backbone; heads stay at zero, where every class is equally likely. A labeler's head then moves away
    /// from ignorance only as far as their annotations carry it, which shrinks the heads of labelers with few of them, and what sets heads
    /// apart is their labelers' annotations alone. (LabelMe, validation split, seeds 1 to 12: DN 86.0 % from zero, 85.1 % from draws.)
    /// </summary>
    public void Initialise(ParameterSet parameters, Generator generator) => Backbone.Initialise(parameters, generator);
}
