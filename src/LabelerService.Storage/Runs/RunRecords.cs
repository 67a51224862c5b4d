namespace LabelerService.Storage.Runs;

/// <summary>State of a training run. The values are stored; never renumber.</summary>
public enum RunState
{
    /// <summary>Waits for a trainer.</summary>
    Queued = 1,

    /// <summary>A trainer holds its lease.</summary>
    Running = 2,

    /// <summary>Its model version is published.</summary>
    Succeeded = 3,

    /// <summary>Ended with an error.</summary>
    Failed = 4,

    /// <summary>Ended on request.</summary>
    Cancelled = 5,
}

/// <summary>What happened to a run. The values are stored; never renumber.</summary>
public enum RunEventKind
{
    /// <summary>Created.</summary>
    Queued = 1,

    /// <summary>Claimed by a trainer; again after a lease lapsed.</summary>
    Started = 2,

    /// <summary>Progress was reported.</summary>
    Progress = 3,

    /// <summary>Cancellation was requested.</summary>
    CancelRequested = 4,

    /// <summary>Given back to the queue by its trainer.</summary>
    Released = 5,

    /// <summary>Ended with a published model version.</summary>
    Succeeded = 6,

    /// <summary>Ended with an error.</summary>
    Failed = 7,

    /// <summary>Ended on request.</summary>
    Cancelled = 8,

    /// <summary>Goes on from its checkpoint.</summary>
    Resumed = 9,

    /// <summary>Starts over although it had got ahead.</summary>
    StartedOver = 10,
}

/// <summary>Progress of a run at one moment.</summary>
/// <param name="Phase">What the trainer does: <c>loading</c>, <c>heads</c>, <c>weights</c>, <c>exporting</c>, …</param>
/// <param name="Epoch">Epochs done in this phase.</param>
/// <param name="Epochs">Epochs at most in this phase.</param>
/// <param name="Loss">Training loss of the last epoch, if any.</param>
/// <param name="ValidationMetric">Validation metric of the last epoch, if any.</param>
/// <param name="EtaSeconds">Estimated seconds until the run ends, if known.</param>
/// <param name="ValidationMetricName">What <paramref name="ValidationMetric"/> is: <c>accuracy</c>, <c>log_loss</c>, …</param>
public sealed record RunProgress(
    string Phase, int Epoch, int Epochs, double? Loss = null, double? ValidationMetric = null, double? EtaSeconds = null,
    string? ValidationMetricName = null);

/// <summary>A run to create.</summary>
/// <param name="RunId"><c>[a-z0-9-]{1,63}</c>, unique within the dataset.</param>
/// <param name="Algorithm">Algorithm id: bn, dn, wdn, …</param>
/// <param name="ModelId">Model that the run adds a version to, <c>[a-z0-9-]{1,63}</c>.</param>
/// <param name="Seed">Seed of everything random.</param>
/// <param name="Settings">Settings as requested.</param>
/// <param name="Priority">Higher runs first; equal ones by age.</param>
public sealed record RunWrite(
    string RunId, string Algorithm, string ModelId, long Seed, IReadOnlyDictionary<string, string> Settings, int Priority = 0)
{
    /// <summary>Id of the retraining policy that makes it; null where somebody does.</summary>
    public string? RetrainingPolicy { get; init; }

    /// <summary>Which trigger of the policy fired, with its evidence, for people.</summary>
    public string? RetrainingReason { get; init; }

    /// <summary>Version that training starts from; null for none.</summary>
    public WarmStart? WarmStart { get; init; }

    /// <summary>Id of the learning curve whose points it is to train; null where it trains one model.</summary>
    public string? CurveId { get; init; }
}

/// <summary>A stored training run.</summary>
public sealed record RunRecord
{
    /// <summary>Key of the dataset.</summary>
    public required long DatasetKey { get; init; }

    /// <summary>Id of the dataset.</summary>
    public required string DatasetId { get; init; }

    /// <summary>Id within the dataset.</summary>
    public required string RunId { get; init; }

    /// <summary>Never reused.</summary>
    public required Guid Uid { get; init; }

    /// <summary>Algorithm id.</summary>
    public required string Algorithm { get; init; }

    /// <summary>Model that the run adds a version to.</summary>
    public required string ModelId { get; init; }

    /// <summary>Seed of everything random.</summary>
    public required long Seed { get; init; }

    /// <summary>Settings as requested.</summary>
    public required IReadOnlyDictionary<string, string> RequestedSettings { get; init; }

    /// <summary>Settings as they took effect; empty until the trainer reports them.</summary>
    public required IReadOnlyDictionary<string, string> EffectiveSettings { get; init; }

    /// <summary>State.</summary>
    public required RunState State { get; init; }

    /// <summary>Higher runs first.</summary>
    public required int Priority { get; init; }

    /// <summary>How often it was started and not given back.</summary>
    public required int Attempt { get; init; }

    /// <summary>Whether someone asked to cancel it.</summary>
    public required bool CancelRequested { get; init; }

    /// <summary>Name of the trainer that holds (or last held) the lease.</summary>
    public required string? LeaseOwner { get; init; }

    /// <summary>When the lease lapses (database clock), while it runs.</summary>
    public required DateTimeOffset? LeaseExpiresAt { get; init; }

    /// <summary>Latest progress, if any was reported.</summary>
    public required RunProgress? Progress { get; init; }

    /// <summary>Why it failed, if it did.</summary>
    public required string? Error { get; init; }

    /// <summary>Version of <see cref="ModelId"/> that it published, if it succeeded.</summary>
    public required int? ModelVersion { get; init; }

    /// <summary>Sequence of its latest event.</summary>
    public required long LastSequence { get; init; }

    /// <summary>When it was created (database clock).</summary>
    public required DateTimeOffset CreateTime { get; init; }

    /// <summary>When its latest attempt started, if it did.</summary>
    public required DateTimeOffset? StartTime { get; init; }

    /// <summary>When it ended, if it did.</summary>
    public required DateTimeOffset? EndTime { get; init; }

    /// <summary>When it last changed.</summary>
    public required DateTimeOffset UpdateTime { get; init; }

    /// <summary>Grows with every change; the etag.</summary>
    public required long Version { get; init; }

    /// <summary>Id of the retraining policy that made it; null where somebody did.</summary>
    public string? RetrainingPolicy { get; init; }

    /// <summary>Which trigger of the policy fired, with its evidence, for people.</summary>
    public string? RetrainingReason { get; init; }

    /// <summary>How often it was gone on with from a checkpoint.</summary>
    public int ResumedCount { get; init; }

    /// <summary>When its latest checkpoint was stored (database clock), if one was.</summary>
    public DateTimeOffset? LastCheckpointTime { get; init; }

    /// <summary>Version that its training starts from; null for none.</summary>
    public WarmStart? WarmStart { get; init; }

    /// <summary>Id of the learning curve whose points it trains; null where it trains one model.</summary>
    public string? CurveId { get; init; }

    /// <summary>The trace of the call that made it (W3C <c>traceparent</c>), which every attempt goes on with; null for none.</summary>
    public string? TraceParent { get; init; }
}

/// <summary>A version of the same dataset that training starts from.</summary>
/// <param name="ModelId">Id of its model.</param>
/// <param name="Version">Its number.</param>
public sealed record WarmStart(string ModelId, int Version);

/// <summary>
/// A claimed run. The fencing token grows with every claim: every write of a trainer carries it, and is refused once another trainer
/// has claimed the run.
/// </summary>
/// <param name="Run">The run as claimed.</param>
/// <param name="FencingToken">Proof of this claim.</param>
public sealed record RunLease(RunRecord Run, long FencingToken);

/// <summary>Answer to a heartbeat.</summary>
/// <param name="StillOwner">Whether the lease is still the caller's; if not, stop at once and write nothing.</param>
/// <param name="CancelRequested">Whether someone asked to cancel the run.</param>
public readonly record struct HeartbeatResult(bool StillOwner, bool CancelRequested);

/// <summary>One event of a run.</summary>
/// <param name="Sequence">1, 2, … without gaps within the run.</param>
/// <param name="Kind">What happened.</param>
/// <param name="Progress">The progress, for <see cref="RunEventKind.Progress"/>.</param>
/// <param name="Message">The error for <see cref="RunEventKind.Failed"/>, the trainer's name for <see cref="RunEventKind.Started"/>.</param>
/// <param name="Time">When it happened (database clock).</param>
public sealed record RunEvent(long Sequence, RunEventKind Kind, RunProgress? Progress, string? Message, DateTimeOffset Time);
