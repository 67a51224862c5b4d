namespace LabelerService.Learning.Algorithms.Rivals;

/// <summary>
/// Joint EM of a classifier and each labeler's confusion (Raykar et al.: Learning From Crowds, JMLR 11, 2010; the K-class form of section
/// 3), with a net where the paper has logistic regression. The M-step of the classifier is a full one: the first round fits for all of
/// epochs, every later round for a third of them from where the net was. Confusions have a Dirichlet prior whose mean is the common
/// confusion, as the paper's have a Beta prior.
/// </summary>
internal sealed class Raykar : ILearningAlgorithm
{
    public TrainedEnsemble Train(LearningTask task)
    {
        var settings = task.Settings;
        return JointEm.Train(
            task, LabelerModel.Heads(task), LabelerModel.Shrunken(settings),
            [settings.Epochs, .. Enumerable.Repeat(Math.Max(1, settings.Epochs / 3), settings.EmRounds - 1)]);
    }
}
