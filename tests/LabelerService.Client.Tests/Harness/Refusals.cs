using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;

namespace LabelerService.Client.Tests.Harness;

/// <summary>Errors as the service sends them.</summary>
internal static class Refusals
{
    public static RpcException Of(
        Code code, string reason, string message, IEnumerable<(string Field, string Description)>? fields = null, TimeSpan? retry = null,
        string? errorId = null)
    {
        var info = new ErrorInfo { Reason = reason, Domain = "labeler.service" };
        if (errorId is not null)
        {
            info.Metadata["error_id"] = errorId;
        }

        var status = new Google.Rpc.Status { Code = (int)code, Message = message, Details = { Any.Pack(info) } };
        if (fields is not null)
        {
            var request = new BadRequest();
            request.FieldViolations.AddRange(fields.Select(
                field => new BadRequest.Types.FieldViolation { Field = field.Field, Description = field.Description }));
            status.Details.Add(Any.Pack(request));
        }

        if (retry is { } delay)
        {
            status.Details.Add(Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(delay) }));
        }

        return status.ToRpcException();
    }
}
