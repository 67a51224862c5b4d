using Grpc.Core;
using Grpc.Core.Interceptors;

namespace LabelerService.Client;

/// <summary>
/// Sends calls again that may be (<see cref="RepeatableCalls"/>). Instead of gRPC's own retries, which know neither <c>RetryInfo</c> nor
/// requests with a <c>request_id</c>, and do not repeat messages above 1 MiB.
/// </summary>
internal sealed class CallRetries(RetrySettings settings, TimeProvider time) : Interceptor
{
    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
    {
        if (settings.MaxAttempts == 1 || !RepeatableCalls.Includes(context.Method, request))
        {
            return continuation(request, context);
        }

        var call = new RetriedCall<TRequest, TResponse>(request, context, continuation, settings, time);
        return new AsyncUnaryCall<TResponse>(call.ResponseAsync, call.HeadersAsync(), call.GetStatus, call.GetTrailers, call.Dispose);
    }
}
