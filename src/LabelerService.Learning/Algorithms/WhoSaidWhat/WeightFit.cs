using LabelerService.Core.Aggregation;
using LabelerService.Core.Annotations;
using LabelerService.Core.Metrics;
using LabelerService.Core.Training;
using LabelerService.Learning.Averaging;
using LabelerService.Learning.Heads;
using LabelerService.Learning.Numerics;
using LabelerService.Learning.Training;
using static TorchSharp.torch;

namespace LabelerService.Learning.Algorithms.WhoSaidWhat;

/// <summary>The second phase of the weighted nets.</summary>
internal static class WeightFit
{
    // A unit that hardly varies is left at its scale.
    private const double SmallestDeviation = 1e-6;

    /// <summary>Learns the averaging weights of a frozen net, and how sure they are.</summary>
    public static (HeadAveraging Averaging, IReadOnlyList<Interval>? Intervals) Fit(
        LearningTask task, Network network, ParameterSet frozen, HeadAssignment assignment, AveragingShape shape)
    {
        var settings = task.Settings;
        using var scope = NewDisposeScope();
        var form = new AveragingForm(shape, assignment.Count, network.Heads.Width, settings.Bottleneck);
        var items = AveragingItems.Training(task.Set, assignment, Targets(task));
        using var values = new HeadValues(network, frozen, task.Features, items.Rows, settings.Mixing);
        var (centre, scale) = Standardisation(values.Representation);
        var standardised = form.ByItem ? values.Representation.sub(centre).mul_(scale) : values.Representation.alias();
        using var validation = new WeightValidation(task, network, frozen, assignment, form, centre, scale);
        using var generator = task.Streams.Native(RandomStream.AveragingInitialisation);
        using var parameters = form.Start(generator);
        if (assignment.Count == 1)
        {
            return (form.Averaging(parameters, centre, scale, settings.Mixing), null);
        }

        // Equal weights are a candidate too: weights that do worse on validation data than none are not worth having.
        using var problem = new AveragingProblem(
            form, items, values, standardised, settings, [.. Enumerable.Range(0, items.Count)],
            task.Streams.Managed(RandomStream.AveragingOrder), validation.Score);
        var options = new FitOptions(
            settings.AveragingEpochs, settings.AveragingLearningRate, settings.AveragingL1, settings.AveragingL2, settings.PolyakDecay,
            settings.Patience, settings.Selection, InitialCounts: true);
        var epochs = new FitLoop(task.Run, task.Run.Progress, laterEpochs: 0).Run(problem, parameters, options);
        var intervals = epochs == 0
            ? null
            : new WeightResampling(task, form, items, values, standardised)
                .Intervals(form.MeanWeights(parameters, standardised), options with { Epochs = epochs });
        return (form.Averaging(parameters, centre, scale, settings.Mixing), intervals);
    }

    private static float[] Targets(LearningTask task)
    {
        if (task.Settings.AveragingTarget != AveragingTarget.Posterior)
        {
            return task.Set.Targets(LabelTarget.Mean, task.Classes);
        }

        var set = task.Set;
        var items = new int[set.AnnotationCount];
        for (var i = 0; i < set.Items.Length; i++)
        {
            Array.Fill(items, i, set.Offsets[i], set.Offsets[i + 1] - set.Offsets[i]);
        }

        var table = new AnnotationTable(
            set.Items.Length, task.Snapshot.LabelerIds.Length, task.Classes, items, set.Labelers, set.Classes);
        return ConfusionEm.Fit(table, cancellationToken: task.Run.Cancel).PosteriorsSingle();
    }

    private static (Tensor Centre, Tensor Scale) Standardisation(Tensor representation)
    {
        using var noGrad = no_grad();
        var centre = representation.mean([0]);
        var deviation = representation.sub(centre).Squared().mean([0]).sqrt();
        return (centre, where(deviation.Above(SmallestDeviation), deviation.reciprocal(), ones_like(deviation)));
    }
}
