using LabelerService.Learning.Numerics;
using LabelerService.Learning.Training;
using static TorchSharp.torch;

namespace LabelerService.Learning.Algorithms.Rivals;

/// <summary>
/// Confusions regularised by their trace (Tanno et al.: Learning From Noisy Labels By Regularized Estimation Of Annotator Confusion, CVPR
/// 2019): labeler r names y with probability Σ_k p(k|x) Θ_r(y|k), and the loss is −Σ ln of that over the annotations plus
/// λ · mean_r tr Θ_r per batch, λ = trace_weight ≥ 0. The sign makes the trace small: among all pairs of classifier and confusions that
/// explain the labels equally well, the true one has the smallest trace (theorem 1), so errors go to the labelers and not the classifier.
/// Rows of Θ are softmaxes of parameters that start at 0.95 on the diagonal (the paper's own code normalises softplus instead).
/// </summary>
internal sealed class TraceNorm : ILearningAlgorithm
{
    private const double InitialDiagonal = 0.95;
    private const double SmallestProbability = 1e-8;

    public TrainedEnsemble Train(LearningTask task)
    {
        var assignment = LabelerModel.Heads(task);
        var network = new Network(task.Settings, task.Snapshot.Encoding, 1, task.Classes);
        var offsets = network.Layout.Declare("labelers", ParameterRole.Bias, assignment.Count, task.Classes, task.Classes);
        // As in CrowdLayer: the confusions' learning rate is a factor.
        var speed = task.Settings.ConfusionLearningRate / task.Settings.LearningRate;
        return AnswerNet.Fit(
            task, network, assignment, new Loss(network, offsets, speed, task.Settings.TraceWeight), initialise: null,
            parameters => Confusions(parameters[offsets], speed));
    }

    /// <summary>−Σ_a ln Σ_k p_n(a)[k] Θ_r(a)(y_a|k).</summary>
    /// <param name="itemProbabilities">p of each annotation's item [A, K].</param>
    /// <param name="confusions">Θ of each annotation's labeler [A, K, K], rows true classes.</param>
    /// <param name="labels">Class named, int64 [A].</param>
    /// <param name="weights">What each annotation counts [A]; null for one.</param>
    public static Tensor Sum(Tensor itemProbabilities, Tensor confusions, Tensor labels, Tensor? weights = null)
    {
        var answers = itemProbabilities.unsqueeze(1).bmm(confusions).squeeze(1);
        var logs = answers.gather(1, labels.unsqueeze(1)).squeeze(1).Plus(SmallestProbability).log();
        return (weights is null ? logs : logs.mul(weights)).sum().neg();
    }

    /// <summary>Mean over labelers of tr Θ_r.</summary>
    /// <param name="confusions">[R, K, K].</param>
    public static Tensor MeanTrace(Tensor confusions) => confusions.diagonal(0, 1, 2).sum().Times(1.0 / confusions.shape[0]);

    /// <summary>Θ of parameters that are zero at first.</summary>
    /// <param name="offsets">θ [R, K, K].</param>
    /// <param name="speed">What the parameters are multiplied by.</param>
    public static Tensor Confusions(Tensor offsets, double speed)
    {
        var classes = offsets.shape[^1];
        var diagonal = Math.Log(InitialDiagonal * Math.Max(classes - 1, 1) / (1 - InitialDiagonal));
        return offsets.Times(speed).Plus(eye(classes, dtype: offsets.dtype).Times(diagonal)).softmax(2);
    }

    private sealed class Loss(Network network, ParameterSlot offsets, double speed, double traceWeight)
        : AnswerLoss(network, (long)network.Heads.Classes * network.Heads.Classes)
    {
        public override Tensor Sum(Answers answers, ParameterSet parameters) => TraceNorm.Sum(
            answers.ItemProbabilities, Confusions(parameters[offsets].index_select(0, answers.Labelers), speed), answers.Labels);

        public override void AccumulatePenalty(ParameterSet parameters)
        {
            if (traceWeight > 0)
            {
                using var scope = NewDisposeScope();
                MeanTrace(Confusions(parameters[offsets], speed)).Times(traceWeight).backward();
            }
        }
    }
}
