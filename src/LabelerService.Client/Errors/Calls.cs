using System.Runtime.CompilerServices;
using Grpc.Core;

namespace LabelerService.Client;

/// <summary>Makes calls so that what fails is a <see cref="LabelerException"/>, and what is cancelled an <see cref="OperationCanceledException"/>.</summary>
internal static class Calls
{
    /// <summary>A call that answers once.</summary>
    public static async Task<T> RunAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call();
        }
        catch (Exception failure) when (Translate(failure, cancellationToken) is not null)
        {
            throw Translate(failure, cancellationToken)!;
        }
    }

    /// <summary>A call that answers with a stream; leaving it early ends it.</summary>
    public static async IAsyncEnumerable<T> ReadAsync<T>(
        Func<AsyncServerStreamingCall<T>> open, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var call = open();
        while (await RunAsync(() => call.ResponseStream.MoveNext(cancellationToken), cancellationToken))
        {
            yield return call.ResponseStream.Current;
        }
    }

    /// <summary>The exception to throw instead; null if this one may pass.</summary>
    public static Exception? Translate(Exception failure, CancellationToken cancellationToken) => failure switch
    {
        RpcException when cancellationToken.IsCancellationRequested => new OperationCanceledException("The call was cancelled.", failure, cancellationToken),
        RpcException => LabelerException.Of(failure),
        _ => null,
    };
}
