using LabelerService.Core.Quantising;
using LabelerService.Core.Training;
using LabelerService.Learning.Checkpoints;
using LabelerService.Learning.Training;

namespace LabelerService.Learning.Quantising;

/// <summary>
/// Keeps the weights of backbone and heads on grids while they are trained (Li et al.: Training Quantized Nets. NIPS 2017, section 3), w
/// being what a step starts from and g the gradient, which <see cref="AdamRule"/> makes a step of:
/// R, w ← Q_d(w − αg); SR, w ← Q_s(w − αg); BC, w_r ← w_r − α g(Q_d(w_r)), kept between the ends of the grid, and Q_d(w_r) is deployed; BWN,
/// the same on grids made for the mean |w_r| of each unit, w_r kept in [−1, 1]. Biases, constants of heads, and what losses have of their
/// own stay real-valued.
/// </summary>
/// <remarks>
/// A labeler's head is W_r = W_0 + V_r, and that is what is deployed and hence what is on the grid: Q(W_0 + V_r), on the grid of W_0. Under
/// BC and BWN W_0 and V_r accumulate; under R and SR W_0 moves on the grid and V_r on its differences, so that a head remembers nothing but
/// what it deploys and how far beyond the end of the grid the shared head has taken it. All values that a loss sees, the prior of V_r and
/// penalties among them, are those deployed.
/// <para>
/// The running mean of weights is of the accumulators under BC and BWN, and its rounded value is deployed: it is on the grid, and votes as
/// the accumulators did. Under R and SR the mean of iterates is off the grid, and to keep it would be the memory that these schemes are
/// there to do without: the last iterate is deployed.
/// </para>
/// </remarks>
internal sealed class WeightQuantiser
{
    // Units below it are nothing: a step of a grid that is no normal float32 has no multiples.
    private const double SmallestSize = 1e-30;
    private readonly Quantisation _scheme;
    private readonly int _bits;
    private readonly QuantisedLayer[] _layers;
    private readonly HeadRows? _heads;
    private readonly CountedDraws _draws;
    private readonly List<int> _touched = [];
    private float[] _row = [];

    // Rows of deviations V_r from the shared head, whose layer is the last.
    private sealed record HeadRows(ParameterSlot Slot, QuantisedLayer Shared, int Length);

    private WeightQuantiser(Quantisation scheme, int bits, QuantisedLayer[] layers, HeadRows? heads, CountedDraws draws) =>
        (_scheme, _bits, _layers, _heads, _draws) = (scheme, bits, layers, heads, draws);

    /// <summary>What keeps the weights of a net as settings ask; null where they stay real-valued.</summary>
    /// <param name="settings">Scheme and bits.</param>
    /// <param name="network">The net.</param>
    /// <param name="seed">Decides the draws of stochastic rounding.</param>
    public static WeightQuantiser? Create(TrainingSettings settings, Network network, ulong seed)
    {
        if (settings.Quantisation == Quantisation.None)
        {
            return null;
        }

        var heads = network.Heads;
        var shared = Layer(heads.SharedWeight, heads.SharedPace);
        return new WeightQuantiser(
            settings.Quantisation, settings.Bits, [.. network.BackboneWeights.Select(slot => Layer(slot, 1)), shared],
            heads.DeviationWeight is { } slot ? new HeadRows(slot, shared, heads.Outputs * heads.Width) : null, new CountedDraws(seed));

        QuantisedLayer Layer(ParameterSlot slot, double pace)
        {
            var shape = network.Layout.Entries[slot.Index].Shape;
            var field = shape.Skip(2).Aggregate(1L, (product, side) => product * side);
            return new QuantisedLayer(
                slot, checked((int)(shape[1] * field)), pace,
                new WeightGrid(settings.Bits, WeightGrid.SizeOf(shape[1] * field, shape[0] * field)));
        }
    }

    /// <summary>Whether weights accumulate steps that are smaller than the grid's.</summary>
    public bool Accumulates => _scheme is Quantisation.Bc or Quantisation.Bwn;

    /// <summary>
    /// Brings start values to where training may start: between the ends of the grid, or onto it, stochastically under R too, as heads that
    /// start at zero would otherwise all be the same for ever.
    /// </summary>
    public void Start(ParameterSet parameters)
    {
        foreach (var layer in _layers)
        {
            var values = parameters.ValuesOf(layer.Slot);
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = layer.Stored(Accumulates ? Cut(layer.Grid, layer.Used(values[i])) : layer.Grid.RoundStochastically(layer.Used(values[i]), _draws.Next()));
            }
        }

        for (var row = 0; row < parameters.Layout.RowCount && _heads is not null; row++)
        {
            Settle(parameters, row);
        }
    }

    /// <summary>
    /// What a loss sees in the place of parameters: their deployed values, with their gradients. Dispose before the parameters.
    /// </summary>
    public ParameterSet Deployed(ParameterSet parameters)
    {
        var twin = parameters.Twin([.. _layers.Select(layer => layer.Slot), .. _heads is { } heads ? [heads.Slot] : (ParameterSlot[])[]]);
        parameters.TouchedRows.Touched = row =>
        {
            if (_heads is not null)
            {
                _touched.Add(row);
                DeployRow(parameters, twin, row);
            }
        };
        return twin;
    }

    /// <summary>Brings what a loss sees up to date before a batch; rows follow when they are touched.</summary>
    public void Refresh(ParameterSet parameters, ParameterSet deployed) => DeployLayers(parameters, deployed);

    /// <summary>After a step of the optimiser: weights go back onto the grid, or between its ends.</summary>
    public void EndStep(ParameterSet parameters)
    {
        foreach (var layer in _layers)
        {
            Settle(layer, parameters.ValuesOf(layer.Slot));
        }

        foreach (var row in _touched)
        {
            Settle(parameters, row);
        }

        _touched.Clear();
    }

    /// <summary>Writes the values that are deployed.</summary>
    /// <param name="parameters">Values as training has them.</param>
    /// <param name="into">Receives those deployed; may be the same.</param>
    public void Deploy(ParameterSet parameters, ParameterSet into)
    {
        if (!ReferenceEquals(parameters, into))
        {
            into.CopyFrom(parameters);
        }

        // Rows first: they are made of the shared head as training has it.
        for (var row = 0; row < parameters.Layout.RowCount && _heads is not null; row++)
        {
            DeployRow(parameters, into, row);
        }

        DeployLayers(parameters, into);
    }

    /// <summary>Keeps where stochastic rounding is.</summary>
    public void Save(JournalState state) => state.Put("rounding.draws", [_draws.Count]);

    /// <summary>Restores it.</summary>
    /// <exception cref="InvalidDataException">That is no number of draws.</exception>
    public void Load(JournalState state)
    {
        var count = 0L;
        state.Read("rounding.draws", new Span<long>(ref count));
        _draws.Count = count;
    }

    private void DeployLayers(ParameterSet from, ParameterSet into)
    {
        foreach (var layer in _layers)
        {
            var values = from.ValuesOf(layer.Slot);
            var deployed = into.ValuesOf(layer.Slot);
            for (var start = 0; start < values.Length; start += layer.Inputs)
            {
                var unit = deployed.Slice(start, layer.Inputs);
                for (var i = 0; i < unit.Length; i++)
                {
                    unit[i] = layer.Used(values[start + i]);
                }

                RoundUnit(layer, unit);
                for (var i = 0; i < unit.Length && layer.Pace != 1; i++)
                {
                    unit[i] = layer.Stored(unit[i]);
                }
            }
        }
    }

    // V_r ← Q(W_0 + V_r) − Q(W_0), whatever Q(W_0) is at the moment.
    private void DeployRow(ParameterSet from, ParameterSet into, int row)
    {
        var (heads, shared) = (_heads!, _heads!.Shared);
        var common = from.ValuesOf(shared.Slot);
        var deviation = from.ValuesOf(heads.Slot).Slice(row * heads.Length, heads.Length);
        var deployed = into.ValuesOf(heads.Slot).Slice(row * heads.Length, heads.Length);
        if (_row.Length < shared.Inputs)
        {
            _row = new float[shared.Inputs];
        }

        var unit = _row.AsSpan(0, shared.Inputs);
        for (var start = 0; start < heads.Length; start += shared.Inputs)
        {
            var own = deployed.Slice(start, shared.Inputs);
            for (var i = 0; i < unit.Length; i++)
            {
                unit[i] = shared.Used(common[start + i]);
                own[i] = unit[i] + deviation[start + i];
            }

            RoundUnit(shared, own);
            RoundUnit(shared, unit);
            for (var i = 0; i < unit.Length; i++)
            {
                own[i] -= unit[i];
            }
        }
    }

    private void RoundUnit(QuantisedLayer layer, Span<float> unit)
    {
        var grid = layer.Grid;
        if (_scheme == Quantisation.Bwn)
        {
            var sum = 0.0;
            foreach (var weight in unit)
            {
                sum += Math.Abs(weight);
            }

            if (sum <= SmallestSize * unit.Length)
            {
                // No size, no grid: the unit says nothing.
                unit.Clear();
                return;
            }

            grid = new WeightGrid(_bits, sum / unit.Length);
        }

        foreach (ref var weight in unit)
        {
            weight = grid.Round(weight);
        }
    }

    private void Settle(QuantisedLayer layer, Span<float> values)
    {
        foreach (ref var value in values)
        {
            value = layer.Stored(Settled(layer.Grid, layer.Used(value)));
        }
    }

    private void Settle(ParameterSet parameters, int row)
    {
        var (heads, shared) = (_heads!, _heads!.Shared);
        var common = parameters.ValuesOf(shared.Slot);
        var deviation = parameters.ValuesOf(heads.Slot).Slice(row * heads.Length, heads.Length);
        for (var i = 0; i < deviation.Length; i++)
        {
            var used = shared.Used(common[i]);
            deviation[i] = Settled(shared.Grid, used + deviation[i]) - used;
        }
    }

    private float Settled(WeightGrid grid, float weight) => _scheme switch
    {
        Quantisation.R => grid.Round(weight),
        Quantisation.Sr => grid.RoundStochastically(weight, _draws.Next()),
        _ => Cut(grid, weight),
    };

    private float Cut(WeightGrid grid, float weight) => _scheme == Quantisation.Bwn ? Math.Clamp(weight, -1, 1) : grid.Clip(weight);
}

/// <summary>A parameter whose weights are on a grid.</summary>
/// <param name="Slot">The parameter, [units, …].</param>
/// <param name="Inputs">Weights of a unit.</param>
/// <param name="Pace">What values are multiplied by in use: the grid is that of the products.</param>
/// <param name="Grid">The grid, unless it is made for each unit.</param>
internal sealed record QuantisedLayer(ParameterSlot Slot, int Inputs, double Pace, WeightGrid Grid)
{
    /// <summary>A weight in use, of the value that stands for it.</summary>
    public float Used(float value) => Pace == 1 ? value : (float)(value * Pace);

    /// <summary>The value that stands for a weight in use.</summary>
    public float Stored(float weight) => Pace == 1 ? weight : (float)(weight / Pace);
}

/// <summary>
/// Uniform numbers of [0, 1) that are known by their place: SplitMix64 (Steele, Lea, Flood 2014) of the seed and the number of draws, which
/// is all there is to keep.
/// </summary>
internal sealed class CountedDraws(ulong seed)
{
    /// <summary>Draws so far.</summary>
    public long Count { get; set; }

    /// <summary>The next number, a multiple of 2^−32.</summary>
    public double Next()
    {
        var z = unchecked(seed + ((ulong)++Count * 0x9E3779B97F4A7C15));
        z = unchecked((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9);
        z = unchecked((z ^ (z >> 27)) * 0x94D049BB133111EB);
        return (double)((z ^ (z >> 31)) >> 32) * (1.0 / (1L << 32));
    }
}
