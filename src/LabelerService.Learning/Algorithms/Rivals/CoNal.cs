using LabelerService.Learning.Features;
using LabelerService.Learning.Numerics;
using LabelerService.Learning.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace LabelerService.Learning.Algorithms.Rivals;

/// <summary>
/// CoNAL (Chu, Ma, Wang: Learning from Crowds by Modeling Common Confusions, AAAI 2021): an answer comes from noise common to all labelers
/// or from the labeler's own, softmax(ω W p + (1 − ω) W_r p) with p the classifier's distribution and both kinds of matrices the identity
/// at first. The share of common noise ω_nr = sigmoid(u_n · v_r) is given by an auxiliary net: u_n = U x_n and v_r, one for each labeler,
/// both of length one (20 units; the paper's two linear layers to u_n are one linear map; of a sequence x_n is its summary). The loss is the cross-entropy over the
/// annotations less λ Σ_r ‖W − W_r‖, λ = difference_weight: own noise is to differ from common noise.
/// <para>
/// Predicts with p. The labelers that are served have the confusion of their mean ω over the items they labelled, row k the answer where
/// the classifier is sure of class k.
/// </para>
/// </summary>
internal sealed class CoNal : ILearningAlgorithm
{
    private const int EmbeddingLength = 20;
    private const double SmallestNorm = 1e-6;

    public TrainedEnsemble Train(LearningTask task)
    {
        var assignment = LabelerModel.Heads(task);
        var network = new Network(task.Settings, task.Snapshot.Encoding, 1, task.Classes);
        var (labelers, classes) = ((long)assignment.Count, (long)task.Classes);
        var sequences = SequenceRows.Of(task.Snapshot.Encoding);
        var model = new Model(
            network.Layout.Declare("noise.common", ParameterRole.Bias, 1, classes, classes),
            network.Layout.Declare("noise.own", ParameterRole.Bias, labelers, classes, classes),
            network.Layout.Declare("mixing.items", ParameterRole.Weight, EmbeddingLength, sequences is null ? task.FeatureLength : SequenceSummary.Length(sequences)),
            network.Layout.Declare("mixing.labelers", ParameterRole.Bias, labelers, EmbeddingLength),
            task.Settings.ConfusionLearningRate / task.Settings.LearningRate, task.Settings.DifferenceWeight, sequences);
        return AnswerNet.Fit(
            task, network, assignment, new Loss(network, model), parameters => Initialise(task, model, parameters),
            parameters => Confusions(task, AnnotatedItems.WithHeads(task.Set, assignment), model, parameters));
    }

    /// <summary>−Σ_a ln softmax(ω_a W p + (1 − ω_a) W_r p)[y_a].</summary>
    /// <param name="itemProbabilities">p of each annotation's item [A, K].</param>
    /// <param name="common">W [K, K].</param>
    /// <param name="own">W_r of each annotation's labeler [A, K, K].</param>
    /// <param name="shares">ω [A].</param>
    /// <param name="labels">Class named, int64 [A].</param>
    public static Tensor Sum(Tensor itemProbabilities, Tensor common, Tensor own, Tensor shares, Tensor labels)
    {
        var ownLogits = own.bmm(itemProbabilities.unsqueeze(2)).squeeze(2);
        var logits = ownLogits.Plus(shares.unsqueeze(1).mul(itemProbabilities.mm(common.t()).sub(ownLogits)));
        return logits.log_softmax(1).gather(1, labels.unsqueeze(1)).sum().neg();
    }

    /// <summary>Σ_r ‖W − W_r‖, smooth where they are equal.</summary>
    /// <param name="common">W [1, K, K].</param>
    /// <param name="own">W_r [R, K, K].</param>
    public static Tensor Difference(Tensor common, Tensor own) =>
        own.sub(common).Squared().sum([1, 2]).Plus(SmallestNorm * SmallestNorm).sqrt().sum();

    /// <summary>sigmoid(u · v) of rows u and v made as long as one [A].</summary>
    public static Tensor Shares(Tensor items, Tensor labelers) => Unit(items).mul(Unit(labelers)).sum(1).sigmoid();

    private static Tensor Unit(Tensor rows) => rows.div(rows.Squared().sum(1, keepdim: true).Plus(SmallestNorm * SmallestNorm).sqrt());

    private static void Initialise(LearningTask task, Model model, ParameterSet parameters)
    {
        using var noGrad = no_grad();
        using var generator = task.Streams.Native(RandomStream.ConfusionInitialisation);
        var bound = 1 / Math.Sqrt(parameters[model.Items].shape[1]);
        parameters[model.Items].uniform_(-bound, bound, generator);
        parameters[model.Labelers].uniform_(-1, 1, generator);
    }

    private static Tensor Confusions(LearningTask task, AnnotatedItems annotated, Model model, ParameterSet parameters)
    {
        var labelers = parameters[model.Labelers].shape[0];
        Tensor sums = zeros(labelers, 1, 1), counts = zeros(labelers, 1, 1);
        using var one = 1.0.ToScalar();
        var chunk = WorkingMemory.Rows(task.FeatureLength);
        var rows = new long[annotated.Heads.Length];
        for (var i = 0; i < annotated.Rows.Length; i++)
        {
            rows.AsSpan(annotated.Offsets[i]..annotated.Offsets[i + 1]).Fill(annotated.Rows[i]);
        }

        for (var start = 0; start < rows.Length; start += chunk)
        {
            using var scope = NewDisposeScope();
            var end = Math.Min(start + chunk, rows.Length);
            var heads = tensor(annotated.Heads[start..end].Select(head => (long)head).ToArray());
            var shares = Shares(
                model.Embed(task.Features.index_select(0, tensor(rows[start..end])), parameters),
                parameters[model.Labelers].index_select(0, heads)).view(-1, 1, 1);
            sums.index_add_(0, heads, shares, one);
            counts.index_add_(0, heads, ones_like(shares), one);
        }

        // Column k of a matrix is what is said where the classifier is sure of k.
        var own = model.Matrices(parameters[model.Own]);
        var mean = sums.div(counts.AtLeast(1));
        return own.Plus(mean.mul(model.Matrices(parameters[model.Common]).sub(own))).transpose(1, 2).softmax(2);
    }

    /// <summary>Where the parameters lie; matrices are I + s · θ.</summary>
    private sealed record Model(
        ParameterSlot Common, ParameterSlot Own, ParameterSlot Items, ParameterSlot Labelers, double Speed, double DifferenceWeight,
        SequenceRows? Sequences)
    {
        /// <summary>U x of each row of features [N, 20].</summary>
        public Tensor Embed(Tensor features, ParameterSet parameters) =>
            (Sequences is null ? features : SequenceSummary.Of(Sequences, features, Sequences.Steps(features))).mm(parameters[Items].t());

        public Tensor Matrices(Tensor offsets) => offsets.Times(Speed).Plus(eye(offsets.shape[^1]));
    }

    private sealed class Loss(Network network, Model model)
        : AnswerLoss(network, Math.Max((long)network.Heads.Classes * network.Heads.Classes, EmbeddingLength))
    {
        public override Tensor Sum(Answers answers, ParameterSet parameters)
        {
            var shares = Shares(
                model.Embed(answers.Features, parameters).index_select(0, answers.Rows),
                parameters[model.Labelers].index_select(0, answers.Labelers));
            return CoNal.Sum(
                answers.ItemProbabilities, model.Matrices(parameters[model.Common]).squeeze(0),
                model.Matrices(parameters[model.Own].index_select(0, answers.Labelers)), shares, answers.Labels);
        }

        public override void AccumulatePenalty(ParameterSet parameters)
        {
            if (model.DifferenceWeight > 0)
            {
                using var scope = NewDisposeScope();
                Difference(model.Matrices(parameters[model.Common]), model.Matrices(parameters[model.Own]))
                    .Times(-model.DifferenceWeight).backward();
            }
        }
    }
}
