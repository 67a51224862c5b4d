using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using LabelerService.Core.Errors;
using RpcStatus = Google.Rpc.Status;

namespace LabelerService.Server.Errors;

/// <summary>Turns failures into <c>google.rpc.Status</c> with details (AIP-193). The text of an unexpected exception never goes out.</summary>
internal static class StatusMapper
{
    /// <summary>Domain of every <c>ErrorInfo</c>.</summary>
    public const string Domain = "labeler.service";

    private static readonly Duration RetryDelay = Duration.FromTimeSpan(TimeSpan.FromSeconds(1));

    /// <summary>The status of an error the caller is meant to see.</summary>
    public static RpcException ToRpcException(ServiceException error) => ToStatus(error).ToRpcException();

    /// <summary>The status of an error the caller is meant to see, as a message.</summary>
    public static RpcStatus ToStatus(ServiceException error)
    {
        var status = Create(Code(error.Kind), error.Reason, error.Message);
        if (error.IsQuota)
        {
            var quota = new QuotaFailure();
            quota.Violations.AddRange(error.Violations.Select(violation =>
                new QuotaFailure.Types.Violation { Subject = violation.Field, Description = violation.Description }));
            status.Details.Add(Any.Pack(quota));
        }
        else if (error.Violations.Count > 0)
        {
            var badRequest = new BadRequest();
            badRequest.FieldViolations.AddRange(error.Violations.Select(violation =>
                new BadRequest.Types.FieldViolation { Field = violation.Field, Description = violation.Description }));
            status.Details.Add(Any.Pack(badRequest));
        }

        switch (error.Kind)
        {
            case ErrorKind.FailedPrecondition:
                status.Details.Add(Any.Pack(new PreconditionFailure
                {
                    Violations = { new PreconditionFailure.Types.Violation { Type = error.Reason, Description = error.Message } },
                }));
                break;
            case ErrorKind.ResourceExhausted or ErrorKind.Unavailable:
                status.Details.Add(Any.Pack(new RetryInfo { RetryDelay = error.RetryAfter is { } delay ? Duration.FromTimeSpan(delay) : RetryDelay }));
                break;
        }

        return status;
    }

    /// <summary>The status of an error nobody foresaw; its id is in the log.</summary>
    public static RpcException Internal(string id)
    {
        var status = Create(Google.Rpc.Code.Internal, "INTERNAL", $"The service failed. Its log has the details under id {id}.");
        status.Details[0] = Any.Pack(new ErrorInfo { Reason = "INTERNAL", Domain = Domain, Metadata = { ["error_id"] = id } });
        return status.ToRpcException();
    }

    private static RpcStatus Create(Google.Rpc.Code code, string reason, string message) => new()
    {
        Code = (int)code,
        Message = message,
        Details = { Any.Pack(new ErrorInfo { Reason = reason, Domain = Domain }) },
    };

    private static Google.Rpc.Code Code(ErrorKind kind) => kind switch
    {
        ErrorKind.InvalidArgument => Google.Rpc.Code.InvalidArgument,
        ErrorKind.NotFound => Google.Rpc.Code.NotFound,
        ErrorKind.AlreadyExists => Google.Rpc.Code.AlreadyExists,
        ErrorKind.FailedPrecondition => Google.Rpc.Code.FailedPrecondition,
        ErrorKind.Aborted => Google.Rpc.Code.Aborted,
        ErrorKind.ResourceExhausted => Google.Rpc.Code.ResourceExhausted,
        ErrorKind.Unavailable => Google.Rpc.Code.Unavailable,
        ErrorKind.Unauthenticated => Google.Rpc.Code.Unauthenticated,
        ErrorKind.PermissionDenied => Google.Rpc.Code.PermissionDenied,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };
}
