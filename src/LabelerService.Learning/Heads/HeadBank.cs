using LabelerService.Core.Training;
using LabelerService.Learning.Losses;
using LabelerService.Learning.Numerics;
using LabelerService.Learning.Onnx;
using LabelerService.Learning.Training;
using static TorchSharp.torch;

namespace LabelerService.Learning.Heads;

/// <summary>
/// Heads on a shared representation (Who Said What, section 3): one for each labeler, and last the shared head, which is nobody's. A
/// labeler's head is the shared one and a deviation of their own, W_r = W_0 + V_r and c_r = c_0 + d_r, so that whoever labelled little is
/// near everybody. In training only the head that an annotation belongs to is computed for it, and only its row is touched: cost and
/// memory follow the annotations, not items × labelers.
/// </summary>
internal sealed class HeadBank
{
    /// <summary>Changes the weights of a head.</summary>
    internal delegate void RoundHead(Span<float> weights);

    private const string SharedWeightName = "heads.shared.weight";
    private readonly ParameterSlot _sharedWeight;
    private readonly ParameterSlot _sharedConstants;
    private readonly ParameterSlot? _weight;
    private readonly ParameterSlot? _constants;
    private readonly HeadLink _link;
    private readonly double _sharedPace;

    /// <summary>Declares the heads.</summary>
    /// <param name="kind">What turns outputs into a distribution.</param>
    /// <param name="heads">Number of heads H, the shared one included: 1 where there is no other.</param>
    /// <param name="classes">Number of classes K.</param>
    /// <param name="width">Width h of the representation.</param>
    /// <param name="layout">What their parameters are declared in.</param>
    /// <param name="sharedPace">
    /// What W_0 is multiplied by beside labelers' heads, and hence how fast it moves compared with a deviation: Adam's steps are of one
    /// size for all.
    /// </param>
    public HeadBank(HeadKind kind, int heads, int classes, int width, ParameterLayout layout, double sharedPace)
    {
        _sharedPace = heads == 1 ? 1 : sharedPace;
        Count = heads;
        Classes = classes;
        Width = width;
        _link = HeadLink.Create(kind, classes);
        _sharedWeight = layout.Declare(SharedWeightName, ParameterRole.Weight, _link.Outputs, width);
        _sharedConstants = layout.Declare("heads.shared.bias", ParameterRole.Bias, _link.Constants);
        if (heads > 1)
        {
            _weight = layout.Declare("heads.weight", ParameterRole.Row, heads - 1, _link.Outputs, width);
            _constants = layout.Declare("heads.bias", ParameterRole.Row, heads - 1, _link.Constants);
        }
    }

    /// <summary>Number of heads H, the shared one included.</summary>
    public int Count { get; }

    /// <summary>Index of the shared head: the last.</summary>
    public int Shared => Count - 1;

    /// <summary>Number of classes K.</summary>
    public int Classes { get; }

    /// <summary>Width h of the representation.</summary>
    public int Width { get; }

    /// <summary>Linear outputs O of a head.</summary>
    public int Outputs => _link.Outputs;

    /// <summary>The shared head's weights W_0 [O, h], but for <see cref="SharedPace"/>.</summary>
    public ParameterSlot SharedWeight => _sharedWeight;

    /// <summary>What the values of <see cref="SharedWeight"/> are multiplied by in use.</summary>
    public double SharedPace => _sharedPace;

    /// <summary>The weights of labelers' deviations V [H − 1, O, h]; null where there are none.</summary>
    public ParameterSlot? DeviationWeight => _weight;

    /// <summary>What the values of a parameter are multiplied by in use.</summary>
    public double PaceOf(string parameter) => parameter == SharedWeightName ? _sharedPace : 1;

    /// <summary>Sets initial values: every class equally likely, whatever the item.</summary>
    public void Initialise(ParameterSet parameters) => _link.Initialise(parameters.ValuesOf(_sharedConstants));

    /// <summary>ln p_r(k|z) of all heads.</summary>
    /// <param name="z">Representation [N, h].</param>
    /// <param name="parameters">Values to use.</param>
    /// <returns>[N, H, K].</returns>
    public Tensor LogProbabilities(Tensor z, ParameterSet parameters)
    {
        var outputs = SharedOutputs(z, parameters).unsqueeze(1);
        var constants = parameters[_sharedConstants].unsqueeze(0);
        if (_weight is { } weight && _constants is { } deviation)
        {
            var own = z.mm(parameters[weight].view(-1, Width).t()).view(-1, Count - 1, _link.Outputs);
            outputs = cat([own.Plus(outputs), outputs], 1);
            constants = cat([parameters[deviation].Plus(constants), constants], 0);
        }

        return _link.LogProbabilities(outputs, constants);
    }

    /// <summary>Linear outputs of the shared head [N, O].</summary>
    public Tensor SharedOutputs(Tensor z, ParameterSet parameters) => z.mm(SharedWeights(parameters).t());

    /// <summary>
    /// The doctor net's loss of some annotations, forward and backward: adds the gradient of scale · loss to that of the heads, of the
    /// shared outputs and of z.
    /// </summary>
    /// <param name="z">Representation of the annotated items, row-major [N, h].</param>
    /// <param name="outputs"><see cref="SharedOutputs"/> of them, row-major [N, O].</param>
    /// <param name="annotations">The annotations.</param>
    /// <param name="parameters">Values to use; their gradient is added to and their rows are marked.</param>
    /// <param name="scale">What the loss is multiplied by for the gradient.</param>
    /// <param name="shrinkage">
    /// Strength λ_r by which each annotation of labeler r draws their head towards the shared one, by λ_r/2 · (‖V_r‖² + ‖d_r‖²) [H − 1].
    /// </param>
    /// <param name="outputsGradient">Gradient with respect to the shared outputs, row-major [N, O]; added to.</param>
    /// <param name="gradient">Gradient with respect to z but for the part through the shared outputs, row-major [N, h]; added to.</param>
    /// <returns>Sum of the loss over the annotations, not scaled and without what shrinks.</returns>
    public double Accumulate(
        ReadOnlySpan<float> z, ReadOnlySpan<float> outputs, AnnotationSpans annotations, ParameterSet parameters, float scale,
        ReadOnlySpan<float> shrinkage, Span<float> outputsGradient, Span<float> gradient)
    {
        foreach (var head in annotations.Heads)
        {
            if (head != Shared)
            {
                parameters.TouchedRows.Mark(head);
            }
        }

        var shared = new SharedHead<float>(
            outputs, parameters.ValuesOf(_sharedConstants), outputsGradient, parameters.GradientsOf(_sharedConstants));
        var deviations = _weight is { } weight && _constants is { } constants
            ? new HeadDeviations<float>(
                parameters.ValuesOf(weight), parameters.ValuesOf(constants), parameters.GradientsOf(weight), parameters.GradientsOf(constants),
                shrinkage)
            : default;
        return AnnotationLoss.Accumulate(_link, z, annotations, shared, deviations, scale, gradient);
    }

    /// <summary>Adds the probabilities of all heads [N, H, K] to a serving graph.</summary>
    public string AppendTo(GraphBuilder graph, string z, ParameterSet parameters)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var weights = SharedWeights(parameters).unsqueeze(0);
        var constants = parameters[_sharedConstants].unsqueeze(0);
        if (_weight is { } weight && _constants is { } deviation)
        {
            weights = cat([parameters[weight].Plus(weights), weights], 0);
            constants = cat([parameters[deviation].Plus(constants), constants], 0);
        }

        return _link.AppendTo(graph, z, weights, constants);
    }

    /// <summary>Replaces the weights of all heads, W_0 and W_0 + V_r, by what something makes of them.</summary>
    /// <param name="parameters">Their values.</param>
    /// <param name="round">Gets the weights of a head [O, h] and changes them.</param>
    public void RoundWeights(ParameterSet parameters, RoundHead round)
    {
        var shared = parameters.ValuesOf(_sharedWeight);
        var used = new float[shared.Length];
        var rounded = new float[shared.Length];
        for (var i = 0; i < used.Length; i++)
        {
            used[i] = _sharedPace == 1 ? shared[i] : (float)(shared[i] * _sharedPace);
        }

        used.CopyTo(rounded, 0);
        round(rounded);
        for (var i = 0; i < shared.Length && _sharedPace != 0; i++)
        {
            shared[i] = _sharedPace == 1 ? rounded[i] : (float)(rounded[i] / _sharedPace);
        }

        var own = new float[used.Length];
        for (var head = 0; head < Count - 1; head++)
        {
            var deviation = parameters.ValuesOf(_weight!.Value).Slice(head * own.Length, own.Length);
            for (var i = 0; i < own.Length; i++)
            {
                own[i] = used[i] + deviation[i];
            }

            round(own);
            for (var i = 0; i < own.Length; i++)
            {
                deviation[i] = own[i] - rounded[i];
            }
        }
    }

    private Tensor SharedWeights(ParameterSet parameters) =>
        _sharedPace == 1 ? parameters[_sharedWeight] : parameters[_sharedWeight].Times(_sharedPace);
}
