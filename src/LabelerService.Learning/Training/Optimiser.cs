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
    public void Step(ParameterSet parameters, ParameterSet mean)
    {
        if (options.L1 != 0 || options.L2 != 0)
        {
            using var scope = NewDisposeScope();
            using var noGrad = no_grad();
            Penalties.AddNormsGradient(
                parameters.Flat.narrow(0, 0, parameters.WeightLength), parameters.Gradient!.narrow(0, 0, parameters.WeightLength),
                options.L1, options.L2);
        }

        _dense.Step(parameters.Values[.._denseLength], parameters.Gradients[.._denseLength], mean.Values[.._denseLength]);
        _rows?.Step(parameters.TouchedRows, parameters.Values, parameters.Gradients, mean.Values);
    }

    /// <summary>Brings the running mean of rows that have rested up to date.</summary>
    public void CatchUp(ParameterSet parameters, ParameterSet mean) => _rows?.CatchUp(parameters.Values, mean.Values);

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
