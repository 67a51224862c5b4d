using LabelerService.Core.Encodings;

namespace LabelerService.Core.Models;

/// <summary>Names of the serving graph's input and outputs: the contract between the trainer that writes ONNX and the server that runs it.</summary>
public static class ServingGraph
{
    /// <summary>Input, float32 [N, D].</summary>
    public const string Features = "features";

    /// <summary>Output, float32 [N, K]: the ensemble's class distribution.</summary>
    public const string Probabilities = "probabilities";

    /// <summary>Output, float32 [N, R, K]: each head's class distribution, heads in the order of <see cref="ModelManifest.Heads"/>.</summary>
    public const string LabelerProbabilities = "labeler_probabilities";

    /// <summary>Output, float32 [N, R]: weight of each head for each item; each row sums to one.</summary>
    public const string LabelerWeights = "labeler_weights";

    /// <summary>
    /// Output, float32 [N, K], only where the model was distilled: one head that was trained to say what the ensemble says.
    /// </summary>
    public const string Distilled = "distilled_probabilities";
}

/// <summary>What a head of a served model stands for.</summary>
/// <param name="LabelerId">
/// The labeler's external id; null for a head that is nobody's: the single head of BN, or the shared head, which comes last where labelers
/// have heads. It answers for labelers who have none of their own, be it that they labelled too little or that they were not there yet.
/// </param>
/// <param name="AnnotationCount">Annotations this head was trained on.</param>
/// <param name="Weight">Mean averaging weight over the training items, in [0, 1].</param>
/// <param name="EstimatedAccuracy">
/// The model's estimate of how often this labeler names the ensemble's top class on the training items, in [0, 1].
/// </param>
/// <param name="WeightLow">Lower end of the 95 % bootstrap interval of the weight, over items; null where the weight was not learnt.</param>
/// <param name="WeightHigh">Upper end of that interval.</param>
public sealed record ModelHead(
    string? LabelerId, int AnnotationCount, double Weight, double EstimatedAccuracy, double? WeightLow = null, double? WeightHigh = null);

/// <summary>A number measured on a split after training.</summary>
/// <param name="Split">train, validation or test.</param>
/// <param name="Name">accuracy, log_loss, ece, held_out_log_likelihood, …</param>
/// <param name="Value">The value.</param>
/// <param name="Count">How many items or annotations it is measured on.</param>
/// <param name="Low">Lower end of the 95 % bootstrap interval over items; null where there is none.</param>
/// <param name="High">Upper end of that interval.</param>
public sealed record ModelMetric(string Split, string Name, double Value, int Count, double? Low = null, double? High = null);

/// <summary>A model that was considered.</summary>
/// <param name="Name">Algorithm and settings, as on the command line.</param>
/// <param name="LogLikelihood">Its score, per annotation, in nats.</param>
/// <param name="DifferenceStandardError">Standard error of its distance to the chosen one.</param>
public sealed record ModelCandidate(string Name, double LogLikelihood, double DifferenceStandardError);

/// <summary>How a model was chosen among others.</summary>
/// <param name="Criterion">What was compared: <c>named_class_log_likelihood</c>.</param>
/// <param name="Chosen">Name of the chosen candidate.</param>
/// <param name="Reason">Why, for people.</param>
/// <param name="Candidates">All candidates that could be trained, best first.</param>
public sealed record ModelSelection(string Criterion, string Chosen, string Reason, IReadOnlyList<ModelCandidate> Candidates);

/// <summary>The version whose weights a training began with.</summary>
/// <param name="ModelId">Its model, of the same dataset.</param>
/// <param name="Version">Its number.</param>
public sealed record ModelParent(string ModelId, int Version);

/// <summary>The version that training started from.</summary>
/// <param name="Version">Its resource name.</param>
/// <param name="WeightsSha256">Hex SHA-256 of the weights taken over.</param>
/// <param name="HeadsTaken">Labelers whose head was taken over; others started at the shared head.</param>
public sealed record ModelOrigin(string Version, string WeightsSha256, int HeadsTaken);

/// <summary>The backbone that training started from.</summary>
/// <param name="Source">Resource name of the backbone, or of the model version whose it was.</param>
/// <param name="WeightsSha256">Hex SHA-256 of the weights.</param>
/// <param name="Frozen">Whether it is still that backbone, bit for bit, because nothing trained on it.</param>
public sealed record ModelTransfer(string Source, string WeightsSha256, bool Frozen);

/// <summary>All that is known of a model version beside its ONNX bytes. Stored as JSON with the version.</summary>
public sealed record ModelManifest
{
    /// <summary>Algorithm id: bn, dn, wdn, …</summary>
    public required string Algorithm { get; init; }

    /// <summary>Class names in the order of the outputs' last axis.</summary>
    public required IReadOnlyList<string> Classes { get; init; }

    /// <summary>Length D of the input vector.</summary>
    public required int FeatureLength { get; init; }

    /// <summary>How an item becomes the input vector; null for versions published before there was more than one way: as it is.</summary>
    public ItemEncoding? Encoding { get; init; }

    /// <summary>
    /// Float32 values that the graph needs at most for one item at a time, such as all maps of its convolutions or all gates of its steps:
    /// bounds how many items it is run on at once. 0 for versions published before it was known.
    /// </summary>
    public long ValuesPerItem { get; init; }

    /// <summary>The heads, in the order of the outputs' labeler axis.</summary>
    public required IReadOnlyList<ModelHead> Heads { get; init; }

    /// <summary>Every setting as it took effect, defaults included.</summary>
    public required IReadOnlyDictionary<string, string> Settings { get; init; }

    /// <summary>Seed of the run.</summary>
    public required long Seed { get; init; }

    /// <summary>Snapshot of the data it was trained on.</summary>
    public required string SnapshotId { get; init; }

    /// <summary>Version of the code that trained it.</summary>
    public required string CodeVersion { get; init; }

    /// <summary>Annotations in the snapshot.</summary>
    public required int AnnotationCount { get; init; }

    /// <summary>Metrics measured at the end of training.</summary>
    public required IReadOnlyList<ModelMetric> Metrics { get; init; }

    /// <summary>How it was chosen; null where the algorithm was given.</summary>
    public ModelSelection? Selection { get; init; }

    /// <summary>Temperature that the served probabilities were calibrated by; 1 where they are served as they are.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Whether the graph has the output <see cref="ServingGraph.Distilled"/>.</summary>
    public bool Distilled { get; init; }

    /// <summary>What its training started from; null where that was nothing.</summary>
    public ModelOrigin? Origin { get; init; }

    /// <summary>The backbone that its training started from; null where that was drawn, or taken from <see cref="Origin"/>.</summary>
    public ModelTransfer? Transfer { get; init; }

    /// <summary>Largest absolute difference between the ONNX graph and TorchSharp over the parity check's items.</summary>
    public required double ParityMaxDifference { get; init; }

    /// <summary>Wall time of the training, in seconds.</summary>
    public required double TrainingSeconds { get; init; }

    /// <summary>The data in numbers; null for versions published before it was kept.</summary>
    public ModelDataSummary? Data { get; init; }

    /// <summary>The version that training started from (warm start); null where it started from nothing.</summary>
    public ModelParent? Parent { get; init; }
}
