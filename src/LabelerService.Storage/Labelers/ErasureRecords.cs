namespace LabelerService.Storage.Labelers;

/// <summary>How a labeler is erased. The values are stored; never renumber.</summary>
public enum ErasureMode
{
    /// <summary>What they said stays, but nothing says who it was.</summary>
    Pseudonymise = 1,

    /// <summary>What they said goes, with all that was kept of it.</summary>
    Delete = 2,
}

/// <summary>A version of a model, by its ids.</summary>
/// <param name="ModelId">Id of the model.</param>
/// <param name="Version">Number of the version.</param>
public sealed record ErasedVersion(string ModelId, int Version);

/// <summary>What the erasure of a labeler does, did, or would do.</summary>
public sealed record LabelerErasure
{
    /// <summary>How.</summary>
    public required ErasureMode Mode { get; init; }

    /// <summary>What stands for the labeler's id from now on, wherever an id has to stand; empty where nothing was done.</summary>
    public required string Pseudonym { get; init; }

    /// <summary>Annotations in their current revision, retracted ones among them.</summary>
    public required long Annotations { get; init; }

    /// <summary>Earlier revisions.</summary>
    public required long Revisions { get; init; }

    /// <summary>What Label Studio told of them.</summary>
    public required long StudioAnnotations { get; init; }

    /// <summary>Ids of API keys that spoke for the labeler.</summary>
    public required IReadOnlyList<string> RevokedKeys { get; init; }

    /// <summary>Runs under way that begin anew, so that they do not publish what is erased.</summary>
    public required long RestartedRuns { get; init; }

    /// <summary>
    /// Versions whose files still hold what was erased: the labeler's id and, where annotations were deleted, what was learnt from them. Only
    /// deleting the versions changes that.
    /// </summary>
    public required IReadOnlyList<ErasedVersion> Versions { get; init; }

    /// <summary>When it was done; null where it was not.</summary>
    public required DateTimeOffset? EraseTime { get; init; }
}
