using LabelerService.Core.Datasets;

namespace LabelerService.Storage.Retraining;

/// <summary>Where the seed of a policy's run comes from. The values are stored; never renumber.</summary>
public enum SeedMode
{
    /// <summary>Every run has the policy's.</summary>
    Same = 1,

    /// <summary>The first run has the policy's, each later one the next number.</summary>
    Next = 2,
}

/// <summary>Whether a new version becomes champion. The values are stored; never renumber.</summary>
public enum PromotionMode
{
    /// <summary>Never by itself.</summary>
    Never = 1,

    /// <summary>If a paired test says that it is better.</summary>
    IfBetter = 2,
}

/// <summary>What versions are measured against. The values are stored; never renumber.</summary>
public enum PromotionBasis
{
    /// <summary>Gold classes.</summary>
    Gold = 1,

    /// <summary>Labelers' annotations.</summary>
    Labelers = 2,
}

/// <summary>A schedule: five fields of cron, and a time zone (UTC or IANA).</summary>
public sealed record ScheduleSpec(string Cron, string TimeZone);

/// <summary>Search for labelers who became worse.</summary>
/// <param name="MinLabels">Fewest annotations before and after.</param>
/// <param name="FalseAlarmRate">Probability of an alarm between two runs though nobody changed.</param>
public sealed record DriftSpec(int MinLabels, double FalseAlarmRate);

/// <summary>Whether and by what a new version becomes champion.</summary>
/// <param name="Mode">Whether.</param>
/// <param name="Basis">Measured against what.</param>
/// <param name="Split">Measured on which items.</param>
/// <param name="Level">Level of the test.</param>
public sealed record PromotionSpec(PromotionMode Mode, PromotionBasis Basis, Split Split, double Level);

/// <summary>All that users set of a policy. Stored as JSON; checked before it gets here.</summary>
public sealed record RetrainingSpec
{
    /// <summary>Model that gets the versions.</summary>
    public required string ModelId { get; init; }

    /// <summary>Algorithm of the runs.</summary>
    public required string Algorithm { get; init; }

    /// <summary>Settings of the runs.</summary>
    public required IReadOnlyDictionary<string, string> Settings { get; init; }

    /// <summary>Seed, see <see cref="SeedMode"/>.</summary>
    public long Seed { get; init; }

    /// <summary>Where the seed of a run comes from.</summary>
    public SeedMode SeedMode { get; init; } = SeedMode.Same;

    /// <summary>Priority of the runs.</summary>
    public int Priority { get; init; }

    /// <summary>Whether runs start from the champion's weights.</summary>
    public bool WarmStart { get; init; }

    /// <summary>Changed annotations from which on a run starts; 0 for no such trigger.</summary>
    public long MinNewAnnotations { get; init; }

    /// <summary>Times at which a run starts, if any.</summary>
    public ScheduleSpec? Schedule { get; init; }

    /// <summary>Search for drift, if any.</summary>
    public DriftSpec? Drift { get; init; }

    /// <summary>Shortest time between the starts of two runs.</summary>
    public TimeSpan MinInterval { get; init; }

    /// <summary>Whether new versions become champion.</summary>
    public required PromotionSpec Promotion { get; init; }

    /// <summary>Whether it starts nothing for now.</summary>
    public bool Paused { get; init; }
}

/// <summary>A stored policy.</summary>
public sealed record RetrainingPolicyRecord
{
    /// <summary>Key of the dataset.</summary>
    public required long DatasetKey { get; init; }

    /// <summary>Id of the dataset.</summary>
    public required string DatasetId { get; init; }

    /// <summary>Id within the dataset.</summary>
    public required string PolicyId { get; init; }

    /// <summary>Never reused.</summary>
    public required Guid Uid { get; init; }

    /// <summary>What users set.</summary>
    public required RetrainingSpec Spec { get; init; }

    /// <summary>Runs started so far.</summary>
    public required long Runs { get; init; }

    /// <summary>The run that it started last, if any.</summary>
    public required string? LastRunId { get; init; }

    /// <summary>When it last started a run.</summary>
    public required DateTimeOffset? LastTriggerTime { get; init; }

    /// <summary>Why, for people.</summary>
    public required string? LastTriggerReason { get; init; }

    /// <summary>Next time of the schedule, if it has one.</summary>
    public required DateTimeOffset? NextScheduledTime { get; init; }

    /// <summary>What the last search for drift found, for people; null before the first.</summary>
    public required string? DriftFinding { get; init; }

    /// <summary>Searches for drift since the last run.</summary>
    public required int DriftLooks { get; init; }

    /// <summary>The dataset's count of changed annotations at the last search.</summary>
    public required long DriftChanges { get; init; }

    /// <summary>When it was created (database clock).</summary>
    public required DateTimeOffset CreateTime { get; init; }

    /// <summary>When it was last changed by somebody.</summary>
    public required DateTimeOffset UpdateTime { get; init; }

    /// <summary>Grows with every change by somebody; the etag.</summary>
    public required long Version { get; init; }

    /// <summary>What its triggers go by, as of the read.</summary>
    public required RetrainingFacts Facts { get; init; }
}

/// <summary>What triggers go by, as of one moment.</summary>
/// <param name="Now">The moment, by the database's clock.</param>
/// <param name="NewAnnotations">Annotations changed since the data of the newest version were read, or the policy last started a run.</param>
/// <param name="Annotations">Annotations that the dataset has.</param>
/// <param name="Changes">Annotations that the dataset has ever received, revised or retracted.</param>
/// <param name="ActiveRun">The policy's run that is queued or running, if any.</param>
/// <param name="Champion">The model's champion, if any.</param>
/// <param name="ChampionDataTime">When the champion's run started to read its data, if that is known.</param>
public sealed record RetrainingFacts(
    DateTimeOffset Now, long NewAnnotations, long Annotations, long Changes, string? ActiveRun, int? Champion, DateTimeOffset? ChampionDataTime);

/// <summary>What became of a run's version. The values are stored; never renumber.</summary>
public enum PromotionOutcome
{
    /// <summary>Open.</summary>
    Pending = 1,

    /// <summary>It is champion now.</summary>
    Promoted = 2,

    /// <summary>The champion stays.</summary>
    Kept = 3,

    /// <summary>The champion stays: nothing to compare on.</summary>
    NotCompared = 4,

    /// <summary>There was no champion before.</summary>
    First = 5,

    /// <summary>The run ended without a version.</summary>
    NoCandidate = 6,
}

/// <summary>The numbers behind a decision.</summary>
/// <param name="Metric">What decides; higher is better.</param>
/// <param name="Basis">Measured against what.</param>
/// <param name="Split">Measured on which items.</param>
/// <param name="Count">Number of items.</param>
/// <param name="Champion">The champion's value.</param>
/// <param name="Candidate">The candidate's value.</param>
/// <param name="Difference">Candidate minus champion.</param>
/// <param name="Lower">Lower end of the paired interval.</param>
/// <param name="Upper">Upper end.</param>
/// <param name="Level">Its level.</param>
/// <param name="PValue">Exact McNemar p-value, with gold.</param>
public sealed record PromotionNumbers(
    string Metric, PromotionBasis Basis, Split Split, int Count, double Champion, double Candidate, double Difference, double Lower, double Upper,
    double Level, double? PValue);

/// <summary>A stored decision.</summary>
public sealed record PromotionDecisionRecord
{
    /// <summary>Key of the dataset.</summary>
    public required long DatasetKey { get; init; }

    /// <summary>Id of the dataset.</summary>
    public required string DatasetId { get; init; }

    /// <summary>The policy.</summary>
    public required string PolicyId { get; init; }

    /// <summary>The policy's run.</summary>
    public required string RunId { get; init; }

    /// <summary>The model.</summary>
    public required string ModelId { get; init; }

    /// <summary>What was decided.</summary>
    public required PromotionOutcome Outcome { get; init; }

    /// <summary>Why, for people.</summary>
    public required string Reason { get; init; }

    /// <summary>Version that the run published, if it did.</summary>
    public required int? Candidate { get; init; }

    /// <summary>The champion at that time, if any.</summary>
    public required int? Champion { get; init; }

    /// <summary>The comparison, if there was one.</summary>
    public required PromotionNumbers? Numbers { get; init; }

    /// <summary>When the run was created.</summary>
    public required DateTimeOffset CreateTime { get; init; }

    /// <summary>When it was decided.</summary>
    public required DateTimeOffset? DecideTime { get; init; }
}
