namespace LabelerService.Client;

/// <summary>How calls are repeated, and how long a stream is taken up again.</summary>
/// <remarks>
/// Repeated are calls that change nothing and calls whose repetition changes nothing: reads, predictions, and writes that carry a
/// <c>request_id</c>. Others are sent once. A delay that the service asks for (<c>google.rpc.RetryInfo</c> or
/// <c>grpc-retry-pushback-ms</c>) is kept; no repetition begins after the call's deadline. Only the day of a key's quota (<c>KEY_QUOTA_EXCEEDED</c>) is not waited for, unless it ends within
/// <see cref="LongestPause"/>.
/// </remarks>
public sealed record RetrySettings
{
    /// <summary>Tries of a call, the first included: 4. 1 repeats nothing.</summary>
    public int MaxAttempts { get; init; } = 4;

    /// <summary>Upper end of the first pause: 0.2 seconds. A pause is drawn between half of its upper end and the upper end.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Upper end of the longest pause: 5 seconds; each is twice the one before.</summary>
    public TimeSpan LongestPause { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long an upload of annotations or a watch waits for a service that is away before it fails: 3 minutes.</summary>
    public TimeSpan LongestOutage { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>Refuses what makes no sense.</summary>
    /// <exception cref="ConnectionSettingsException">A setting is wrong.</exception>
    internal void Check()
    {
        if (MaxAttempts < 1 || FirstPause <= TimeSpan.Zero || LongestPause < FirstPause || LongestOutage < TimeSpan.Zero)
        {
            throw new ConnectionSettingsException(
                nameof(ConnectionSettings.Retries), "at least one attempt, a first pause above zero and none longer than the longest are possible");
        }
    }
}
