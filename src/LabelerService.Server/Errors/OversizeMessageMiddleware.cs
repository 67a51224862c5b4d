using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using LabelerService.Server.Validation;
using Microsoft.AspNetCore.Http.Features;

namespace LabelerService.Server.Errors;

/// <summary>
/// Adds the details to the status of a message over the size limit. gRPC refuses such a message before any handler or interceptor sees
/// it, with a bare RESOURCE_EXHAUSTED.
/// </summary>
internal sealed class OversizeMessageMiddleware(RequestDelegate next)
{
    private const string StatusHeader = "grpc-status";
    private const string DetailsHeader = "grpc-status-details-bin";

    private static readonly string Details = Convert.ToBase64String(new Status
    {
        Code = (int)Code.ResourceExhausted,
        Message = "The message is too large.",
        Details =
        {
            Any.Pack(new ErrorInfo { Reason = "MESSAGE_TOO_LARGE", Domain = StatusMapper.Domain }),
            Any.Pack(new BadRequest
            {
                FieldViolations =
                {
                    new BadRequest.Types.FieldViolation
                    {
                        Field = "message",
                        Description = $"is larger than {Limits.MessageBytes} bytes; send smaller batches, or the streaming twin of the call",
                    },
                },
            }),
        },
    }.ToByteArray()).TrimEnd('=');

    /// <summary>Handles a request.</summary>
    public async Task InvokeAsync(HttpContext context)
    {
        await next(context);

        // The status is in the headers of an answer that never started, in the trailers of one that did. Every RESOURCE_EXHAUSTED of
        // our own carries details already.
        var destination = context.Response.HasStarted
            ? context.Features.Get<IHttpResponseTrailersFeature>()?.Trailers
            : context.Response.Headers;
        if (destination is { IsReadOnly: false } && destination[StatusHeader] == "8" && !destination.ContainsKey(DetailsHeader))
        {
            destination[DetailsHeader] = Details;
        }
    }
}
