using Grpc.Core;
using Grpc.Core.Interceptors;
using LabelerService.Core.Access;

namespace LabelerService.Server.Security.Limits;

/// <summary>
/// The rate of a caller within streams: each message after the first, which the call has paid for, waits until the rate allows it. It is held
/// before the handler sees it, so that whatever was acknowledged before stays, and nothing is lost.
/// </summary>
internal sealed class StreamPace(CallLimiter limiter) : Interceptor
{
    public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation) =>
        continuation(Paced(requestStream, context), context);

    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation) =>
        continuation(Paced(requestStream, context), responseStream, context);

    private IAsyncStreamReader<T> Paced<T>(IAsyncStreamReader<T> stream, ServerCallContext context)
    {
        if (Caller.Find(context.GetHttpContext()) is not { } caller)
        {
            return stream;
        }

        var limits = limiter.Of(caller);
        return limits.RequestsPerSecond is > 0 ? new PacedReader<T>(stream, limiter, caller, limits, context.CancellationToken) : stream;
    }

    private sealed class PacedReader<T>(IAsyncStreamReader<T> inner, CallLimiter limiter, Caller caller, CallLimits limits, CancellationToken ended)
        : IAsyncStreamReader<T>
    {
        private bool _first = true;

        public T Current => inner.Current;

        public async Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            if (!await inner.MoveNext(cancellationToken))
            {
                return false;
            }

            if (_first)
            {
                _first = false;
            }
            else
            {
                await limiter.WaitAsync(caller, limits, cancellationToken.CanBeCanceled ? cancellationToken : ended);
            }

            return true;
        }
    }
}
