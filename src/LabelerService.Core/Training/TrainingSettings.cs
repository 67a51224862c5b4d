using LabelerService.Core.Encodings;
using LabelerService.Core.Errors;

namespace LabelerService.Core.Training;

/// <summary>What happens to the features before the backbone; part of the served graph.</summary>
public enum FeatureTransform
{
    /// <summary>Features as they are.</summary>
    None,

    /// <summary>sign(x) · ln(1 + |x|): tames long tails, such as those of ReLU activations.</summary>
    Log1p,

    /// <summary>Zero mean and unit variance over the training items.</summary>
    Standardize,

    /// <summary><see cref="Log1p"/> where no feature of a training item is negative, else <see cref="None"/>.</summary>
    Auto,
}

/// <summary>What a single-headed net learns an item's label to be.</summary>
public enum LabelTarget
{
    /// <summary>The mean of the item's one-hot labels.</summary>
    Mean,

    /// <summary>The commonest label; ties share the mass evenly.</summary>
    Majority,

    /// <summary>The posterior of label-only EM over true classes and labeler confusions (Dawid and Skene 1979), confusions shrunk.</summary>
    DawidSkene,
}

/// <summary>Whose noise matrix a noise layer has.</summary>
public enum NoiseKind
{
    /// <summary>One for all labelers.</summary>
    Shared,

    /// <summary>One for each labeler.</summary>
    Labeler,
}

/// <summary>What tells classes from features in a consensus net, from the simplest to the most flexible.</summary>
public enum ConsensusClassifier
{
    /// <summary>Regularised linear discriminant analysis on the features: closed form, hard to mislead.</summary>
    Discriminant,

    /// <summary>The same on a fixed layer of random ReLU units, for classes that no plane separates.</summary>
    RandomFeatures,

    /// <summary>Ridge-penalised softmax regression, for very many features such as words.</summary>
    Logistic,

    /// <summary>The net that the settings describe, trained by gradient.</summary>
    Net,
}

/// <summary>What turns a head's outputs into a class distribution.</summary>
public enum HeadKind
{
    /// <summary>Softmax: a direction for each class.</summary>
    Softmax,

    /// <summary>Cumulative link: one direction, and thresholds between ordered classes. Binary and ordinal classes only.</summary>
    Cumulative,
}

/// <summary>How the distributions of heads are mixed by their weights.</summary>
public enum Mixing
{
    /// <summary>Σ_r w_r p_r.</summary>
    Linear,

    /// <summary>softmax of Σ_r w_r ln p_r.</summary>
    LogLinear,
}

/// <summary>Where the averaging weights of a weighted doctor net come from.</summary>
public enum AveragingKind
{
    /// <summary>Learnt with the item's own labelers left out.</summary>
    Learned,

    /// <summary>In proportion to the number of training annotations: nothing is learnt.</summary>
    LabelCount,
}

/// <summary>What averaging weights learn an item's class to be.</summary>
public enum AveragingTarget
{
    /// <summary>The mean of the item's labels.</summary>
    Mean,

    /// <summary>The mean of the item's labels by the present averaging weights of those who gave them.</summary>
    Weighted,

    /// <summary>The item's posterior by confusion EM (Dawid and Skene 1979, with confusions shrunk to a common one).</summary>
    Posterior,
}

/// <summary>What the served probabilities are calibrated to by one temperature.</summary>
public enum CalibrationTarget
{
    /// <summary>They are served as they are.</summary>
    None,

    /// <summary>Labelers' answers: consensus of items that the classifier has not seen, or annotations held out.</summary>
    Labelers,

    /// <summary>Gold of the validation split.</summary>
    Gold,
}

/// <summary>Whether something is done.</summary>
public enum Switch
{
    /// <summary>No.</summary>
    Off,

    /// <summary>Yes.</summary>
    On,
}

/// <summary>How training chooses the epoch whose weights are kept.</summary>
public enum SelectionMetric
{
    /// <summary>Mean negative log-likelihood on the validation data; lower is better.</summary>
    LogLoss,

    /// <summary>Accuracy on the validation data, ties broken by log loss. Needs gold; otherwise as <see cref="LogLoss"/>.</summary>
    Accuracy,
}

/// <summary>
/// The settings of one training run, validated, defaults filled in. Made by <see cref="Models.AlgorithmCatalogue.Validate"/>; settings
/// that the algorithm does not have are at their defaults and have no effect.
/// </summary>
public sealed record TrainingSettings
{
    /// <summary>Algorithm id: bn, dn, wdn, …</summary>
    public required string Algorithm { get; init; }

    /// <summary>Every setting of the algorithm as it takes effect, in canonical text form; recorded in the model's manifest.</summary>
    public required IReadOnlyDictionary<string, string> Effective { get; init; }

    /// <summary>Kind of backbone; <see cref="BackboneKind.Auto"/> until <see cref="For"/> has seen what the items are.</summary>
    public required BackboneKind Backbone { get; init; }

    /// <summary>How wide the backbone is.</summary>
    public required BackboneCapacity Capacity { get; init; }

    /// <summary>Widths of the hidden layers of an <see cref="BackboneKind.Mlp"/> of capacity <see cref="BackboneCapacity.M"/>.</summary>
    public required IReadOnlyList<int> HiddenSizes { get; init; }

    /// <summary>Most steps of a sequence; 0 for as many as the longest sequence of the dataset has.</summary>
    public required int MaxSteps { get; init; }

    /// <summary>
    /// Name of the backbone (<c>b</c>, <c>datasets/d/backbones/b</c>) or model version (<c>datasets/d/models/m/versions/v</c>) whose backbone
    /// this one starts from, or that extracts the features; empty for none.
    /// </summary>
    public required string Pretrained { get; init; }

    /// <summary>Whether the values taken from <see cref="Pretrained"/> are trained on.</summary>
    public required Switch FineTune { get; init; }

    /// <summary>How weights are kept on a grid while they are trained.</summary>
    public required Quantisation Quantisation { get; init; }

    /// <summary>Bits of a quantised weight; 1 for binary weights.</summary>
    public required int Bits { get; init; }

    /// <summary>How weights are stored in the serving graph.</summary>
    public required ServingPrecision Serving { get; init; }

    /// <summary>Probability that a hidden unit is dropped in training, in [0, 1).</summary>
    public required double Dropout { get; init; }

    /// <summary>What happens to the features first.</summary>
    public required FeatureTransform FeatureTransform { get; init; }

    /// <summary>Adam's step size.</summary>
    public required double LearningRate { get; init; }

    /// <summary>Most passes over the training items.</summary>
    public required int Epochs { get; init; }

    /// <summary>Items per step.</summary>
    public required int BatchSize { get; init; }

    /// <summary>λ of the penalty λ/2 · Σ w² on backbone and heads (biases excepted).</summary>
    public required double WeightDecay { get; init; }

    /// <summary>λ of the penalty λ · Σ |w| on backbone and heads (biases excepted).</summary>
    public required double L1 { get; init; }

    /// <summary>Upper bound of the decay of the running mean of weights that is evaluated and served; 0 = last weights.</summary>
    public required double PolyakDecay { get; init; }

    /// <summary>Epochs without improvement on validation data after which training stops; 0 = run all epochs and keep the last.</summary>
    public required int Patience { get; init; }

    /// <summary>How the epoch to keep is chosen.</summary>
    public required SelectionMetric Selection { get; init; }

    /// <summary>Share of the training annotations held out for validation when the validation split has neither gold nor annotations.</summary>
    public required double HeldOutShare { get; init; }

    /// <summary>Resamples of the bootstrap intervals in the manifest; 0 = no intervals.</summary>
    public required int BootstrapResamples { get; init; }

    /// <summary>What a single-headed net learns.</summary>
    public required LabelTarget Target { get; init; }

    /// <summary>What turns a head's outputs into a distribution.</summary>
    public required HeadKind Head { get; init; }

    /// <summary>Labelers with fewer training annotations train, and are served by, the shared head.</summary>
    public required int MinAnnotations { get; init; }

    /// <summary>λ of the prior N(0, 1/λ) on what sets a labeler's head apart from the shared one.</summary>
    public required double Shrinkage { get; init; }

    /// <summary>How fast the shared head learns compared with labelers' deviations, in [0, 1].</summary>
    public required double SharedPace { get; init; }

    /// <summary>How heads are mixed.</summary>
    public required Mixing Mixing { get; init; }

    /// <summary>Where averaging weights come from.</summary>
    public required AveragingKind Averaging { get; init; }

    /// <summary>What averaging weights learn an item's class to be.</summary>
    public required AveragingTarget AveragingTarget { get; init; }

    /// <summary>Width of the bottleneck in front of item-dependent averaging weights.</summary>
    public required int Bottleneck { get; init; }

    /// <summary>λ of the penalty λ/2 · Σ u² on what makes averaging weights depend on the item.</summary>
    public required double AveragingWeightDecay { get; init; }

    /// <summary>Bootstrap resamples of the averaging weights' intervals; 0 = no intervals.</summary>
    public required int WeightResamples { get; init; }

    /// <summary>Most passes over the training items when learning the averaging weights.</summary>
    public required int AveragingEpochs { get; init; }

    /// <summary>Adam's step size for the averaging logits.</summary>
    public required double AveragingLearningRate { get; init; }

    /// <summary>λ of the penalty λ · Σ |v| on the averaging logits.</summary>
    public required double AveragingL1 { get; init; }

    /// <summary>λ of the penalty λ/2 · Σ v² on the averaging logits.</summary>
    public required double AveragingL2 { get; init; }

    /// <summary>λ of the penalty λ · (ln R − H(w)) that keeps the averaging weights spread over the R labelers.</summary>
    public required double EntropyPenalty { get; init; }

    /// <summary>What tells classes from features in a consensus net.</summary>
    public required ConsensusClassifier Classifier { get; init; }

    /// <summary>Rounds of cross-fitted EM.</summary>
    public required int Rounds { get; init; }

    /// <summary>Parts of a cross-fit.</summary>
    public required int Folds { get; init; }

    /// <summary>Independent partitions that are averaged.</summary>
    public required int Repeats { get; init; }

    /// <summary>Share of the identity in the covariance of a discriminant classifier, in (0, 1].</summary>
    public required double CovarianceShrinkage { get; init; }

    /// <summary>λ of the penalty λ v/2 · Σ w² of a logistic classifier on the mean loss, v being the spread of the items.</summary>
    public required double Ridge { get; init; }

    /// <summary>Weight of features against labels, as a multiple of the weight under which the labels are likeliest.</summary>
    public required double FeatureTrust { get; init; }

    /// <summary>Units of the layer of random features.</summary>
    public required int RandomUnits { get; init; }

    /// <summary>Pseudo-annotations of the common confusion that a labeler's own counts are added to.</summary>
    public required double ConfusionShrinkage { get; init; }

    /// <summary>Pseudo-annotations of the prior of a labeler's confusion in the EMs of others, for each true class.</summary>
    public required double ConfusionPrior { get; init; }

    /// <summary>Adam's step size for confusion parameters that are learnt by gradient.</summary>
    public required double ConfusionLearningRate { get; init; }

    /// <summary>Times that labels and net are re-estimated in turn.</summary>
    public required int EmRounds { get; init; }

    /// <summary>Whose noise matrix a noise layer has.</summary>
    public required NoiseKind Noise { get; init; }

    /// <summary>λ of the penalty λ · mean_r tr Θ_r.</summary>
    public required double TraceWeight { get; init; }

    /// <summary>λ of the reward λ · Σ_r ‖W − W_r‖ for individual noise that differs from the common one.</summary>
    public required double DifferenceWeight { get; init; }

    /// <summary>α of Beta(α, α), by which pairs of annotations are mixed; 0 = no mixing.</summary>
    public required double MixupAlpha { get; init; }

    /// <summary>Outputs m that a backbone is pretrained by.</summary>
    public required int Outputs { get; init; }

    /// <summary>Starts of a pretraining, of which the best is kept.</summary>
    public required int Restarts { get; init; }

    /// <summary>Times that pretraining looks at an item in a step.</summary>
    public required int Views { get; init; }

    /// <summary>Steps that a recurrent backbone remembers when pretraining starts; 0 for the length of the longest sequence.</summary>
    public required int Memory { get; init; }

    /// <summary>How much stronger than usual weights are when pretraining starts.</summary>
    public required double InitialGain { get; init; }

    /// <summary>Standard deviation of the net inputs of the outputs' nodes.</summary>
    public required double OutputGain { get; init; }

    /// <summary>Smallest width of the entropy's kernel.</summary>
    public required double KernelFloor { get; init; }

    /// <summary>What the served probabilities are calibrated to.</summary>
    public required CalibrationTarget Calibration { get; init; }

    /// <summary>Whether one head is trained to say what the ensemble says, at a cost that does not grow with labelers.</summary>
    public required Switch Distil { get; init; }

    /// <summary>Whether a net is trained by gradient: everywhere but for a consensus net whose classifier is none.</summary>
    public bool TrainsNet => !Effective.ContainsKey("classifier") || Classifier == ConsensusClassifier.Net;

    /// <summary>The same settings for items of a kind: <c>auto</c> becomes the backbone that suits them.</summary>
    /// <param name="encoding">What a row of features is.</param>
    /// <exception cref="ServiceException"><see cref="ErrorKind.InvalidArgument"/> (field <c>settings[backbone]</c>): the backbone cannot read such items.</exception>
    public TrainingSettings For(ItemEncoding encoding)
    {
        if (!Effective.ContainsKey("backbone"))
        {
            return this;
        }

        var backbone = Backbone == BackboneKind.Auto ? BackboneRules.Default(encoding) : Backbone;
        return BackboneRules.Problem(backbone, encoding) is { } problem
            ? throw new ServiceException(
                ErrorKind.InvalidArgument, "INVALID_SETTINGS", $"settings[backbone]: {problem}", new FieldViolation("settings[backbone]", problem))
            : WithBackbone(backbone);
    }

    /// <summary>The same settings with another kind of backbone.</summary>
    public TrainingSettings WithBackbone(BackboneKind backbone)
    {
        var effective = new SortedDictionary<string, string>(Effective.ToDictionary(), StringComparer.Ordinal)
        {
            ["backbone"] = BackboneRules.Word(backbone),
        };
        return this with { Backbone = backbone, Effective = effective };
    }
}
