namespace LabelerService.Storage.Schema;

/// <summary>A trainer that gives, or gave, signs of life.</summary>
internal sealed class TrainerEntity
{
    public Guid TrainerId { get; set; }

    public required string Name { get; set; }

    public int Slots { get; set; }

    public string CodeVersion { get; set; } = "";

    public DateTimeOffset StartTime { get; set; }

    public DateTimeOffset LastSeen { get; set; }

    /// <summary>Until when it counts as alive.</summary>
    public DateTimeOffset ExpiresAt { get; set; }
}

internal sealed class RetrainingPolicyEntity
{
    public long DatasetId { get; set; }

    public required string PolicyId { get; set; }

    public Guid Uid { get; set; }

    /// <summary>All that users set.</summary>
    public required string Spec { get; set; }

    /// <summary>The dataset's count of changed annotations when it last started a run.</summary>
    public long BaselineChanges { get; set; }

    /// <summary>Runs started so far.</summary>
    public long Runs { get; set; }

    public string? LastRunId { get; set; }

    public DateTimeOffset? LastTriggerTime { get; set; }

    public string? LastTriggerReason { get; set; }

    public DateTimeOffset? NextScheduledTime { get; set; }

    /// <summary>When a scheduler is to look at it next.</summary>
    public DateTimeOffset CheckTime { get; set; }

    /// <summary>Grows whenever a scheduler takes up the search for drift: only the latest may write what it found.</summary>
    public long DriftToken { get; set; }

    public DateTimeOffset? DriftLeaseUntil { get; set; }

    /// <summary>Searches since <see cref="DriftSince"/>.</summary>
    public int DriftLooks { get; set; }

    /// <summary>Annotations before and after this moment are told apart.</summary>
    public DateTimeOffset? DriftSince { get; set; }

    /// <summary>The dataset's count of changed annotations at the last search.</summary>
    public long DriftChanges { get; set; }

    /// <summary>What the last search said.</summary>
    public string? DriftFinding { get; set; }

    public DateTimeOffset CreateTime { get; set; }

    public DateTimeOffset UpdateTime { get; set; }

    public long Version { get; set; }
}

/// <summary>What became of the version that a policy's run published; pending as long as that is open.</summary>
internal sealed class PromotionDecisionEntity
{
    public long DatasetId { get; set; }

    public required string RunId { get; set; }

    public required string PolicyId { get; set; }

    public required string ModelId { get; set; }

    public short Outcome { get; set; }

    public string Reason { get; set; } = "";

    public int? CandidateVersion { get; set; }

    public int? ChampionVersion { get; set; }

    /// <summary>Values, interval and test of the comparison, where there was one.</summary>
    public string? Comparison { get; set; }

    /// <summary>Grows whenever a server takes up the decision: only the latest may write it.</summary>
    public long LeaseToken { get; set; }

    public DateTimeOffset? LeaseUntil { get; set; }

    public int Attempts { get; set; }

    public DateTimeOffset CreateTime { get; set; }

    public DateTimeOffset? DecideTime { get; set; }
}
