using System.Security.Cryptography;

namespace LabelerService.Client;

/// <summary>
/// Pauses that grow twofold to an upper end, each drawn between half of its upper end and the upper end: clients that lost the same server
/// do not come back in step.
/// </summary>
internal static class Backoff
{
    private const int Steps = 1 << 20;

    /// <summary>The pause after a number of failures, from 1.</summary>
    public static TimeSpan After(int failures, RetrySettings settings)
    {
        var upper = Math.Min(settings.FirstPause.Ticks * Math.Pow(2, Math.Min(failures - 1, 40)), settings.LongestPause.Ticks);
        return TimeSpan.FromTicks((long)(upper * (0.5 + (0.5 * RandomNumberGenerator.GetInt32(Steps) / Steps))));
    }
}
