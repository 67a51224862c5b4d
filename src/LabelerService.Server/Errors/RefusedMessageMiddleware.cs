using System.Globalization;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using LabelerService.Server.Validation;
using Microsoft.AspNetCore.Http.Features;

namespace LabelerService.Server.Errors;

/// <summary>
/// Adds the details to the status of a message that gRPC refuses before any handler or interceptor sees it: one over the size limit, with
/// a bare RESOURCE_EXHAUSTED, and one that cannot be parsed, with a bare UNKNOWN. Every status of our own carries details already.
/// </summary>
internal sealed class RefusedMessageMiddleware(RequestDelegate next)
{
    private const string StatusHeader = "grpc-status";
    private const string MessageHeader = "grpc-message";
    private const string DetailsHeader = "grpc-status-details-bin";

    private static readonly Status TooLarge = Refusal(
        Code.ResourceExhausted, "MESSAGE_TOO_LARGE", "The message is too large.",
        $"is larger than {Limits.MessageBytes} bytes; send smaller batches, or the streaming twin of the call");

    /// <summary>The status of a message that is not what the call takes.</summary>
    public static Status Malformed { get; } = Refusal(
        Code.InvalidArgument, "MESSAGE_MALFORMED", "The message cannot be read.",
        "is not the protobuf message of this call, or holds a text that is not valid UTF-8");

    /// <summary>Handles a request.</summary>
    public async Task InvokeAsync(HttpContext context)
    {
        await next(context);

        // The status is in the headers of an answer that never started, in the trailers of one that did.
        var destination = context.Response.HasStarted
            ? context.Features.Get<IHttpResponseTrailersFeature>()?.Trailers
            : context.Response.Headers;
        if (destination is not { IsReadOnly: false } || destination.ContainsKey(DetailsHeader))
        {
            return;
        }

        if (destination[StatusHeader] == "8")
        {
            destination[DetailsHeader] = Details(TooLarge);
        }
        else if (destination[StatusHeader] == "2")
        {
            destination[StatusHeader] = Malformed.Code.ToString(CultureInfo.InvariantCulture);
            destination[MessageHeader] = Uri.EscapeDataString(Malformed.Message);
            destination[DetailsHeader] = Details(Malformed);
        }
    }

    private static string Details(Status status) => Convert.ToBase64String(status.ToByteArray()).TrimEnd('=');

    private static Status Refusal(Code code, string reason, string message, string description) => new()
    {
        Code = (int)code,
        Message = message,
        Details =
        {
            Any.Pack(new ErrorInfo { Reason = reason, Domain = StatusMapper.Domain }),
            Any.Pack(new BadRequest
            {
                FieldViolations = { new BadRequest.Types.FieldViolation { Field = "message", Description = description } },
            }),
        },
    };
}
