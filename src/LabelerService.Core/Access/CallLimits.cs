namespace LabelerService.Core.Access;

/// <summary>How much a caller may call. What is null is not said, and something else says it; 0 is no limit.</summary>
public readonly record struct CallLimits
{
    /// <summary>Most requests a second.</summary>
    public const double MostRequestsPerSecond = 1_000_000;

    /// <summary>Fewest requests a second that are a limit: four a day, roughly.</summary>
    public const double FewestRequestsPerSecond = 0.00005;

    /// <summary>Most requests at once, and most calls under way.</summary>
    public const int MostAtOnce = 1_000_000;

    /// <summary>Requests a second; each message of a stream is one.</summary>
    public double? RequestsPerSecond { get; init; }

    /// <summary>Requests at once after a pause; by default those of a second, at least one.</summary>
    public int? Burst { get; init; }

    /// <summary>Calls and streams under way at the same time.</summary>
    public int? ConcurrentCalls { get; init; }

    /// <summary>Whether a number can be a rate: 0, which is no limit, or one between the bounds.</summary>
    public static bool IsRate(double perSecond) => perSecond is 0 or (>= FewestRequestsPerSecond and <= MostRequestsPerSecond);

    /// <summary>These limits, and where they say nothing, the others.</summary>
    public CallLimits Or(CallLimits others) => new()
    {
        RequestsPerSecond = RequestsPerSecond ?? others.RequestsPerSecond,

        // A burst belongs to its rate.
        Burst = Burst ?? (RequestsPerSecond is null ? others.Burst : null),
        ConcurrentCalls = ConcurrentCalls ?? others.ConcurrentCalls,
    };
}
