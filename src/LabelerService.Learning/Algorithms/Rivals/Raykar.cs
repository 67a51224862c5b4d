namespace LabelerService.Learning.Algorithms.Rivals;

/// <summary>
/// Joint EM of a classifier and each labeler's confusion (Raykar et al.: Learning From Crowds, JMLR 11, 2010; the K-class form of section
/// 3), with a net where the paper has logistic regression. Confusions have a Dirichlet prior, as the paper's have a Beta prior. The net is
/// fitted to the mean labels for a tenth of epochs; from then on every pass over the items is a round. (A full M-step in every round lets
/// a net learn the first posterior by heart, which then confirms itself: LabelMe 82.9 % and consensus 80.0 % against 86.0 % and 85.1 %.)
/// </summary>
internal sealed class Raykar : ILearningAlgorithm
{
    public TrainedEnsemble Train(LearningTask task)
    {
        var first = Math.Max(1, task.Settings.Epochs / 10);
        return JointEm.Train(
            task, LabelerModel.Heads(task), LabelerModel.Shrunken(task.Settings),
            [first, .. Enumerable.Repeat(1, task.Settings.Epochs - first)]);
    }
}
