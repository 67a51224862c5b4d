using Grpc.Core;
using Grpc.Core.Interceptors;

namespace LabelerService.Cli.Client;

/// <summary>Gives every call a deadline and, where there is a key, the bearer token.</summary>
internal sealed class CallDefaults(ConnectionSettings settings, TimeProvider time) : Interceptor
{
    /// <summary>Deadline of a call that answers once.</summary>
    public static readonly TimeSpan UnaryTimeout = TimeSpan.FromMinutes(2);

    /// <summary>Deadline of a stream: an import of a large file, or one watch of a run (a watcher starts the next by itself).</summary>
    public static readonly TimeSpan StreamTimeout = TimeSpan.FromHours(6);

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation) =>
        continuation(request, Complete(context, UnaryTimeout));

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context,
        AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation) =>
        continuation(request, Complete(context, StreamTimeout));

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
        ClientInterceptorContext<TRequest, TResponse> context, AsyncClientStreamingCallContinuation<TRequest, TResponse> continuation) =>
        continuation(Complete(context, StreamTimeout));

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        ClientInterceptorContext<TRequest, TResponse> context, AsyncDuplexStreamingCallContinuation<TRequest, TResponse> continuation) =>
        continuation(Complete(context, StreamTimeout));

    private ClientInterceptorContext<TRequest, TResponse> Complete<TRequest, TResponse>(
        ClientInterceptorContext<TRequest, TResponse> context, TimeSpan timeout)
        where TRequest : class
        where TResponse : class
    {
        var options = context.Options;
        if (options.Deadline is null)
        {
            options = options.WithDeadline(time.GetUtcNow().Add(settings.Timeout ?? timeout).UtcDateTime);
        }

        if (settings.ApiKey is { } key)
        {
            var headers = new Metadata();
            foreach (var entry in options.Headers ?? [])
            {
                headers.Add(entry);
            }

            headers.Add("authorization", $"Bearer {key}");
            options = options.WithHeaders(headers);
        }

        return new ClientInterceptorContext<TRequest, TResponse>(context.Method, context.Host, options);
    }
}
