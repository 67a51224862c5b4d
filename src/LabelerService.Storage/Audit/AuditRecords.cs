using LabelerService.Core.Access;

namespace LabelerService.Storage.Audit;

/// <summary>An event to append. It holds names, never what a request contains beside them.</summary>
/// <param name="Actor">Who: a key's resource name, the subject of a token, <see cref="AuditStore.Operator"/>; empty for a stranger.</param>
/// <param name="Role">The actor's role; null where it has none.</param>
/// <param name="Method">Full name of the method, or what was done.</param>
/// <param name="Outcome"><see cref="AuditStore.Begun"/>, <see cref="AuditStore.Done"/>, or the reason of a refusal.</param>
/// <param name="Resource">What it is about; empty where no name says so.</param>
public sealed record AuditWrite(string Actor, Role? Role, string Method, string Outcome, string Resource = "")
{
    /// <summary>Number of the event that this one ends; 0 for none.</summary>
    public long Begun { get; init; }

    /// <summary>How often it happened, where that is counted.</summary>
    public int Count { get; init; } = 1;

    /// <summary>Digest of the request, 32 bytes; empty where there is none.</summary>
    public byte[] RequestDigest { get; init; } = [];
}

/// <summary>A stored event.</summary>
public sealed record AuditRecord
{
    /// <summary>Its number; the first is 1, and there are no gaps.</summary>
    public required long Sequence { get; init; }

    /// <summary>When it was written (database clock), to the microsecond.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>Who.</summary>
    public required string Actor { get; init; }

    /// <summary>The actor's role.</summary>
    public required Role? Role { get; init; }

    /// <summary>What was called or done.</summary>
    public required string Method { get; init; }

    /// <summary>What it is about.</summary>
    public required string Resource { get; init; }

    /// <summary>How it ended, or that it began.</summary>
    public required string Outcome { get; init; }

    /// <summary>Number of the event that this one ends; 0 for none.</summary>
    public required long Begun { get; init; }

    /// <summary>How often it happened.</summary>
    public required int Count { get; init; }

    /// <summary>Digest of the request; empty where there is none.</summary>
    public required byte[] RequestDigest { get; init; }

    /// <summary>Hash of the event before.</summary>
    public required byte[] PreviousHash { get; init; }

    /// <summary>SHA-256 over <see cref="PreviousHash"/> and all else, see <see cref="AuditHash"/>.</summary>
    public required byte[] Hash { get; init; }
}

/// <summary>Where the chain ends.</summary>
/// <param name="Sequence">Number of the last event; 0 for an empty log.</param>
/// <param name="Hash">Its hash; zeros for an empty log.</param>
public sealed record AuditHead(long Sequence, byte[] Hash);

/// <summary>What can be wrong with a chain.</summary>
public enum AuditFindingKind
{
    /// <summary>What the event says is not what its hash was computed of.</summary>
    Changed = 1,

    /// <summary>Events are missing before this one.</summary>
    Missing = 2,

    /// <summary>The event does not follow the one before.</summary>
    BrokenLink = 3,

    /// <summary>The head is not the last event.</summary>
    WrongHead = 4,

    /// <summary>The chain does not contain the head that was noted.</summary>
    NotedHeadMissing = 5,
}

/// <summary>Something wrong with a chain.</summary>
/// <param name="Kind">What.</param>
/// <param name="Sequence">Number of the event; 0 where there is none to name.</param>
/// <param name="Description">In words.</param>
public sealed record AuditFinding(AuditFindingKind Kind, long Sequence, string Description);

/// <summary>A chain as it was found.</summary>
/// <param name="Events">How many events were read.</param>
/// <param name="Head">Hash of the last one.</param>
/// <param name="Findings">What is wrong, in order, at most <see cref="AuditVerifier.MostFindings"/>.</param>
/// <param name="NotedSequence">Number of the event whose hash was noted; 0 without one.</param>
public sealed record AuditVerification(long Events, byte[] Head, IReadOnlyList<AuditFinding> Findings, long NotedSequence);
