using LabelerService.Learning.Algorithms;
using LabelerService.Learning.Ensembles;
using LabelerService.Learning.Heads;
using LabelerService.Learning.Numerics;
using LabelerService.Learning.Training;
using static TorchSharp.torch;

namespace LabelerService.Learning.Averaging;

/// <summary>
/// Scores averaging weights: by gold of the validation split, or by annotations held out, each predicted by those who did not label its
/// item.
/// </summary>
internal sealed class WeightValidation : IDisposable
{
    private readonly Func<ParameterSet, ValidationScore?> _score;
    private readonly HeadValues? _values;
    private readonly AveragingProblem? _heldOut;
    private readonly Tensor? _standardised;

    /// <summary>Prepares what does not depend on the weights.</summary>
    public WeightValidation(
        LearningTask task, Network network, ParameterSet frozen, HeadAssignment assignment, AveragingForm form, Tensor centre, Tensor scale)
    {
        if (task.Set.ValidationItems.Length > 0)
        {
            _score = parameters =>
            {
                using var averaging = form.Averaging(parameters, centre, scale, task.Settings.Mixing);
                return Validation.Score(
                    task.Snapshot, task.Set,
                    rows => new EnsembleRunner(HeadEnsemble.Borrowing(network, frozen, averaging), task.Features).Predict(rows),
                    assignment.Count);
            };
            return;
        }

        if (task.Set.HeldOut.Count == 0)
        {
            _score = _ => null;
            return;
        }

        var items = AveragingItems.HeldOut(task, assignment, Validation.MostItems(assignment.Count, task.Classes));
        _values = new HeadValues(network, frozen, task.Features, items.Rows, task.Settings.Mixing);
        using var scope = NewDisposeScope();
        _standardised = _values.Representation.sub(centre).mul_(scale).DetachFromDisposeScope();
        // The labels themselves are what is to be predicted, whatever weights are trained towards.
        var settings = task.Settings with { AveragingTarget = Core.Training.AveragingTarget.Mean };
        _heldOut = new AveragingProblem(
            form, items, _values, _standardised, settings, [.. Enumerable.Range(0, items.Count)], new SeededRandom(0), _ => null);
        _score = parameters => new ValidationScore(_heldOut.MeanLoss(parameters), null);
    }

    /// <summary>The score, or null where there is no validation data.</summary>
    public ValidationScore? Score(ParameterSet parameters) => _score(parameters);

    public void Dispose()
    {
        _heldOut?.Dispose();
        _standardised?.Dispose();
        _values?.Dispose();
    }
}
