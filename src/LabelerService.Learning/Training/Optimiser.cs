using LabelerService.Learning.Checkpoints;
using LabelerService.Learning.Losses;
using static TorchSharp.torch;

namespace LabelerService.Learning.Training;

/// <summary>Penalties, Adam and the running mean of weights over all parameters of a set: dense ones at every step, rows when touched.</summary>
internal sealed class Optimiser(ParameterLayout layout, FitOptions options)
{
    private readonly AveragedAdam _dense = new(checked((int)layout.DenseLength), options.LearningRate, options.PolyakDecay);
    private readonly RowAdam? _rows = layout.RowCount == 0 ? null : new RowAdam(layout, options.LearningRate, options.PolyakDecay);
    private readonly int _denseLength = checked((int)layout.DenseLength);

    /// <summary>Moves the parameters one step against their gradient and clears it.</summary>
    /// <param name="parameters">Values to move.</param>
    /// <param name="mean">Their running mean.</param>
    /// <param name="at">What the gradient was taken at: the parameters themselves, or their deployed values.</param>
    public void Step(ParameterSet parameters, ParameterSet mean, ParameterSet at)
    {
        if (options.L1 != 0 || options.L2 != 0)
        {
            AddPenalties(at);
        }

        parameters.ClearFrozen();
        _dense.Step(parameters.Values[.._denseLength], parameters.Gradients[.._denseLength], mean.Values[.._denseLength]);
        _rows?.Step(parameters.TouchedRows, parameters.Values, parameters.Gradients, mean.Values);
    }

    /// <summary>Brings the running mean of rows that have rested up to date.</summary>
    public void CatchUp(ParameterSet parameters, ParameterSet mean) => _rows?.CatchUp(parameters.Values, mean.Values);

    private void AddPenalties(ParameterSet at)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        foreach (var (i, entry) in layout.Entries.Index())
        {
            if (entry.Role == ParameterRole.Weight)
            {
                var slot = new ParameterSlot(i);
                Penalties.AddNormsGradient(at[slot].detach(), at.GradientOf(slot), options.L1, options.L2);
            }
        }
    }

    /// <summary>Keeps the moments.</summary>
    public void Save(JournalState state)
    {
        _dense.Save(state);
        _rows?.Save(state);
    }

    /// <summary>Restores them.</summary>
    /// <exception cref="InvalidDataException">They are of other parameters.</exception>
    public void Load(JournalState state)
    {
        _dense.Load(state);
        _rows?.Load(state);
    }
}
