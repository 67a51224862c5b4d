using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Rendering;

/// <summary>A training run as a JSON document.</summary>
internal static class RunDocument
{
    public static object Of(TrainingRun run) => new
    {
        run.Name,
        State = RunText.State(run.State),
        ModelVersion = NullIfEmpty(run.ModelVersion),
        Backbone = NullIfEmpty(run.Backbone),
        run.Algorithm,
        run.ModelId,
        run.Seed,
        run.Priority,
        Settings = run.EffectiveSettings.Count > 0 ? run.EffectiveSettings : run.Settings,
        FailureMessage = NullIfEmpty(run.FailureMessage),
        run.Attempt,
        Trainer = NullIfEmpty(run.Trainer),
        run.CancelRequested,
        CreateTime = run.CreateTime?.ToDateTimeOffset(),
        StartTime = run.StartTime?.ToDateTimeOffset(),
        EndTime = run.EndTime?.ToDateTimeOffset(),
        Seconds = RunText.Seconds(run),
        QueuePosition = run.HasQueuePosition ? run.QueuePosition : (int?)null,
        EstimatedStartTime = run.EstimatedStartTime?.ToDateTimeOffset(),
        EstimatedEndTime = run.EstimatedEndTime?.ToDateTimeOffset(),
        RetrainingPolicy = NullIfEmpty(run.RetrainingPolicy),
        RetrainingReason = NullIfEmpty(run.RetrainingReason),
    };

    /// <summary>An event of a run.</summary>
    public static object Of(TrainingRunEvent happened) => new
    {
        happened.Sequence,
        Time = happened.Time?.ToDateTimeOffset(),
        State = RunText.State(happened.State),
        Message = NullIfEmpty(happened.Message),
        Progress = happened.Progress is { } progress
            ? new
            {
                progress.Phase,
                progress.Epoch,
                progress.Epochs,
                progress.Loss,
                ValidationMetric = NullIfEmpty(progress.ValidationMetric),
                progress.ValidationValue,
                SecondsLeft = progress.EstimatedTimeLeft?.ToTimeSpan().TotalSeconds,
            }
            : null,
    };

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}
