using LabelerService.Core.Training;
using LabelerService.Learning.Numerics;
using LabelerService.Learning.Onnx;
using LabelerService.Learning.Training;
using static TorchSharp.torch;

namespace LabelerService.Learning.Backbones;

/// <summary>
/// A recurrent layer over the steps x_1 … x_T' of a sequence; z is its output after the last of them. A row of features is
/// [T', x_1, …, x_T', zeros], D = 1 + maxSteps · d. Gates of a step are blocks of one product, in the order that ONNX has:
/// <list type="bullet">
/// <item>
/// LSTM (Hochreiter, Schmidhuber 1997, with the forget gate of Gers, Schmidhuber, Cummins 2000):
/// i, o, f = σ(W x_t + R h_{t−1} + b) of each, g = tanh(W_g x_t + R_g h_{t−1} + b_g), c_t = f ⊙ c_{t−1} + i ⊙ g, h_t = o ⊙ tanh(c_t).
/// Forget gates begin with a bias of 1, so that a cell begins with remembering (Jozefowicz, Zaremba, Sutskever, ICML 2015).
/// </item>
/// <item>
/// GRU (Cho et al. 2014), the reset after the product: u, r = σ(W x_t + R h_{t−1} + b) of each,
/// g = tanh(W_g x_t + b_g + r ⊙ (R_g h_{t−1} + e)), h_t = (1 − u) ⊙ g + u ⊙ h_{t−1}.
/// </item>
/// </list>
/// h_0 = c_0 = 0. Steps beyond the longest sequence of a batch are not worked on, and nothing after an item's last step reaches its z: how
/// far sequences are padded changes neither z nor any gradient.
/// </summary>
internal sealed class RecurrentBackbone : Backbone
{
    // What the backward pass needs of each step, in multiples of the width: products, gates, cells and outputs.
    private const int KeptPerStep = 14;
    private readonly bool _lstm;
    private readonly int _stepLength;
    private readonly int _maxSteps;
    private readonly ParameterSlot _input;
    private readonly ParameterSlot _recurrence;
    private readonly ParameterSlot _bias;
    private readonly ParameterSlot? _candidateBias;

    /// <summary>Declares the layer.</summary>
    /// <param name="kind"><see cref="BackboneKind.Lstm"/> or <see cref="BackboneKind.Gru"/>.</param>
    /// <param name="stepLength">Values d of a step.</param>
    /// <param name="maxSteps">Most steps of a sequence; parameters do not depend on it.</param>
    /// <param name="width">Cells or units h.</param>
    /// <param name="layout">What its parameters are declared in.</param>
    public RecurrentBackbone(BackboneKind kind, int stepLength, int maxSteps, int width, ParameterLayout layout)
    {
        _lstm = kind == BackboneKind.Lstm || (kind == BackboneKind.Gru ? false : throw new ArgumentOutOfRangeException(nameof(kind), kind, "It is not recurrent."));
        (_stepLength, _maxSteps, Width) = (stepLength, maxSteps, width);
        var name = BackboneRules.Word(kind);
        _input = layout.Declare($"{name}.input", ParameterRole.Weight, Blocks * width, stepLength);
        _recurrence = layout.Declare($"{name}.recurrence", ParameterRole.Weight, Blocks * width, width);
        _bias = layout.Declare($"{name}.bias", ParameterRole.Bias, Blocks * width);
        _candidateBias = _lstm ? null : layout.Declare($"{name}.candidate_bias", ParameterRole.Bias, width);
    }

    public override int Width { get; }

    public override long ValuesPerItem => checked((long)_maxSteps * ((KeptPerStep * Width) + _stepLength));

    private int Blocks => _lstm ? 4 : 3;

    /// <summary>Width of a capacity.</summary>
    public static int WidthOf(BackboneCapacity capacity) => capacity switch
    {
        BackboneCapacity.S => 16,
        BackboneCapacity.M => 64,
        _ => 256,
    };

    public override void Initialise(ParameterSet parameters, Generator generator)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        DrawWithin(Width, generator, parameters[_input], parameters[_recurrence], parameters[_bias]);
        if (_candidateBias is { } candidate)
        {
            DrawWithin(Width, generator, parameters[candidate]);
        }
        else
        {
            parameters[_bias].narrow(0, 2 * Width, Width).copy_(ones(Width, dtype: parameters.Flat.dtype));
        }
    }

    /// <summary>
    /// Chrono initialisation (Tallec, Ollivier: Can recurrent neural networks warp time? ICLR 2018, section 3): a unit that keeps a share of
    /// τ − 1 in τ of its state at each step remembers for about τ steps. An LSTM's forget bias is ln(τ − 1) and its input bias minus that; a GRU's update bias
    /// is ln(τ − 1). τ is drawn uniformly from 2 to the longest time, unit by unit.
    /// </summary>
    public override void Remember(ParameterSet parameters, int steps, Generator generator)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var bias = parameters[_bias];
        var keep = empty(Width, dtype: bias.dtype).uniform_(1, Math.Max(2, steps - 1), generator).log_();
        bias.narrow(0, _lstm ? 2 * Width : 0, Width).copy_(keep);
        if (_lstm)
        {
            bias.narrow(0, 0, Width).copy_(keep.neg());
        }
    }

    public override Tensor Forward(Tensor features, ParameterSet parameters, Dropout? dropout)
    {
        var count = checked((int)features.shape[0]);
        var lengths = Lengths(features);
        var steps = lengths.Length == 0 ? 0 : (int)lengths.Max();
        var zero = zeros(count, Width, dtype: features.dtype);
        if (steps == 0)
        {
            return zero;
        }

        // All steps' inputs in one product [T, N, blocks · h].
        var values = features.narrow(1, 1, (long)steps * _stepLength).reshape(count, steps, _stepLength).transpose(0, 1).reshape(-1, _stepLength);
        var inputs = addmm(parameters[_bias], values, parameters[_input].t(), 1, 1).view(steps, count, -1).unbind(0);
        var outputs = new Tensor[steps + 1];
        outputs[0] = zero;
        if (_lstm)
        {
            RunLstm(inputs, parameters[_recurrence].t(), outputs);
        }
        else
        {
            RunGru(inputs, parameters[_recurrence].t(), parameters[_candidateBias!.Value], outputs);
        }

        // Output t of item n is row t · N + n.
        var last = new long[count];
        for (var n = 0; n < count; n++)
        {
            last[n] = (lengths[n] * count) + n;
        }

        var z = cat(outputs, 0).index_select(0, tensor(last));
        return dropout?.Apply(z) ?? z;
    }

    public override string AppendTo(GraphBuilder graph, string input, ParameterSet parameters)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var name = _lstm ? "lstm" : "gru";
        var lengths = graph.SequenceLengths($"{name}.lengths", input, _maxSteps);
        var flat = graph.Columns($"{name}.flat", input, 1, 1 + (_maxSteps * _stepLength));
        var items = graph.Node("Reshape", $"{name}.items", [flat, graph.Integers($"{name}.items.shape", -1, _maxSteps, _stepLength)]);
        var steps = graph.Transpose($"{name}.steps", items, 1, 0, 2);
        var direction = graph.Integers($"{name}.direction", 0);
        var weight = graph.Node("Unsqueeze", $"{name}.input.all", [graph.Weight($"{name}.input", parameters[_input]), direction]);
        var recurrence = graph.Node("Unsqueeze", $"{name}.recurrence.all", [graph.Weight($"{name}.recurrence", parameters[_recurrence]), direction]);
        var hidden = zeros(Blocks * Width);
        if (_candidateBias is { } candidate)
        {
            hidden.narrow(0, 2 * Width, Width).copy_(parameters[candidate]);
        }

        var bias = graph.Constant($"{name}.bias", cat([parameters[_bias], hidden], 0).unsqueeze(0));
        var last = graph.Recurrent(_lstm ? "LSTM" : "GRU", $"{name}.last", [steps, weight, recurrence, bias, lengths], Width);
        return graph.Node("Squeeze", name, [last, direction]);
    }

    private void RunLstm(Tensor[] inputs, Tensor recurrence, Tensor[] outputs)
    {
        var cell = outputs[0];
        for (var t = 0; t < inputs.Length; t++)
        {
            var sums = addmm(inputs[t], outputs[t], recurrence, 1, 1);
            var gates = sums.narrow(1, 0, 3 * Width).sigmoid();
            var candidate = sums.narrow(1, 3 * Width, Width).tanh();
            cell = gates.narrow(1, 2 * Width, Width).mul(cell).Plus(gates.narrow(1, 0, Width).mul(candidate));
            outputs[t + 1] = gates.narrow(1, Width, Width).mul(cell.tanh());
        }
    }

    private void RunGru(Tensor[] inputs, Tensor recurrence, Tensor candidateBias, Tensor[] outputs)
    {
        var gateRecurrence = recurrence.narrow(1, 0, 2 * Width);
        var candidateRecurrence = recurrence.narrow(1, 2 * Width, Width);
        for (var t = 0; t < inputs.Length; t++)
        {
            var gates = addmm(inputs[t].narrow(1, 0, 2 * Width), outputs[t], gateRecurrence, 1, 1).sigmoid();
            var remembered = addmm(candidateBias, outputs[t], candidateRecurrence, 1, 1);
            var candidate = inputs[t].narrow(1, 2 * Width, Width).Plus(gates.narrow(1, Width, Width).mul(remembered)).tanh();
            // (1 − u) g + u h = g + u (h − g).
            outputs[t + 1] = candidate.Plus(gates.narrow(1, 0, Width).mul(outputs[t].sub(candidate)));
        }
    }

    private long[] Lengths(Tensor features)
    {
        using var column = features.narrow(1, 0, 1).to(ScalarType.Float64).contiguous();
        return Array.ConvertAll(column.data<double>().ToArray(), length => (long)Math.Clamp(length, 0, _maxSteps));
    }
}
