using System.Diagnostics;
using Xunit.Sdk;

namespace LabelerService.EndToEnd.Harness;

/// <summary>Checks of what another process does in its own time: exporters that send in batches, lines of a log, counters that follow an answer.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Repeats a check until it holds; its last failure is the test's when it never does.</summary>
    public static async Task HoldsAsync(Func<Task> check)
    {
        for (var watch = Stopwatch.StartNew(); ;)
        {
            try
            {
                await check();
                return;
            }
            catch (XunitException) when (watch.Elapsed < Patience)
            {
                await Task.Delay(Pause);
            }
        }
    }
}
