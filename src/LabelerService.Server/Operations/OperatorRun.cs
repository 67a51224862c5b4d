using LabelerService.Core.Errors;

namespace LabelerService.Server.Operations;

/// <summary>Work on a database by somebody at a terminal, or a timer's log. Progress and errors go to standard error.</summary>
internal static class OperatorRun
{
    /// <summary>Does it, and gives the exit code: 0, or 1 with the reason on standard error.</summary>
    public static async Task<int> RunAsync(Func<Task> work)
    {
        try
        {
            await work();
            return 0;
        }
        catch (Exception error) when (error is ServiceException or IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync(error.Message);
            return 1;
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("Stopped; nothing was left behind.");
            return 1;
        }
    }
}
