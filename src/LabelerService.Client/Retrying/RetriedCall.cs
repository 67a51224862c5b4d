using Grpc.Core;
using Grpc.Core.Interceptors;

namespace LabelerService.Client;

/// <summary>One call with its repetitions; to its caller it looks like the last of them.</summary>
internal sealed class RetriedCall<TRequest, TResponse> : IDisposable
    where TRequest : class
    where TResponse : class
{
    private readonly Interceptor.AsyncUnaryCallContinuation<TRequest, TResponse> _continuation;
    private readonly ClientInterceptorContext<TRequest, TResponse> _context;
    private readonly RetrySettings _settings;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _disposed = new();
    private volatile AsyncUnaryCall<TResponse> _current;

    public RetriedCall(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, Interceptor.AsyncUnaryCallContinuation<TRequest, TResponse> continuation,
        RetrySettings settings, TimeProvider time)
    {
        (_context, _continuation, _settings, _time) = (context, continuation, settings, time);
        // The first try begins before the caller goes on, as without repetitions.
        _current = continuation(request, context);
        ResponseAsync = RunAsync(request);
    }

    public Task<TResponse> ResponseAsync { get; }

    public async Task<Metadata> HeadersAsync()
    {
        try
        {
            await ResponseAsync;
        }
        catch (RpcException)
        {
            // The response says it; a call that failed may have had headers all the same.
        }

        return await _current.ResponseHeadersAsync;
    }

    public Status GetStatus() => _current.GetStatus();

    public Metadata GetTrailers() => _current.GetTrailers();

    public void Dispose()
    {
        if (!ResponseAsync.IsCompleted)
        {
            _disposed.Cancel();
        }

        _current.Dispose();
    }

    private async Task<TResponse> RunAsync(TRequest request)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(_context.Options.CancellationToken, _disposed.Token);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await _current.ResponseAsync;
            }
            catch (RpcException failure) when (attempt < _settings.MaxAttempts && !ended.IsCancellationRequested)
            {
                if (RetryAdvice.Pause(failure, attempt, _settings) is not { } pause || EndsBefore(pause))
                {
                    throw;
                }

                try
                {
                    await Task.Delay(pause, _time, ended.Token);
                }
                catch (OperationCanceledException)
                {
                    throw new RpcException(new Status(StatusCode.Cancelled, "The call was cancelled while it waited for its next try.", failure));
                }
            }

            _current.Dispose();
            _current = _continuation(request, _context);
        }
    }

    private bool EndsBefore(TimeSpan pause) => _context.Options.Deadline is { } deadline && _time.GetUtcNow().UtcDateTime + pause >= deadline;
}
