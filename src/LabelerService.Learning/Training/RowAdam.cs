using System.Numerics;
using System.Runtime.InteropServices;
using LabelerService.Learning.Checkpoints;

namespace LabelerService.Learning.Training;

/// <summary>
/// Adam and the running mean of weights for parameters of which a step uses a few rows: what a step costs follows the rows that it
/// touches, and nothing else is read or written.
/// </summary>
/// <remarks>
/// Moments move only when their row is touched, as in PyTorch's SparseAdam, but by the row's own clock: a row's n-th touch is its n-th step
/// of Adam, so that a labeler who turns up late starts as gently as everybody else did. The running mean is what it would be had it been
/// kept at every step: while a row θ rests, its mean a goes to θ + (a − θ) · Π decay, and the product over the steps missed is known from a
/// running sum of logarithms.
/// </remarks>
internal sealed class RowAdam
{
    private readonly double _learningRate;
    private readonly double _averageDecay;
    private readonly Block[] _blocks;
    private readonly int[] _touches;
    private readonly List<AdamRule> _rules = [];
    // Σ ln decay over all steps up to which each row's mean has been kept.
    private readonly double[] _keptTo;
    private double _logDecay;
    private long _steps;

    private sealed record Block(int Start, int Length, float[] Mean, float[] Square);

    /// <summary>Starts.</summary>
    /// <param name="layout">Says where the rows are: behind the dense parameters, one block after the other.</param>
    /// <param name="learningRate">Adam's step size.</param>
    /// <param name="averageDecay">Bound of the decay of the running mean; 0 where the mean is the last value.</param>
    public RowAdam(ParameterLayout layout, double learningRate, double averageDecay)
    {
        _learningRate = learningRate;
        _averageDecay = averageDecay;
        _touches = new int[layout.RowCount];
        _keptTo = new double[layout.RowCount];
        var blocks = new List<Block>();
        var start = checked((int)layout.DenseLength);
        foreach (var entry in layout.Entries.Where(entry => entry.Role == ParameterRole.Row))
        {
            var length = checked((int)entry.Length);
            blocks.Add(new Block(start, length / layout.RowCount, new float[length], new float[length]));
            start += length;
        }

        _blocks = [.. blocks];
    }

    /// <summary>Moves the touched rows one step against their gradient, takes them into the mean and clears their gradient.</summary>
    /// <param name="touched">The rows; none afterwards.</param>
    /// <param name="parameters">All parameters, flat.</param>
    /// <param name="gradient">Their gradient.</param>
    /// <param name="average">Their running mean; right for touched rows, for others after <see cref="CatchUp"/>.</param>
    public void Step(RowMarks touched, Span<float> parameters, Span<float> gradient, Span<float> average)
    {
        _steps++;
        var before = _logDecay;
        var decay = AdamRule.DecayAt(_averageDecay, _steps);
        _logDecay += decay == 0 ? 0 : Math.Log(decay);
        foreach (var row in touched.Span)
        {
            var missed = before - _keptTo[row];
            var rule = RuleOf(++_touches[row]) with { Share = (float)(1 - decay), Rest = missed == 0 ? 1 : (float)Math.Exp(missed) };
            foreach (var block in _blocks)
            {
                var within = new Range(row * block.Length, (row + 1) * block.Length);
                var at = new Range(block.Start + within.Start.Value, block.Start + within.End.Value);
                rule.Apply(parameters[at], gradient[at], average[at], block.Mean.AsSpan(within), block.Square.AsSpan(within));
            }

            _keptTo[row] = _logDecay;
        }

        touched.Clear();
    }

    // Corrections depend on the number of touches alone, and rows share them.
    private AdamRule RuleOf(int touch)
    {
        while (_rules.Count < touch)
        {
            _rules.Add(AdamRule.At(_learningRate, _rules.Count + 1, share: 0));
        }

        return _rules[touch - 1];
    }

    /// <summary>Brings the running mean of all rows up to the last step.</summary>
    public void CatchUp(ReadOnlySpan<float> parameters, Span<float> average)
    {
        for (var row = 0; row < _touches.Length; row++)
        {
            foreach (var block in _blocks)
            {
                var at = new Range(block.Start + (row * block.Length), block.Start + ((row + 1) * block.Length));
                Rest(parameters[at], average[at], _logDecay - _keptTo[row]);
            }

            _keptTo[row] = _logDecay;
        }
    }

    /// <summary>Keeps moments, clocks and what rows' means have missed.</summary>
    public void Save(JournalState state)
    {
        state.Put("rows.steps", [_steps]);
        state.Put("rows.decay", [_logDecay]);
        state.Put<int>("rows.touches", _touches.AsSpan());
        state.Put<double>("rows.kept_to", _keptTo.AsSpan());
        foreach (var (b, block) in _blocks.Index())
        {
            state.Put<float>($"rows.mean.{b}", block.Mean.AsSpan());
            state.Put<float>($"rows.square.{b}", block.Square.AsSpan());
        }
    }

    /// <summary>Restores them.</summary>
    /// <exception cref="InvalidDataException">They are of other parameters.</exception>
    public void Load(JournalState state)
    {
        state.Read("rows.steps", new Span<long>(ref _steps));
        state.Read("rows.decay", new Span<double>(ref _logDecay));
        state.Read<int>("rows.touches", _touches);
        state.Read<double>("rows.kept_to", _keptTo);
        foreach (var (b, block) in _blocks.Index())
        {
            state.Read<float>($"rows.mean.{b}", block.Mean);
            state.Read<float>($"rows.square.{b}", block.Square);
        }
    }

    // What steps without a change of the parameters do to the mean.
    private static void Rest(ReadOnlySpan<float> parameters, Span<float> average, double logDecay)
    {
        if (logDecay == 0)
        {
            return;
        }

        var factor = (float)Math.Exp(logDecay);
        var p = MemoryMarshal.Cast<float, Vector<float>>(parameters);
        var a = MemoryMarshal.Cast<float, Vector<float>>(average)[..p.Length];
        for (var i = 0; i < p.Length; i++)
        {
            a[i] = p[i] + ((a[i] - p[i]) * factor);
        }

        for (var i = p.Length * Vector<float>.Count; i < parameters.Length; i++)
        {
            average[i] = parameters[i] + ((average[i] - parameters[i]) * factor);
        }
    }
}
