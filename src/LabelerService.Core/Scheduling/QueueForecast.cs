namespace LabelerService.Core.Scheduling;

/// <summary>
/// When the runs of a queue are likely to start, by list scheduling: each one in its turn takes the slot that is free first. What is
/// not known is not guessed: a run of unknown length holds its slot for ever, so that what follows on that slot is unknown, too.
/// </summary>
public static class QueueForecast
{
    /// <summary>Time that stands for unknown.</summary>
    public const double Unknown = double.PositiveInfinity;

    /// <summary>Start of each waiting run, in seconds from now; <see cref="Unknown"/> where nobody can tell.</summary>
    /// <param name="slots">Runs that go on at once; more where more than that are running.</param>
    /// <param name="remaining">Seconds that each running run has left, <see cref="Unknown"/> where that is not known.</param>
    /// <param name="durations">Seconds that each waiting run is likely to take, in the order of the queue.</param>
    /// <exception cref="ArgumentException">A time is negative or no number.</exception>
    public static double[] Starts(int slots, ReadOnlySpan<double> remaining, ReadOnlySpan<double> durations)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(slots);
        var starts = new double[durations.Length];
        if (slots == 0)
        {
            Array.Fill(starts, Unknown);
            return starts;
        }

        var free = new PriorityQueue<int, double>();
        foreach (var left in remaining)
        {
            free.Enqueue(0, Checked(left, nameof(remaining)));
        }

        for (var slot = remaining.Length; slot < slots; slot++)
        {
            free.Enqueue(0, 0);
        }

        // More runs than slots: a trainer that leaves finishes what it has, and takes nothing new. The last ones to end are not refilled.
        var surplus = remaining.Length - slots;
        var open = new PriorityQueue<int, double>();
        while (free.TryDequeue(out _, out var time))
        {
            if (surplus-- > 0)
            {
                continue;
            }

            open.Enqueue(0, time);
        }

        for (var i = 0; i < durations.Length; i++)
        {
            open.TryDequeue(out _, out var start);
            starts[i] = start;
            open.Enqueue(0, start + Checked(durations[i], nameof(durations)));
        }

        return starts;
    }

    private static double Checked(double seconds, string name) =>
        seconds >= 0 ? seconds : throw new ArgumentException("A time is not negative.", name);
}
