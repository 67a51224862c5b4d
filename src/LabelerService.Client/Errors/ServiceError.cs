using Google.Rpc;
using Grpc.Core;

namespace LabelerService.Client;

/// <summary>What a failed call says, in parts.</summary>
/// <param name="Status">gRPC's status code.</param>
/// <param name="Message">What happened, in the service's words; may be empty.</param>
/// <param name="Reason">Why, for programs: <c>ErrorInfo.reason</c>; empty where the service did not answer.</param>
/// <param name="Violations">Fields at fault; empty where no single field is.</param>
/// <param name="RetryDelay">When to try again, where the service says so.</param>
/// <param name="ErrorId">Id under which the service's log has the details; only of failures nobody foresaw.</param>
/// <param name="FromService">Whether the service answered; otherwise the transport failed.</param>
internal sealed record ServiceError(
    StatusCode Status, string Message, string Reason, IReadOnlyList<FieldViolation> Violations, TimeSpan? RetryDelay, string? ErrorId,
    bool FromService)
{
    /// <summary>Reason of a refusal because a dataset would hold more than it may.</summary>
    public const string QuotaExceeded = "QUOTA_EXCEEDED";

    /// <summary>Reason of a refusal because more was stored with a key on one day than may be.</summary>
    public const string KeyQuotaExceeded = "KEY_QUOTA_EXCEEDED";

    // Key of ErrorInfo.metadata.
    private const string ErrorIdKey = "error_id";

    /// <summary>Reads a failed call.</summary>
    public static ServiceError Of(RpcException exception)
    {
        var status = exception.GetRpcStatus();
        var info = status?.GetDetail<ErrorInfo>();
        var fields = status?.GetDetail<BadRequest>()?.FieldViolations
            .Select(violation => new FieldViolation(violation.Field, violation.Description)) ?? [];
        var quotas = status?.GetDetail<QuotaFailure>()?.Violations
            .Select(violation => new FieldViolation(violation.Subject, violation.Description)) ?? [];
        return new ServiceError(
            exception.StatusCode, exception.Status.Detail, info?.Reason ?? "", [.. fields, .. quotas],
            status?.GetDetail<RetryInfo>()?.RetryDelay?.ToTimeSpan(), info?.Metadata.GetValueOrDefault(ErrorIdKey), status is not null);
    }
}
