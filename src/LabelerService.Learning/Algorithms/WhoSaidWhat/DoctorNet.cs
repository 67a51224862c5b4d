using LabelerService.Core.Metrics;
using LabelerService.Core.Training;
using LabelerService.Learning.Averaging;
using LabelerService.Learning.Ensembles;
using LabelerService.Learning.Heads;
using LabelerService.Learning.Losses;
using LabelerService.Learning.Training;

namespace LabelerService.Learning.Algorithms.WhoSaidWhat;

/// <summary>
/// The doctor net and its weighted forms: a head per labeler on a shared backbone, then, with backbone and heads frozen, the weights that
/// average them (Who Said What, section 3). The last head is the shared one, which labelers' heads are shrunk towards.
/// </summary>
/// <param name="weights">What the weights depend on; null for the plain mean of the labelers' heads.</param>
internal sealed class DoctorNet(AveragingShape? weights) : ILearningAlgorithm
{
    public TrainedEnsemble Train(LearningTask task)
    {
        var settings = task.Settings;
        var assignment = HeadAssignment.WithShared(task.Snapshot, task.Set, settings.MinAnnotations);
        var annotated = AnnotatedItems.WithHeads(task.Set, assignment);
        var network = new Network(settings, task.Snapshot.Encoding, assignment.Count, task.Classes);
        var learns = weights is not null && settings.Averaging == AveragingKind.Learned;
        using var mean = PlainMean(assignment.Count, settings.Mixing);
        var parameters = NetworkFit.Fit(
            task, network, annotated, new AnnotationNetworkLoss(network, annotated, settings.Shrinkage),
            candidate => Validation.Score(
                task.Snapshot, task.Set,
                rows => new EnsembleRunner(HeadEnsemble.Borrowing(network, candidate, mean), task.Features).Predict(rows), assignment.Count),
            task.Run.Start is { } start ? values => start.Apply(network, values, assignment) : null,
            laterEpochs: learns ? settings.AveragingEpochs : 0);
        try
        {
            IReadOnlyList<Interval>? intervals = null;
            HeadAveraging averaging;
            if (learns)
            {
                (averaging, intervals) = WeightFit.Fit(task, network, parameters, assignment, weights!.Value);
            }
            else
            {
                averaging = weights is null ? PlainMean(assignment.Count, settings.Mixing) : ByLabelCount(annotated, assignment.Count, settings.Mixing);
            }

            return new TrainedEnsemble(new HeadEnsemble(network, parameters, averaging), assignment, WeightIntervals: intervals,
                Weights: NetworkWeights.ToBytes(network, parameters, assignment));
        }
        catch
        {
            parameters.Dispose();
            throw;
        }
    }

    // The paper's mean of the labelers' heads; the shared head speaks only where nobody else does.
    private static FixedWeights PlainMean(int heads, Mixing mixing) =>
        FixedWeights.Proportional([.. Enumerable.Range(0, heads).Select(head => heads == 1 || head < heads - 1 ? 1.0 : 0)], mixing);

    // The shared head stands for the labels of those without a head.
    private static FixedWeights ByLabelCount(AnnotatedItems annotated, int heads, Mixing mixing)
    {
        var counts = new double[heads];
        foreach (var head in annotated.Heads)
        {
            counts[head]++;
        }

        return FixedWeights.Proportional(counts, mixing);
    }
}
