using Grpc.Core;
using Grpc.Core.Interceptors;
using LabelerService.Core.Errors;

namespace LabelerService.Server.Security;

/// <summary>
/// Streams may outlive the credential they were opened with. Each of their messages, in and out, passes only while it is still valid: a
/// revoked key takes effect in calls under way too.
/// </summary>
internal sealed class StreamGuard(KeyRing ring) : Interceptor
{
    public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation) =>
        continuation(Guard(requestStream, context), context);

    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation) =>
        continuation(request, Guard(responseStream, context), context);

    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation) =>
        continuation(Guard(requestStream, context), Guard(responseStream, context), context);

    private IAsyncStreamReader<T> Guard<T>(IAsyncStreamReader<T> stream, ServerCallContext context) =>
        Ending(context) is { } caller ? new GuardedReader<T>(stream, caller, ring) : stream;

    private IServerStreamWriter<T> Guard<T>(IServerStreamWriter<T> stream, ServerCallContext context) =>
        Ending(context) is { } caller ? new GuardedWriter<T>(stream, caller, ring) : stream;

    // Probes have no caller, and the anonymous one never ends.
    private static Caller? Ending(ServerCallContext context) =>
        Caller.Find(context.GetHttpContext()) is { } caller && (caller.KeyId ?? (object?)caller.ExpireTime) is not null ? caller : null;

    private static void Check(Caller caller, KeyRing ring)
    {
        if (!ring.IsLive(caller))
        {
            throw new ServiceException(
                ErrorKind.Unauthenticated, "CREDENTIAL_ENDED",
                "The key was revoked or has expired while the call was under way. What was acknowledged is stored; go on with another key.");
        }
    }

    private sealed class GuardedReader<T>(IAsyncStreamReader<T> inner, Caller caller, KeyRing ring) : IAsyncStreamReader<T>
    {
        public T Current => inner.Current;

        public async Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            var more = await inner.MoveNext(cancellationToken);
            Check(caller, ring);
            return more;
        }
    }

    private sealed class GuardedWriter<T>(IServerStreamWriter<T> inner, Caller caller, KeyRing ring) : IServerStreamWriter<T>
    {
        public WriteOptions? WriteOptions
        {
            get => inner.WriteOptions;
            set => inner.WriteOptions = value;
        }

        public Task WriteAsync(T message) => WriteAsync(message, CancellationToken.None);

        public Task WriteAsync(T message, CancellationToken cancellationToken)
        {
            Check(caller, ring);
            return inner.WriteAsync(message, cancellationToken);
        }
    }
}
