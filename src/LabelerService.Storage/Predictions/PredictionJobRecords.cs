namespace LabelerService.Storage.Predictions;

/// <summary>State of a prediction job. The values are stored; never renumber.</summary>
public enum PredictionJobState
{
    /// <summary>Waits for a server.</summary>
    Queued = 1,

    /// <summary>A server holds its lease.</summary>
    Running = 2,

    /// <summary>Every item has its prediction.</summary>
    Succeeded = 3,

    /// <summary>Ended with an error.</summary>
    Failed = 4,

    /// <summary>Ended on request.</summary>
    Cancelled = 5,
}

/// <summary>A job to create.</summary>
/// <param name="JobId"><c>[a-z0-9-]{1,63}</c>, unique within the dataset.</param>
/// <param name="ModelId">The model.</param>
/// <param name="ModelVersion">Its version, which predicts all items.</param>
/// <param name="Model">The model as the request named it.</param>
/// <param name="Alias">The alias as the request named it.</param>
/// <param name="Outputs">What is kept.</param>
/// <param name="Filter">Which items, in the words of the request.</param>
public sealed record PredictionJobWrite(
    string JobId, string ModelId, int ModelVersion, string Model, string Alias, PredictionJobOutputs Outputs, string Filter);

/// <summary>What a job keeps beside the distribution.</summary>
/// <param name="LabelerProbabilities">Each head's distribution.</param>
/// <param name="LabelerWeights">Each head's weight.</param>
/// <param name="Distilled">Whether the distilled head answers; then it keeps neither.</param>
public readonly record struct PredictionJobOutputs(bool LabelerProbabilities, bool LabelerWeights, bool Distilled);

/// <summary>A stored prediction job.</summary>
public sealed record PredictionJobRecord
{
    /// <summary>Key of the dataset.</summary>
    public required long DatasetKey { get; init; }

    /// <summary>Id of the dataset.</summary>
    public required string DatasetId { get; init; }

    /// <summary>Key within the dataset, never reused.</summary>
    public required long Key { get; init; }

    /// <summary>Id within the dataset.</summary>
    public required string JobId { get; init; }

    /// <summary>Unique for all time.</summary>
    public required Guid Uid { get; init; }

    /// <summary>The model.</summary>
    public required string ModelId { get; init; }

    /// <summary>Its version.</summary>
    public required int ModelVersion { get; init; }

    /// <summary>The model as the request named it.</summary>
    public required string Model { get; init; }

    /// <summary>The alias as the request named it.</summary>
    public required string Alias { get; init; }

    /// <summary>Which items, in the words of the request.</summary>
    public required string Filter { get; init; }

    /// <summary>What is kept.</summary>
    public required PredictionJobOutputs Outputs { get; init; }

    /// <summary>State.</summary>
    public required PredictionJobState State { get; init; }

    /// <summary>Whether someone asked to cancel it.</summary>
    public required bool CancelRequested { get; init; }

    /// <summary>Items there were when a server began; 0 until then.</summary>
    public required long ItemCount { get; init; }

    /// <summary>Items that were predicted.</summary>
    public required long PredictedCount { get; init; }

    /// <summary>Why it failed, if it did.</summary>
    public required string? Error { get; init; }

    /// <summary>When it was created (database clock).</summary>
    public required DateTimeOffset CreateTime { get; init; }

    /// <summary>When a server first began, if one did.</summary>
    public required DateTimeOffset? StartTime { get; init; }

    /// <summary>When it ended, if it did.</summary>
    public required DateTimeOffset? EndTime { get; init; }

    /// <summary>Whether it has ended.</summary>
    public bool HasEnded => State is not (PredictionJobState.Queued or PredictionJobState.Running);
}

/// <summary>A claimed job and how far it is.</summary>
/// <param name="Job">The job as claimed.</param>
/// <param name="FencingToken">Proof of this claim: it grows with every claim, and every write carries it.</param>
/// <param name="DoneItemKey">Key of the last item that has been dealt with; 0 at the beginning.</param>
/// <param name="LastItemKey">Key of the last item of the job; null until <see cref="PredictionJobStore.BeginAsync"/>.</param>
public sealed record PredictionJobLease(PredictionJobRecord Job, long FencingToken, long DoneItemKey, long? LastItemKey);

/// <summary>One item's prediction to store. K classes, R heads.</summary>
/// <param name="ItemKey">Key of the item.</param>
/// <param name="ClassIndex">The likeliest class.</param>
/// <param name="Probabilities">float32 [K], little-endian.</param>
/// <param name="Entropy">Predictive entropy in nats.</param>
/// <param name="Disagreement">Mutual information in nats; null where the distilled head answered.</param>
/// <param name="LabelerProbabilities">float32 [R, K]; null where not kept.</param>
/// <param name="LabelerWeights">float32 [R]; null where not kept.</param>
public sealed record PredictionWrite(
    long ItemKey, int ClassIndex, byte[] Probabilities, float Entropy, float? Disagreement, byte[]? LabelerProbabilities, byte[]? LabelerWeights);

/// <summary>One item's stored prediction.</summary>
/// <param name="ItemId">External id of the item.</param>
/// <param name="Prediction">The prediction.</param>
public sealed record PredictionRecord(string ItemId, PredictionWrite Prediction);
