using LabelerService.Core.Training;
using LabelerService.Learning.Losses;
using LabelerService.Learning.Training;
using static TorchSharp.torch;

namespace LabelerService.Learning.Averaging;

/// <summary>What averaging weights may depend on.</summary>
internal enum AveragingShape
{
    /// <summary>Nothing: one logit a head.</summary>
    Fixed,

    /// <summary>The item's representation.</summary>
    Item,

    /// <summary>A narrow projection of it.</summary>
    Bottleneck,
}

/// <summary>
/// Averaging logits as a function of parameters: a (WDN), U z̃ + a (IWDN) or U B z̃ + a (BIWDN) (Who Said What, section 3). z̃ is the
/// representation, standardised over the training items so that one step size suits every backbone; what is served has that folded in.
/// </summary>
internal sealed class AveragingForm
{
    private readonly ParameterSlot _offsets;
    private readonly ParameterSlot? _slopes;
    private readonly ParameterSlot? _bottleneck;
    private readonly int _width;

    /// <summary>Declares the parameters.</summary>
    /// <param name="shape">What the weights depend on.</param>
    /// <param name="heads">Number of heads R.</param>
    /// <param name="width">Width h of the representation.</param>
    /// <param name="bottleneck">Width of the bottleneck, where there is one.</param>
    public AveragingForm(AveragingShape shape, int heads, int width, int bottleneck)
    {
        _width = width;
        _offsets = Layout.Declare("averaging.logits", ParameterRole.Weight, heads);
        if (shape == AveragingShape.Bottleneck)
        {
            _bottleneck = Layout.Declare("averaging.bottleneck", ParameterRole.Weight, bottleneck, width);
        }

        if (shape != AveragingShape.Fixed)
        {
            _slopes = Layout.Declare("averaging.slopes", ParameterRole.Weight, heads, _bottleneck is null ? width : bottleneck);
        }
    }

    public ParameterLayout Layout { get; } = new();

    /// <summary>Whether weights depend on the item.</summary>
    public bool ByItem => _slopes is not null;

    /// <summary>
    /// Start values: equal weights for every item. The bottleneck is drawn, as nothing would ever move if both factors were zero.
    /// </summary>
    public ParameterSet Start(Generator generator)
    {
        var parameters = new ParameterSet(Layout, trainable: true);
        if (_bottleneck is { } bottleneck)
        {
            using var noGrad = no_grad();
            using var scope = NewDisposeScope();
            var bound = 1 / Math.Sqrt(_width);
            parameters[bottleneck].uniform_(-bound, bound, generator);
        }

        return parameters;
    }

    /// <summary>v: [R], or [B, R] where it depends on the item.</summary>
    /// <param name="parameters">Values to use.</param>
    /// <param name="z">Standardised representation [B, h]; not looked at where weights do not depend on it.</param>
    public Tensor Logits(ParameterSet parameters, Tensor z)
    {
        if (_slopes is not { } slopes)
        {
            return parameters[_offsets];
        }

        var narrow = _bottleneck is { } bottleneck ? z.mm(parameters[bottleneck].t()) : z;
        return addmm(parameters[_offsets], narrow, parameters[slopes].t(), 1, 1);
    }

    /// <summary>The logits a [R] and their gradient, where weights do not depend on the item.</summary>
    public (Tensor Logits, Tensor Gradient) Direct(ParameterSet parameters) => (parameters[_offsets], parameters[_offsets].grad!);

    /// <summary>Adds the gradient of strength/2 · (‖U‖² + ‖B‖²).</summary>
    public void AddDecay(ParameterSet parameters, float strength)
    {
        foreach (var slot in (ReadOnlySpan<ParameterSlot?>)[_slopes, _bottleneck])
        {
            if (slot is { } known)
            {
                AnnotationLoss.AddScaled(strength, parameters.ValuesOf(known), parameters.GradientsOf(known));
            }
        }
    }

    /// <summary>The weights as they are served.</summary>
    /// <param name="parameters">Values to use.</param>
    /// <param name="centre">What has been subtracted from the representation [h].</param>
    /// <param name="scale">What it has been multiplied by after [h].</param>
    /// <param name="mixing">How heads are mixed.</param>
    public HeadAveraging Averaging(ParameterSet parameters, Tensor centre, Tensor scale, Mixing mixing)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        if (_slopes is not { } slopes)
        {
            return new FixedWeights(parameters[_offsets].softmax(0), mixing);
        }

        // U (s ⊙ (z − c)) + a = (U ⊙ s) z + a − (U ⊙ s) c, and likewise with B.
        if (_bottleneck is { } bottleneck)
        {
            var scaled = parameters[bottleneck].mul(scale);
            var shift = parameters[slopes].mv(scaled.mv(centre));
            return new ItemWeights(parameters[slopes].clone(), parameters[_offsets].sub(shift), scaled, mixing);
        }

        var direct = parameters[slopes].mul(scale);
        return new ItemWeights(direct, parameters[_offsets].sub(direct.mv(centre)), null, mixing);
    }

    /// <summary>Mean over items of the weights [R].</summary>
    public double[] MeanWeights(ParameterSet parameters, Tensor z)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var weights = Logits(parameters, z).to(ScalarType.Float64).softmax(-1);
        return (ByItem ? weights.mean([0]) : weights).data<double>().ToArray();
    }
}
