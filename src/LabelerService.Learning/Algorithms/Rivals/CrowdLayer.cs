using LabelerService.Learning.Numerics;
using LabelerService.Learning.Training;
using static TorchSharp.torch;

namespace LabelerService.Learning.Algorithms.Rivals;

/// <summary>
/// CrowdLayer, variant MW (Rodrigues, Pereira: Deep Learning from Crowds, AAAI 2018): on the classifier's distribution p a matrix W_r for
/// each labeler, the identity at first; labeler r's answer is softmax(W_r p), and its cross-entropy is taken over the annotations that
/// exist. Predicts with p. The labelers that are served have the confusion Θ_r(·|k) = softmax(W_r e_k): their answer exactly where the
/// classifier is sure of a class, a mixture of such answers elsewhere.
/// </summary>
internal sealed class CrowdLayer : ILearningAlgorithm
{
    public TrainedEnsemble Train(LearningTask task)
    {
        var assignment = LabelerModel.Heads(task);
        var network = new Network(task.Settings, task.Snapshot.Encoding, 1, task.Classes);
        var matrices = network.Layout.Declare("labelers", ParameterRole.Bias, assignment.Count, task.Classes, task.Classes);
        // Adam's steps do not depend on a gradient's scale: W = I + s · θ moves at s times the net's learning rate.
        var speed = task.Settings.ConfusionLearningRate / task.Settings.LearningRate;
        return AnswerNet.Fit(
            task, network, assignment, new Loss(network, matrices, speed), initialise: null,
            parameters => Matrices(parameters[matrices], speed).transpose(1, 2).softmax(2));
    }

    /// <summary>−Σ_a ln softmax(W_r(a) p_n(a))[y_a].</summary>
    /// <param name="itemProbabilities">p of each annotation's item [A, K].</param>
    /// <param name="matrices">W of each annotation's labeler [A, K, K].</param>
    /// <param name="labels">Class named, int64 [A].</param>
    public static Tensor Sum(Tensor itemProbabilities, Tensor matrices, Tensor labels) =>
        matrices.bmm(itemProbabilities.unsqueeze(2)).squeeze(2).log_softmax(1).gather(1, labels.unsqueeze(1)).sum().neg();

    /// <summary>I + s · θ.</summary>
    private static Tensor Matrices(Tensor offsets, double speed) => offsets.Times(speed).Plus(eye(offsets.shape[^1]));

    private sealed class Loss(Network network, ParameterSlot matrices, double speed)
        : AnswerLoss(network, (long)network.Heads.Classes * network.Heads.Classes)
    {
        public override Tensor Sum(Answers answers, ParameterSet parameters) => CrowdLayer.Sum(
            answers.ItemProbabilities, Matrices(parameters[matrices].index_select(0, answers.Labelers), speed), answers.Labels);
    }
}
