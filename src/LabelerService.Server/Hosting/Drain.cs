using LabelerService.Core.Errors;

namespace LabelerService.Server.Hosting;

/// <summary>
/// Ends calls that could go on for ever when the server is to stop: their clients get UNAVAILABLE at once and go on with another replica,
/// instead of holding the shutdown until its timeout cuts them off.
/// </summary>
/// <remarks>
/// Connections close only after <see cref="FarewellTime"/>: a client that is still sending when its stream is answered and its connection
/// closed in the same moment takes the closing for the answer (.NET's then reports INTERNAL).
/// </remarks>
/// <param name="lifetime">Says when the server is to stop.</param>
/// <param name="options">How long it then goes on taking calls.</param>
/// <param name="time">The clock.</param>
internal sealed class Drain(IHostApplicationLifetime lifetime, ServerOptions options, TimeProvider time) : IHostedLifecycleService
{
    /// <summary>Time that clients sent away get to read their answer.</summary>
    public static readonly TimeSpan FarewellTime = TimeSpan.FromMilliseconds(500);

    private int _waiting;
    private int _sentAway;

    /// <summary>Cancelled when the server is to stop.</summary>
    public CancellationToken Stopping => lifetime.ApplicationStopping;

    /// <summary>Awaits something that may take for ever. Its token is cancelled with the call and when the server is to stop.</summary>
    /// <exception cref="ServiceException">UNAVAILABLE: the server stops.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public async Task<T> UnlessStoppingAsync<T>(Func<CancellationToken, Task<T>> wait, CancellationToken call)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(call, Stopping);
        Interlocked.Increment(ref _waiting);
        try
        {
            return await wait(either.Token);
        }
        catch (OperationCanceledException) when (Stopping.IsCancellationRequested && !call.IsCancellationRequested)
        {
            Interlocked.Increment(ref _sentAway);
            throw new ServiceException(
                ErrorKind.Unavailable, "SERVER_STOPPING", "The server stops. Call again: whatever was acknowledged is stored.");
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    /// <summary>Comes before any port closes. Who still comes is served: a balancer may not have looked yet.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        if (options.DrainDelay > TimeSpan.Zero)
        {
            await Task.Delay(options.DrainDelay, time, cancellationToken);
        }

        if (Volatile.Read(ref _waiting) + Volatile.Read(ref _sentAway) > 0)
        {
            await Task.Delay(FarewellTime, time, cancellationToken);
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
