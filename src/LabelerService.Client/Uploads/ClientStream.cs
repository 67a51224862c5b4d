using Grpc.Core;

namespace LabelerService.Client;

/// <summary>Sends a stream of messages and waits for the one answer.</summary>
internal static class ClientStream
{
    /// <summary>Largest message of a stream that the service takes; kept below with room for framing.</summary>
    public const int MaximumMessage = (1 << 20) - (16 << 10);

    /// <summary>Most entries a message may have.</summary>
    public const int MaximumEntries = 10_000;

    /// <summary>
    /// Sends the messages one after the other, each made only when the one before has gone out, so that a slow service slows the reading
    /// down. When making a message fails, the caller's disposal of the call cancels it: the service keeps nothing.
    /// </summary>
    /// <exception cref="RpcException">The service refused; with its own status even if it did so while messages were still going out.</exception>
    public static async Task<TResponse> SendAsync<TRequest, TResponse>(
        AsyncClientStreamingCall<TRequest, TResponse> call, IAsyncEnumerable<TRequest> messages, CancellationToken cancellationToken)
    {
        await foreach (var message in messages.WithCancellation(cancellationToken))
        {
            try
            {
                await call.RequestStream.WriteAsync(message, cancellationToken);
            }
            catch (Exception exception) when (IsOver(exception) && !cancellationToken.IsCancellationRequested)
            {
                // The call is over already; why, the answer says.
                return await call.ResponseAsync;
            }
        }

        try
        {
            await call.RequestStream.CompleteAsync();
        }
        catch (Exception exception) when (IsOver(exception) && !cancellationToken.IsCancellationRequested)
        {
            // As above.
        }

        return await call.ResponseAsync;
    }

    /// <summary>Whether a message could not be written because the call is over, whatever layer says so.</summary>
    public static bool IsOver(Exception exception) => exception is RpcException or InvalidOperationException || Breaks.IsTransport(exception);
}
