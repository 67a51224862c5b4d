using System.Runtime.CompilerServices;
using Grpc.Core;
using LabelerService.Contracts.V1;

namespace LabelerService.Client;

/// <summary>Predicts over a bidirectional stream, a window of messages at a time; after a break what was not answered is asked again.</summary>
internal sealed class PredictionStream(ServiceConnection connection)
{
    private const int Window = 4;

    private readonly Outage _outage = new(connection);
    private readonly Queue<BatchPredictRequest> _unanswered = new();
    private bool _ended;

    /// <summary>Asks, and gives out the answers in the order of the requests.</summary>
    /// <exception cref="LabelerException">The service refused or failed, or stayed away for too long.</exception>
    public async IAsyncEnumerable<BatchPredictResponse> AskAsync(
        IAsyncEnumerable<BatchPredictRequest> requests, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using var source = requests.GetAsyncEnumerator(ended.Token);
        Task<bool>? reading = null;
        try
        {
            while (!_ended || _unanswered.Count > 0)
            {
                Exception? failure = null;
                using (var call = connection.Predictions.StreamPredict(cancellationToken: cancellationToken))
                {
                    var again = new Queue<BatchPredictRequest>(_unanswered);
                    Task<Exception?>? answer = null;
                    // A message that cannot be written does not say why the call is over; the answers do, after those before it.
                    var open = true;
                    while (failure is null && (!_ended || _unanswered.Count > 0))
                    {
                        if (open && again.TryDequeue(out var request))
                        {
                            open = await WriteAsync(call, request, cancellationToken);
                            continue;
                        }

                        var room = open && !_ended && _unanswered.Count < Window;
                        reading ??= room ? source.MoveNextAsync().AsTask() : null;
                        answer ??= _unanswered.Count > 0 ? TryAsync(() => NextAsync(call, cancellationToken), cancellationToken) : null;
                        await Task.WhenAny(new Task?[] { room ? reading : null, answer }.OfType<Task>());
                        if (answer is { IsCompleted: true })
                        {
                            failure = await answer;
                            answer = null;
                            if (failure is null)
                            {
                                _unanswered.Dequeue();
                                _outage.End();
                                yield return call.ResponseStream.Current.Response;
                            }
                        }
                        else if (room && reading is { IsCompleted: true })
                        {
                            _ended = !await reading;
                            reading = null;
                            if (!_ended)
                            {
                                _unanswered.Enqueue(source.Current);
                                open = await WriteAsync(call, source.Current, cancellationToken);
                            }
                        }
                    }
                }

                if (failure is not null && !await _outage.WaitAsync(failure, cancellationToken))
                {
                    throw Calls.Translate(failure, cancellationToken) ?? LabelerException.Of(failure);
                }
            }
        }
        finally
        {
            // A sequence may not be disposed while it moves.
            await ended.CancelAsync();
            await ((Task?)reading ?? Task.CompletedTask).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task<bool> WriteAsync(
        AsyncDuplexStreamingCall<StreamPredictRequest, StreamPredictResponse> call, BatchPredictRequest request, CancellationToken cancellationToken) =>
        await TryAsync(() => call.RequestStream.WriteAsync(new StreamPredictRequest { Request = request }, cancellationToken), cancellationToken) is null;

    private static async Task NextAsync(
        AsyncDuplexStreamingCall<StreamPredictRequest, StreamPredictResponse> call, CancellationToken cancellationToken)
    {
        if (!await call.ResponseStream.MoveNext(cancellationToken))
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "the service ended the stream"));
        }
    }

    private static async Task<Exception?> TryAsync(Func<Task> step, CancellationToken cancellationToken)
    {
        try
        {
            await step();
            return null;
        }
        catch (Exception exception) when (ClientStream.IsOver(exception) && !cancellationToken.IsCancellationRequested)
        {
            return exception;
        }
    }
}
