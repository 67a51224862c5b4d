using LabelerService.Learning.Checkpoints;
using LabelerService.Learning.Ensembles;

namespace LabelerService.Learning.Algorithms.Consensus;

/// <summary>
/// A kind of classifier that can be fitted, fold by fold, to class distributions that change from round to round.
/// </summary>
internal interface ICrossFitClassifier : IDisposable
{
    /// <summary>Fits to the items of each fold and predicts those held out.</summary>
    /// <param name="targets">For each partition, the class distribution of each training item [n, K], row-major.</param>
    /// <param name="progress">Told after each fold; may throw to cancel.</param>
    /// <returns>For each partition, the class distribution of each training item from a classifier that did not see it [n, K].</returns>
    public double[][] FitPredict(double[][] targets, Action progress);

    /// <summary>Keeps what the next fit depends on beside its targets.</summary>
    public void Save(JournalState state);

    /// <summary>Restores it.</summary>
    /// <exception cref="InvalidDataException">It is another classifier's.</exception>
    public void Load(JournalState state);

    /// <summary>The mean of the classifiers as fitted last, one head; takes transformed features. Owned by the caller.</summary>
    /// <param name="sharpness">Power that each classifier's distribution is raised to, and renormalised, before the mean is taken.</param>
    public Ensemble Build(double sharpness);
}
