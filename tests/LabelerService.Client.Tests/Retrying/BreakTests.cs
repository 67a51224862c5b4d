using System.Net.Sockets;
using System.Security.Authentication;
using Google.Rpc;
using Grpc.Core;
using LabelerService.Client.Tests.Harness;

namespace LabelerService.Client.Tests.Retrying;

/// <summary>A break of the connection is one, whichever layer says it; an answer of the service is none.</summary>
public sealed class BreakTests
{
    public static IEnumerable<object[]> OfTheTransport =>
    [
        [new IOException("The request was aborted.")],
        [new IOException("unable to read", new SocketException((int)SocketError.ConnectionReset))],
        [new HttpRequestException("connection refused", new SocketException((int)SocketError.ConnectionRefused))],
        [new ObjectDisposedException("stream")],
        [new AggregateException(new IOException("reset"))],
        [new RpcException(new Grpc.Core.Status(StatusCode.Unavailable, "", new HttpRequestException("refused")))],
        [new RpcException(new Grpc.Core.Status(StatusCode.Internal, "", new IOException("reset")))],
        [new RpcException(new Grpc.Core.Status(StatusCode.Cancelled, "", new IOException("aborted")))],
        [new RpcException(new Grpc.Core.Status(StatusCode.Unavailable, "going down"))],
    ];

    public static IEnumerable<object[]> OfTheService =>
    [
        [Refusals.Of(Code.Internal, "INTERNAL", "failed")],
        [Refusals.Of(Code.InvalidArgument, "INVALID_FIELD", "wrong")],
        [new RpcException(new Grpc.Core.Status(StatusCode.Cancelled, "cancelled"))],
        [new RpcException(new Grpc.Core.Status(StatusCode.Unavailable, "", new HttpRequestException("tls", new AuthenticationException("untrusted"))))],
        [new InvalidOperationException("a mistake")],
        [new OperationCanceledException()],
    ];

    [Theory]
    [MemberData(nameof(OfTheTransport))]
    public void A_break_may_be_gone_on_from(Exception failure) => Assert.True(Breaks.MayGoOn(failure));

    [Theory]
    [MemberData(nameof(OfTheService))]
    public void An_answer_is_no_break(Exception failure) => Assert.False(Breaks.MayGoOn(failure));
}
