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
    };

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}
