using System.Net.Sockets;
using Grpc.Core;

namespace LabelerService.Client;

/// <summary>
/// Tells breaks of a connection from answers of the service. A server that dies leaves UNAVAILABLE, INTERNAL, CANCELLED or UNKNOWN, as the
/// transport happens to see it, and a message that was just being written may throw what the transport threw, unwrapped.
/// </summary>
internal static class Breaks
{
    /// <summary>Whether the transport failed; the service has not answered.</summary>
    public static bool IsTransport(Exception exception) => exception switch
    {
        RpcException { StatusCode: StatusCode.Internal or StatusCode.Unknown or StatusCode.Cancelled or StatusCode.Unavailable } failure =>
            failure.Status.DebugException is { } cause && IsTransport(cause),
        // Who is on the other side is not what was meant; that will not change.
        _ when IsTls(exception) => false,
        IOException or HttpRequestException or SocketException or ObjectDisposedException => true,
        AggregateException several => several.InnerExceptions.Any(IsTransport),
        _ => false,
    };

    /// <summary>Whether a stream that ended so may be taken up again: the connection broke, or the service is going down or not yet up.</summary>
    public static bool MayGoOn(Exception exception) =>
        (exception is RpcException { StatusCode: StatusCode.Unavailable } && !IsTls(exception)) || IsTransport(exception);

    /// <summary>Whether no secure connection came about: trying again changes nothing.</summary>
    public static bool IsTls(Exception exception)
    {
        for (var cause = exception; cause is not null; cause = cause is RpcException failure ? failure.Status.DebugException : cause.InnerException)
        {
            if (cause is System.Security.Authentication.AuthenticationException)
            {
                return true;
            }
        }

        return false;
    }
}
