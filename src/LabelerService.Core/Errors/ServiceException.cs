namespace LabelerService.Core.Errors;

/// <summary>The kinds of failure a caller can act on. The server maps each to one gRPC status code.</summary>
public enum ErrorKind
{
    /// <summary>The request is wrong by itself, whatever the state of the system.</summary>
    InvalidArgument,

    /// <summary>A resource that the request names does not exist.</summary>
    NotFound,

    /// <summary>The resource to create exists with other content.</summary>
    AlreadyExists,

    /// <summary>The system is not in the state the request needs.</summary>
    FailedPrecondition,

    /// <summary>The resource changed in the meantime (etag) or the transaction could not be serialised.</summary>
    Aborted,

    /// <summary>A quota or a queue is full; the call may succeed later.</summary>
    ResourceExhausted,

    /// <summary>A dependency (PostgreSQL) cannot be reached; the call may succeed when repeated.</summary>
    Unavailable,

    /// <summary>The service does not know who calls: no key or token, or one that is not valid (any more).</summary>
    Unauthenticated,

    /// <summary>The caller is known and may not do this, whether or not what it names exists.</summary>
    PermissionDenied,
}

/// <summary>One field of a request and what is wrong with it.</summary>
/// <param name="Field">Full path as in the proto, with indexes: <c>annotations[17].class_name</c>.</param>
/// <param name="Description">What is wrong and what would be right.</param>
public sealed record FieldViolation(string Field, string Description);

/// <summary>A failure that is the caller's to see: its text goes out over the API as it stands.</summary>
public sealed class ServiceException : Exception
{
    /// <summary>Reason of a write that a dataset's quota refuses; its violations name the dataset instead of a field.</summary>
    public const string QuotaExceeded = "QUOTA_EXCEEDED";

    /// <summary>Reason of a write that a key's quota refuses; its violations name the key instead of a field.</summary>
    public const string KeyQuotaExceeded = "KEY_QUOTA_EXCEEDED";

    /// <summary>Creates an error of the given kind.</summary>
    /// <param name="kind">Decides the gRPC status code.</param>
    /// <param name="reason">Machine-readable reason, UPPER_SNAKE, at most 63 characters (AIP-193).</param>
    /// <param name="message">What happened and what to do next, for a person.</param>
    /// <param name="violations">The fields at fault, if any.</param>
    public ServiceException(ErrorKind kind, string reason, string message, params IReadOnlyList<FieldViolation> violations)
        : base(message)
    {
        Kind = kind;
        Reason = reason;
        Violations = violations;
    }

    /// <summary>Decides the gRPC status code.</summary>
    public ErrorKind Kind { get; }

    /// <summary>Machine-readable reason, UPPER_SNAKE.</summary>
    public string Reason { get; }

    /// <summary>The fields at fault; empty where no single field is.</summary>
    public IReadOnlyList<FieldViolation> Violations { get; }

    /// <summary>Whether a quota refuses: the violations name what has it instead of fields.</summary>
    public bool IsQuota => Reason is QuotaExceeded or KeyQuotaExceeded;

    /// <summary>When to call again, where that is known; only for <see cref="ErrorKind.ResourceExhausted"/> and <see cref="ErrorKind.Unavailable"/>.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>A request with one wrong field.</summary>
    public static ServiceException InvalidField(string field, string description) =>
        new(ErrorKind.InvalidArgument, "INVALID_FIELD", $"{field}: {description}", new FieldViolation(field, description));

    /// <summary>A request that names something that does not exist, through the field given.</summary>
    public static ServiceException NotFound(string field, string resource, string hint = "") =>
        new(ErrorKind.NotFound, "RESOURCE_NOT_FOUND", $"{resource} does not exist.{(hint.Length == 0 ? "" : " " + hint)}",
            new FieldViolation(field, $"{resource} does not exist"));
}
