using LabelerService.Learning.Averaging;
using LabelerService.Learning.Ensembles;
using LabelerService.Learning.Heads;
using LabelerService.Learning.Losses;
using LabelerService.Learning.Training;

namespace LabelerService.Learning.Algorithms.WhoSaidWhat;

/// <summary>
/// The doctor net and its weighted forms: a head per labeler on a shared backbone, then, with backbone and heads frozen, the weights that
/// average them (Who Said What, section 3).
/// </summary>
internal sealed class DoctorNet(bool learnsWeights) : ILearningAlgorithm
{
    public TrainedEnsemble Train(LearningTask task)
    {
        var settings = task.Settings;
        var assignment = HeadAssignment.PerLabeler(task.Snapshot, task.Set, settings.MinAnnotations);
        var network = new Network(settings, task.FeatureLength, assignment.Count, task.Classes);
        using var equal = FixedWeights.Equal(assignment.Count);
        var parameters = NetworkFit.Fit(
            task, network, AnnotatedItems.WithHeads(task.Set, assignment), new AnnotationNetworkLoss(network),
            candidate => Validation.Score(
                task.Snapshot, task.Set,
                rows => new EnsembleRunner(HeadEnsemble.Borrowing(network, candidate, equal), task.Features).Predict(rows)),
            laterEpochs: learnsWeights ? settings.AveragingEpochs : 0);
        try
        {
            var averaging = learnsWeights ? WeightFit.Fit(task, network, parameters, assignment) : FixedWeights.Equal(assignment.Count);
            return new TrainedEnsemble(new HeadEnsemble(network, parameters, averaging), assignment);
        }
        catch
        {
            parameters.Dispose();
            throw;
        }
    }
}
