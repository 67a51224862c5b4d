using LabelerService.Core.Access;

namespace LabelerService.Storage.Security;

/// <summary>A key to store.</summary>
/// <param name="Id">Public id, <c>[a-z0-9-]{1,63}</c>, unique.</param>
/// <param name="SecretHash">SHA-256 of the secret, 32 bytes.</param>
/// <param name="Role">What it may do.</param>
/// <param name="Datasets">Ids of the datasets it may touch, at least one; null for all.</param>
/// <param name="LabelerId">The labeler it speaks for; for <see cref="Role.Labeler"/> only.</param>
/// <param name="DisplayName">Name for people.</param>
/// <param name="ExpireTime">When it ends; null for never.</param>
public sealed record ApiKeyWrite(
    string Id, byte[] SecretHash, Role Role, IReadOnlyList<string>? Datasets = null, string? LabelerId = null, string DisplayName = "",
    DateTimeOffset? ExpireTime = null)
{
    /// <summary>How much it may call.</summary>
    public CallLimits Limits { get; init; }

    /// <summary>How much it may have stored a day.</summary>
    public KeyQuota Quota { get; init; }
}

/// <summary>What was stored with a key on one day.</summary>
/// <param name="Annotations">Annotations created, revised or retracted.</param>
/// <param name="Items">Items created or changed.</param>
public readonly record struct KeyUse(long Annotations, long Items);

/// <summary>A stored key.</summary>
public sealed record ApiKeyRecord
{
    /// <summary>Ascending in order of creation. The cursor of a list.</summary>
    public required long Number { get; init; }

    /// <summary>Public id.</summary>
    public required string Id { get; init; }

    /// <summary>SHA-256 of the secret.</summary>
    public required byte[] SecretHash { get; init; }

    /// <summary>What it may do.</summary>
    public required Role Role { get; init; }

    /// <summary>Ids of the datasets it may touch; null for all.</summary>
    public required IReadOnlyList<string>? Datasets { get; init; }

    /// <summary>The labeler it speaks for.</summary>
    public required string? LabelerId { get; init; }

    /// <summary>Name for people.</summary>
    public required string DisplayName { get; init; }

    /// <summary>How much it may call.</summary>
    public CallLimits Limits { get; init; }

    /// <summary>How much it may have stored a day.</summary>
    public KeyQuota Quota { get; init; }

    /// <summary>What was stored with it today (database clock, UTC), as far as that is counted; read by the store's lists only.</summary>
    public KeyUse Today { get; init; }

    /// <summary>When it was created (database clock).</summary>
    public required DateTimeOffset CreateTime { get; init; }

    /// <summary>When it ends; null for never.</summary>
    public required DateTimeOffset? ExpireTime { get; init; }

    /// <summary>When it was last used, as far as that is stored; null for never.</summary>
    public required DateTimeOffset? LastUseTime { get; init; }
}

/// <summary>All keys, and what tells whether they are still all.</summary>
/// <param name="Count">How many there are.</param>
/// <param name="LastNumber">Number of the newest; 0 without one.</param>
/// <param name="Keys">The keys.</param>
public sealed record ApiKeySet(long Count, long LastNumber, IReadOnlyList<ApiKeyRecord> Keys);
