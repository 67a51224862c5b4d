using LabelerService.Core.Training;
using LabelerService.Learning.Numerics;
using LabelerService.Learning.Onnx;
using static TorchSharp.torch;

namespace LabelerService.Learning.Ensembles;

/// <summary>
/// A classifier of the true class with a confusion matrix per labeler: labeler r names class y with probability Σ_k p(k|x) Θ_r(y|k). The
/// ensemble's answer is the classifier's; weights tell how much a labeler's answer says about the true class.
/// </summary>
internal sealed class ConfusionEnsemble : Ensemble
{
    // Below this much information, in nats, shares would be noise.
    private const double Negligible = 1e-9;
    private const double SmallestProbability = 1e-30;
    private readonly Ensemble _classifier;
    private readonly Tensor _confusions;
    private readonly Tensor _weights;

    /// <summary>Puts the two together.</summary>
    /// <param name="classifier">The classifier; owned. Only its class distributions are used.</param>
    /// <param name="confusions">Θ [R, K, K]: rows are true classes, columns answers.</param>
    /// <param name="classPrior">How common each true class is [K]; decides the weights.</param>
    /// <param name="lastIsShared">Whether the last labeler is nobody in particular: their weight is 0 if there are others.</param>
    public ConfusionEnsemble(Ensemble classifier, Tensor confusions, Tensor classPrior, bool lastIsShared = false)
    {
        _classifier = classifier;
        using var scope = NewDisposeScope();
        _confusions = confusions.detach().to(ScalarType.Float32).DetachFromDisposeScope();
        var others = confusions.shape[0] - 1;
        var shares = lastIsShared && others > 0
            ? cat([InformationShares(confusions.narrow(0, 0, others), classPrior), zeros(1, dtype: ScalarType.Float64)], 0)
            : InformationShares(confusions, classPrior);
        _weights = shares.to(ScalarType.Float32).DetachFromDisposeScope();
    }

    public override int HeadCount => (int)_confusions.shape[0];

    public override int ClassCount => (int)_confusions.shape[1];

    /// <summary>Θ [R, K, K]; borrowed.</summary>
    public Tensor Confusions => _confusions;

    public override long ValuesPerItem => Math.Max(base.ValuesPerItem, _classifier.ValuesPerItem);

    /// <summary>
    /// Each labeler's share of the mutual information between true class and answer, I = Σ_k π_k Σ_y Θ(y|k) ln (Θ(y|k) / Σ_j π_j Θ(y|j))
    /// (Cover, Thomas: Elements of Information Theory, section 2.3): nothing for spammers and constants, and as much for someone who
    /// swaps two classes reliably as for an expert. Equal shares where no answer tells anything.
    /// </summary>
    /// <param name="confusions">Θ [R, K, K].</param>
    /// <param name="classPrior">π [K].</param>
    /// <returns>[R], summing to one.</returns>
    public static Tensor InformationShares(Tensor confusions, Tensor classPrior)
    {
        using var noGrad = no_grad();
        var theta = confusions.detach().to(ScalarType.Float64);
        var prior = classPrior.detach().to(ScalarType.Float64).view(1, -1, 1);
        var answers = theta.mul(prior).sum(1, keepdim: true);
        var information = theta.mul(theta.AtLeast(SmallestProbability).log().sub(answers.AtLeast(SmallestProbability).log()))
            .mul(prior).sum([1, 2]).AtLeast(0);
        var total = information.sum();
        var heads = confusions.shape[0];
        return total.Value() > Negligible * heads ? information.div(total) : ones_like(information).Times(1.0 / heads);
    }

    public override EnsembleOutput Forward(Tensor features)
    {
        using var noGrad = no_grad();
        var probabilities = _classifier.Classify(features);
        var (items, heads, classes) = (probabilities.shape[0], HeadCount, ClassCount);
        // [B, K] · [K, R·K] in one product.
        var flat = _confusions.transpose(0, 1).reshape(classes, (long)heads * classes);
        return new EnsembleOutput(
            probabilities, probabilities.matmul(flat).view(items, heads, classes), _weights.expand(items, heads));
    }

    public override Tensor Classify(Tensor features) => _classifier.Classify(features);

    public override EnsembleNodes AppendTo(GraphBuilder graph, string features)
    {
        string probabilities;
        using (graph.Within("classifier/"))
        {
            probabilities = _classifier.AppendTo(graph, features).Probabilities;
        }

        using var scope = NewDisposeScope();
        var flat = _confusions.transpose(0, 1).reshape(ClassCount, (long)HeadCount * ClassCount);
        var answers = graph.Node("MatMul", "confusions.flat", [probabilities, graph.Constant("confusions", flat)]);
        var each = graph.Node("Reshape", "confusions.answers", [answers, graph.Integers("confusions.shape", -1, HeadCount, ClassCount)]);
        using var averaging = new Averaging.FixedWeights(_weights);
        return new EnsembleNodes(probabilities, each, averaging.AppendWeights(graph, probabilities));
    }

    public override void StoreAs(ServingPrecision precision) => _classifier.StoreAs(precision);

    public override void Dispose()
    {
        _classifier.Dispose();
        _confusions.Dispose();
        _weights.Dispose();
    }
}
