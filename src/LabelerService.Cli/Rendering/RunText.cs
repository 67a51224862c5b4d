using System.Globalization;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Rendering;

/// <summary>Runs in words.</summary>
internal static class RunText
{
    /// <summary>Where a run stands, for example <c>succeeded</c>.</summary>
    public static string State(TrainingRun.Types.State state) => state.ToString().ToLowerInvariant();

    /// <summary>Where it stands, with its place in the queue, progress or reason.</summary>
    public static string Standing(TrainingRun run, DateTimeOffset now) => run.State switch
    {
        TrainingRun.Types.State.Queued when QueueText.Place(run, now) is { } place => $"queued: {place}",
        TrainingRun.Types.State.Running when run.Progress is { Epochs: > 0 } progress =>
            string.Create(CultureInfo.InvariantCulture, $"running, {progress.Phase} {progress.Epoch} of {progress.Epochs}{(QueueText.End(run, now) is { } end ? $", {end}" : "")}"),
        TrainingRun.Types.State.Failed => $"failed: {Tables.Shorten(run.FailureMessage, 80)}",
        var state => run.CancelRequested && state is TrainingRun.Types.State.Running ? "being cancelled" : State(state),
    };

    /// <summary>Seconds from start to end, or null where it has not ended.</summary>
    public static double? Seconds(TrainingRun run) =>
        run.StartTime is null || run.EndTime is null ? null : (run.EndTime.ToDateTimeOffset() - run.StartTime.ToDateTimeOffset()).TotalSeconds;
}
