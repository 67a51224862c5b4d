using LabelerService.Core.Training;

namespace LabelerService.Core.Models;

/// <summary>Every setting there is, each defined once. Defaults are the reference setting of the paper's family on real data.</summary>
internal static class TrainingSettingList
{
    public static readonly Setting<BackboneKind> Backbone = Setting.Choice(
        "backbone", BackboneKind.Auto, "What maps features to the representation all heads share; auto chooses by what the items are.");

    public static readonly Setting<BackboneCapacity> Capacity = Setting.Choice(
        "capacity", BackboneCapacity.M, "How wide the backbone is: about a quarter of, as, or four times the usual width.");

    public static readonly Setting<int> MaxSteps = Setting.Integer(
        "max_steps", 0, 0, Encodings.SequenceEncoder.MostSteps, "Most steps of a sequence; 0 for as many as the longest of the dataset has.");

    public static readonly Setting<string> Pretrained = Setting.ResourceName(
        "pretrained", "Backbone or model version whose backbone this one starts from, or that extracts the features.");

    public static readonly Setting<Switch> FineTune = Setting.Choice(
        "fine_tune", Switch.On, "Whether the values taken from a pretrained backbone are trained on.");

    public static readonly Setting<Quantisation> Quantisation = Setting.Choice(
        "quantisation", Training.Quantisation.None,
        "How weights are kept on a grid in training: rounding (r), stochastic rounding (sr), BinaryConnect (bc), scaled by unit (bwn).");

    public static readonly Setting<int> Bits = Setting.Integer(
        "bits", 1, 1, 8, "Bits of a quantised weight; 1 for binary weights.");

    public static readonly Setting<ServingPrecision> Serving = Setting.Choice(
        "serving", ServingPrecision.Float32, "How weights are stored in the serving graph; packed is for nets trained with one bit.");

    public static readonly Setting<IReadOnlyList<int>> HiddenSizes = Setting.IntegerList(
        "hidden", [128], 1, 8192, "Widths of the MLP's hidden layers, at capacity m.");

    public static readonly Setting<double> Dropout = Setting.Number(
        "dropout", 0.5, 0, 0.95, "Probability that a hidden unit is dropped in training.");

    public static readonly Setting<FeatureTransform> FeatureTransform = Setting.Choice(
        "feature_transform", Training.FeatureTransform.None, "What happens to the features before the backbone.");

    public static readonly Setting<double> LearningRate = Setting.Number(
        "learning_rate", 0.001, 1e-7, 1, "Adam's step size.");

    public static readonly Setting<int> Epochs = Setting.Integer(
        "epochs", 50, 1, 100_000, "Most passes over the training items.");

    public static readonly Setting<int> BatchSize = Setting.Integer(
        "batch_size", 64, 1, 65_536, "Items per step.");

    public static readonly Setting<double> WeightDecay = Setting.Number(
        "weight_decay", 0, 0, 10, "L2 penalty on the weights of backbone and heads.");

    public static readonly Setting<double> L1 = Setting.Number(
        "l1", 0, 0, 10, "L1 penalty on the weights of backbone and heads.");

    public static readonly Setting<double> PolyakDecay = Setting.Number(
        "polyak_decay", 0.9999, 0, 0.999999, "Upper bound of the decay of the running mean of weights; 0 serves the last weights.");

    // Off by default, as in the reference setting that algorithms are compared in: on LabelMe it lifts BN by three points (which otherwise
    // learns the noise of the mean labels), DN and WDN by a third of a point.
    public static readonly Setting<int> Patience = Setting.Integer(
        "patience", 0, 0, 100_000, "Epochs without improvement on validation data before stopping at the best; 0 runs all epochs.");

    public static readonly Setting<SelectionMetric> Selection = Setting.Choice(
        "selection", SelectionMetric.LogLoss, "What the epoch to keep is chosen by.");

    public static readonly Setting<double> HeldOutShare = Setting.Number(
        "held_out_share", 0.1, 0, 0.5, "Share of annotations held out when the validation split has neither gold nor annotations.");

    public static readonly Setting<int> BootstrapResamples = Setting.Integer(
        "bootstrap_resamples", 1000, 0, 100_000, "Resamples of the 95 % intervals of the reported metrics; 0 leaves them out.");

    public static readonly Setting<LabelTarget> Target = Setting.Choice(
        "target", LabelTarget.Mean, "What the net learns an item's label to be.");

    public static readonly Setting<int> MinAnnotations = Setting.Integer(
        "min_annotations", 1, 1, 1_000_000, "Labelers with fewer training annotations share one head.");

    public static readonly Setting<HeadKind> Head = Setting.Choice(
        "head", HeadKind.Softmax, "What turns a head's outputs into a distribution; cumulative is for binary and ordinal classes.");

    public static readonly Setting<double> Shrinkage = Setting.Number(
        "shrinkage", 1, 0, 1_000_000, "Precision of the prior that draws a labeler's head to the shared one.");

    // As fast as deviations the shared head learns what is noise, and labelers' heads are too alike: LabelMe, seeds 1 to 3, validation split:
    // WDN 85.9 % at 0.2, 84.9 % at 1; at 0.2 neither DN nor WDN falls below BN where 200 labelers have 5 labels each.
    public static readonly Setting<double> SharedPace = Setting.Number(
        "shared_pace", 0.2, 0, 1, "How fast the shared head learns, compared with what sets a labeler's head apart.");

    public static readonly Setting<Mixing> Mixing = Setting.Choice(
        "mixing", Training.Mixing.Linear, "Whether heads are averaged as probabilities or as log-probabilities.");

    public static readonly Setting<AveragingKind> AveragingKind = Setting.Choice(
        "averaging", Training.AveragingKind.Learned, "Whether averaging weights are learnt or follow the number of labels.");

    public static readonly Setting<AveragingTarget> AveragingTarget = Setting.Choice(
        "averaging_target", Training.AveragingTarget.Mean, "What averaging weights learn an item's class to be.");

    public static readonly Setting<int> Bottleneck = Setting.Integer(
        "bottleneck", 3, 1, 1024, "Width of the bottleneck in front of item-dependent averaging weights.");

    public static readonly Setting<double> AveragingWeightDecay = Setting.Number(
        "averaging_weight_decay", 0.1, 0, 1000, "L2 penalty on what makes averaging weights depend on the item.");

    public static readonly Setting<int> WeightResamples = Setting.Integer(
        "weight_resamples", 25, 0, 10_000, "Bootstrap resamples of the averaging weights' 95 % intervals; 0 leaves them out.");

    public static readonly Setting<int> AveragingEpochs = Setting.Integer(
        "averaging_epochs", 10, 1, 100_000, "Most passes over the training items when learning the averaging weights.");

    public static readonly Setting<double> AveragingLearningRate = Setting.Number(
        "averaging_learning_rate", 0.03, 1e-7, 1, "Adam's step size for the averaging logits.");

    public static readonly Setting<double> AveragingL1 = Setting.Number(
        "averaging_l1", 0, 0, 10, "L1 penalty on the averaging logits.");

    public static readonly Setting<double> AveragingL2 = Setting.Number(
        "averaging_l2", 0, 0, 10, "L2 penalty on the averaging logits.");

    public static readonly Setting<double> EntropyPenalty = Setting.Number(
        "entropy_penalty", 0, 0, 10, "Penalty on averaging weights of low entropy.");

    public static readonly Setting<ConsensusClassifier> Classifier = Setting.Choice(
        "classifier", ConsensusClassifier.Discriminant, "What tells classes from features.");

    public static readonly Setting<int> Rounds = Setting.Integer(
        "rounds", 20, 1, 1000, "Rounds of cross-fitted EM.");

    public static readonly Setting<int> Folds = Setting.Integer(
        "folds", 5, 2, 100, "Parts that items are split into; each is predicted from the others.");

    public static readonly Setting<int> Repeats = Setting.Integer(
        "repeats", 3, 1, 100, "Independent splits into folds that are averaged.");

    public static readonly Setting<double> CovarianceShrinkage = Setting.Number(
        "covariance_shrinkage", 0.6, 0.0001, 1, "Share of the identity in a discriminant's covariance.");

    public static readonly Setting<double> Ridge = Setting.Number(
        "ridge", 0.0001, 0, 1000, "L2 penalty of a logistic classifier, relative to the spread of the items.");

    // A compromise: labelers simulated to err independently want 1, those of LabelMe and labelers simulated to err together on hard items
    // want 2 to 4.
    public static readonly Setting<double> FeatureTrust = Setting.Number(
        "feature_trust", 2, 0.1, 10, "Weight of features against labels; above 1 where labelers err together on hard items.");

    public static readonly Setting<int> RandomUnits = Setting.Integer(
        "random_units", 800, 1, 8192, "Units of the layer of random features.");

    public static readonly Setting<double> ConfusionShrinkage = Setting.Number(
        "confusion_shrinkage", 5, 0, 10_000, "Pseudo-annotations of the common confusion added to each labeler's own.");

    // Less than the consensus net's shrinkage: an EM in which the net sees the labels that it predicts gains from labelers who differ.
    public static readonly Setting<double> ConfusionPrior = Setting.Number(
        "confusion_prior", 2, 0, 10_000,
        "Pseudo-annotations of the prior of a labeler's confusion, for each true class; 0 lets every labeler stand alone.");

    // A labeler's parameters see few of the steps: at the net's own rate they hardly move (LabelMe, CrowdLayer: 84.4 % against 85.4 %).
    public static readonly Setting<double> ConfusionLearningRate = Setting.Number(
        "confusion_learning_rate", 0.01, 1e-7, 1, "Adam's step size for the labelers' confusion parameters.");

    public static readonly Setting<int> EmRounds = Setting.Integer(
        "em_rounds", 10, 1, 1000, "Times that true classes, confusions and net are re-estimated in turn.");

    public static readonly Setting<NoiseKind> Noise = Setting.Choice(
        "noise", NoiseKind.Shared, "Whether all labelers share one noise matrix or each has its own.");

    public static readonly Setting<double> TraceWeight = Setting.Number(
        "trace_weight", 0.01, 0, 1000, "Penalty on the mean trace of the labelers' confusions: how far they are pushed to explain the errors.");

    public static readonly Setting<double> DifferenceWeight = Setting.Number(
        "difference_weight", 0.00001, 0, 1, "Reward for individual noise that differs from the common noise.");

    public static readonly Setting<double> MixupAlpha = Setting.Number(
        "mixup_alpha", 1, 0, 1, "Pairs of annotations are mixed by a share from Beta(α, α); 0 mixes nothing.");

    public static readonly Setting<CalibrationTarget> Calibration = Setting.Choice(
        "calibration", CalibrationTarget.None, "What served probabilities are calibrated to by one temperature.");

    public static readonly Setting<Switch> Distil = Setting.Choice(
        "distil", Switch.Off, "Whether one head is trained to say what the ensemble says, for serving at the cost of one.");

    public static readonly Setting<int> Outputs = Setting.Integer(
        "outputs", 2, 1, 8, "Outputs that a backbone is pretrained by, each to find a split of its own.");

    public static readonly Setting<int> Restarts = Setting.Integer(
        "restarts", 4, 1, 64, "Starts from other weights, of which the one with the best objective on held-out items is kept.");

    public static readonly Setting<int> Views = Setting.Integer(
        "views", 4, 1, 16, "Times that an item is looked at in a step, cut off at another end each time; their outputs are averaged.");

    public static readonly Setting<int> Memory = Setting.Integer(
        "memory", 0, 0, 4096, "Steps that a recurrent backbone remembers at the start; 0 for the length of the longest sequence.");

    public static readonly Setting<double> InitialGain = Setting.Number(
        "initial_gain", 8, 0.1, 20, "How much stronger than usual weights are at the start: stronger ones make more of the course in time.");

    public static readonly Setting<double> OutputGain = Setting.Number(
        "output_gain", 2, 0.1, 20, "Standard deviation of an output's net input: how sharply it splits the items.");

    public static readonly Setting<double> KernelFloor = Setting.Number(
        "kernel_floor", 0.1, 0.001, 1, "Smallest width of the entropy's kernel; outputs are from -1 to 1.");

    /// <summary>Settings of every algorithm that trains a net.</summary>
    public static readonly IReadOnlyList<SettingDescriptor> Net =
    [
        Backbone, Capacity, HiddenSizes, MaxSteps, Pretrained, FineTune, Quantisation, Bits, Serving, Dropout, FeatureTransform, LearningRate, Epochs, BatchSize, WeightDecay, L1,
        PolyakDecay, Patience, Selection, HeldOutShare, BootstrapResamples, Calibration, Distil,
    ];

    /// <summary>Settings of every algorithm with a head per labeler on a shared backbone.</summary>
    public static readonly IReadOnlyList<SettingDescriptor> LabelerHeads = [Head, MinAnnotations, Shrinkage, SharedPace, Mixing];

    /// <summary>Settings of every algorithm that learns averaging weights.</summary>
    public static readonly IReadOnlyList<SettingDescriptor> Averaging =
        [AveragingEpochs, AveragingLearningRate, AveragingL1, AveragingL2, EntropyPenalty, AveragingTarget, WeightResamples];

    /// <summary>Settings of cross-fitted consensus.</summary>
    public static readonly IReadOnlyList<SettingDescriptor> Consensus =
        [Classifier, Rounds, Folds, Repeats, CovarianceShrinkage, Ridge, RandomUnits, FeatureTrust, ConfusionShrinkage];

    /// <summary>
    /// <see cref="Net"/> for cross-fitted consensus: everything is held out in turn, so nothing need be held out for good, and long tails of
    /// features, such as those of activations, mislead a discriminant.
    /// </summary>
    public static readonly IReadOnlyList<SettingDescriptor> NetOfConsensus =
    [
        .. Net.Where(setting => setting != HeldOutShare && setting != FeatureTransform && setting != Calibration),
        Calibration.WithDefault(CalibrationTarget.Labelers), FeatureTransform.WithDefault(Training.FeatureTransform.Auto), HeldOutShare.WithDefault(0),
    ];

    /// <summary>Settings of the automatic choice.</summary>
    public static readonly IReadOnlyList<SettingDescriptor> Auto =
        [MaxSteps, Pretrained, Folds, FeatureTrust, ConfusionShrinkage, HeldOutShare.WithDefault(0), BootstrapResamples, Distil];

    /// <summary>Settings of every algorithm that pretrains a backbone without labels.</summary>
    public static readonly IReadOnlyList<SettingDescriptor> Pretraining =
    [
        Backbone, Capacity, HiddenSizes, MaxSteps, Dropout.WithDefault(0), FeatureTransform, LearningRate.WithDefault(0.01), Epochs.WithDefault(100),
        BatchSize.WithDefault(256), WeightDecay, PolyakDecay.WithDefault(0), Patience.WithDefault(30), HeldOutShare.WithDefault(0.2), Outputs, Restarts, Views, Memory, InitialGain,
    ];

    /// <summary>Builds the typed record from values read by key; a key that is absent takes its default.</summary>
    public static TrainingSettings Build(
        string algorithm, Dictionary<string, object> values, IReadOnlyDictionary<string, string> effective)
    {
        return new TrainingSettings
        {
            Algorithm = algorithm,
            Effective = effective,
            Backbone = Get(Backbone),
            Capacity = Get(Capacity),
            HiddenSizes = Get(HiddenSizes),
            MaxSteps = Get(MaxSteps),
            Pretrained = Get(Pretrained),
            FineTune = Get(FineTune),
            Quantisation = Get(Quantisation),
            Bits = Get(Bits),
            Serving = Get(Serving),
            Dropout = Get(Dropout),
            FeatureTransform = Get(FeatureTransform),
            LearningRate = Get(LearningRate),
            Epochs = Get(Epochs),
            BatchSize = Get(BatchSize),
            WeightDecay = Get(WeightDecay),
            L1 = Get(L1),
            PolyakDecay = Get(PolyakDecay),
            Patience = Get(Patience),
            Selection = Get(Selection),
            HeldOutShare = Get(HeldOutShare),
            BootstrapResamples = Get(BootstrapResamples),
            Target = Get(Target),
            Head = Get(Head),
            MinAnnotations = Get(MinAnnotations),
            Shrinkage = Get(Shrinkage),
            SharedPace = Get(SharedPace),
            Mixing = Get(Mixing),
            Averaging = Get(AveragingKind),
            AveragingTarget = Get(AveragingTarget),
            Bottleneck = Get(Bottleneck),
            AveragingWeightDecay = Get(AveragingWeightDecay),
            WeightResamples = Get(WeightResamples),
            AveragingEpochs = Get(AveragingEpochs),
            AveragingLearningRate = Get(AveragingLearningRate),
            AveragingL1 = Get(AveragingL1),
            AveragingL2 = Get(AveragingL2),
            EntropyPenalty = Get(EntropyPenalty),
            Classifier = Get(Classifier),
            Rounds = Get(Rounds),
            Folds = Get(Folds),
            Repeats = Get(Repeats),
            CovarianceShrinkage = Get(CovarianceShrinkage),
            Ridge = Get(Ridge),
            FeatureTrust = Get(FeatureTrust),
            RandomUnits = Get(RandomUnits),
            ConfusionShrinkage = Get(ConfusionShrinkage),
            ConfusionPrior = Get(ConfusionPrior),
            ConfusionLearningRate = Get(ConfusionLearningRate),
            EmRounds = Get(EmRounds),
            Noise = Get(Noise),
            TraceWeight = Get(TraceWeight),
            DifferenceWeight = Get(DifferenceWeight),
            MixupAlpha = Get(MixupAlpha),
            Outputs = Get(Outputs),
            Restarts = Get(Restarts),
            Views = Get(Views),
            Memory = Get(Memory),
            InitialGain = Get(InitialGain),
            OutputGain = Get(OutputGain),
            KernelFloor = Get(KernelFloor),
            Calibration = Get(Calibration),
            Distil = Get(Distil),
        };

        T Get<T>(Setting<T> setting)
            where T : notnull => values.TryGetValue(setting.Key, out var value) ? (T)value : setting.Fallback;
    }
}
