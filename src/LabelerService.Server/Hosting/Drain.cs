using LabelerService.Core.Errors;

namespace LabelerService.Server.Hosting;

/// <summary>
/// Ends calls that could go on for ever when the server is to stop: their clients get UNAVAILABLE at once and go on with another replica,
/// instead of holding the shutdown until its timeout cuts them off.
/// </summary>
internal sealed class Drain(IHostApplicationLifetime lifetime)
{
    /// <summary>Cancelled when the server is to stop.</summary>
    public CancellationToken Stopping => lifetime.ApplicationStopping;

    /// <summary>Awaits something that may take for ever. Its token is cancelled with the call and when the server is to stop.</summary>
    /// <exception cref="ServiceException">UNAVAILABLE: the server stops.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public async Task<T> UnlessStoppingAsync<T>(Func<CancellationToken, Task<T>> wait, CancellationToken call)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(call, Stopping);
        try
        {
            return await wait(either.Token);
        }
        catch (OperationCanceledException) when (Stopping.IsCancellationRequested && !call.IsCancellationRequested)
        {
            throw new ServiceException(
                ErrorKind.Unavailable, "SERVER_STOPPING", "The server stops. Call again: whatever was acknowledged is stored.");
        }
    }
}
