using Grpc.Core;

namespace LabelerService.Client;

/// <summary>A call that failed for good: the service refused or failed, or it stayed away for longer than it may.</summary>
public sealed class LabelerException : Exception
{
    /// <summary>Makes the exception of a failed call.</summary>
    /// <param name="failure">How gRPC says it.</param>
    public LabelerException(RpcException failure)
        : this(ServiceError.Of(failure), failure)
    {
    }

    internal LabelerException(ServiceError error, Exception inner, string? message = null)
        : base(message ?? Sentence(error), inner)
    {
        (Status, Reason, Violations, RetryDelay, ErrorId, FromService) =
            (error.Status, error.Reason, error.Violations, error.RetryDelay, error.ErrorId, error.FromService);
    }

    /// <summary>gRPC's status code: <c>InvalidArgument</c>, <c>NotFound</c>, <c>Unavailable</c>, …</summary>
    public StatusCode Status { get; }

    /// <summary>Why, for programs, such as <c>QUOTA_EXCEEDED</c>; empty where no service answered.</summary>
    public string Reason { get; }

    /// <summary>The fields at fault; empty where no single field is.</summary>
    public IReadOnlyList<FieldViolation> Violations { get; }

    /// <summary>When to try again, where the service says so.</summary>
    public TimeSpan? RetryDelay { get; }

    /// <summary>Id under which the service's log has the details of a failure that nobody foresaw; otherwise null.</summary>
    public string? ErrorId { get; }

    /// <summary>Whether the service answered; false where it was not reached or the connection broke.</summary>
    public bool FromService { get; }

    /// <summary>Makes the exception of a break that came as the transport threw it.</summary>
    internal static LabelerException Of(Exception failure) => failure as LabelerException
        ?? (failure is RpcException known
            ? new LabelerException(known)
            : new LabelerException(new ServiceError(StatusCode.Unavailable, failure.Message, "", [], null, null, FromService: false), failure));

    private static string Sentence(ServiceError error)
    {
        var said = error.Message.Length > 0 ? error.Message : $"the service answered {error.Status}";
        var places = error.Violations.Count == 0 ? ""
            : $" ({string.Join("; ", error.Violations.Take(5).Select(violation => $"{violation.Field}: {violation.Description}"))}{(error.Violations.Count > 5 ? "; …" : "")})";
        return said + places;
    }
}
