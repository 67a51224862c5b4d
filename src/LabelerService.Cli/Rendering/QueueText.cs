using System.Globalization;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Rendering;

/// <summary>A run's place in the queue in words.</summary>
internal static class QueueText
{
    /// <summary>What to say when nobody works on the queue.</summary>
    public const string NoTrainer = "no trainer is alive: the run waits until one starts (`labeler serve` starts one with the service)";

    /// <summary>For example <c>third in the queue, starts in about 2 min, ends in about 5 min</c>; null for a run that does not wait.</summary>
    public static string? Place(TrainingRun run, DateTimeOffset now)
    {
        if (!run.HasQueuePosition)
        {
            return null;
        }

        var parts = new List<string> { run.QueuePosition == 1 ? "next in the queue" : string.Create(CultureInfo.InvariantCulture, $"number {run.QueuePosition} in the queue") };
        if (run.EstimatedStartTime is { } start)
        {
            parts.Add(start.ToDateTimeOffset() <= now.AddSeconds(1) ? "starts now" : $"starts in about {DurationText.Of(start.ToDateTimeOffset() - now)}");
        }

        if (End(run, now) is { } end)
        {
            parts.Add(end);
        }

        return string.Join(", ", parts);
    }

    /// <summary>For example <c>ends in about 5 min</c>; null where nobody can tell.</summary>
    public static string? End(TrainingRun run, DateTimeOffset now) =>
        run.EstimatedEndTime is { } end ? $"ends in about {DurationText.Of(end.ToDateTimeOffset() - now)}" : null;
}
