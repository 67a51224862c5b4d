using Grpc.Core;
using Grpc.Core.Interceptors;

namespace LabelerService.Client;

/// <summary>Gives every call a deadline and, where there is a key or a provider of tokens, the bearer token.</summary>
internal sealed class CallDefaults(ConnectionSettings settings, TimeProvider time) : Interceptor
{
    // Asked anew for each try of a call.
    private readonly CallCredentials? _credentials = settings.TokenProvider is not { } provider ? null : CallCredentials.FromInterceptor(
        async (context, metadata) => metadata.Add("authorization", $"Bearer {await provider(context.CancellationToken)}"));

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation) =>
        continuation(request, Complete(context, settings.UnaryTimeout));

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context,
        AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation) =>
        continuation(request, Complete(context, settings.StreamTimeout));

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
        ClientInterceptorContext<TRequest, TResponse> context, AsyncClientStreamingCallContinuation<TRequest, TResponse> continuation) =>
        continuation(Complete(context, settings.StreamTimeout));

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        ClientInterceptorContext<TRequest, TResponse> context, AsyncDuplexStreamingCallContinuation<TRequest, TResponse> continuation) =>
        continuation(Complete(context, settings.StreamTimeout));

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
        else if (_credentials is not null && options.Credentials is null)
        {
            options = options.WithCredentials(_credentials);
        }

        return new ClientInterceptorContext<TRequest, TResponse>(context.Method, context.Host, options);
    }
}
