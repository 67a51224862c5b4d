using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Rendering;

/// <summary>Prediction jobs in words and as JSON documents.</summary>
internal static class PredictionJobText
{
    /// <summary>Where a job stands, with how far it is or why it failed.</summary>
    public static string Standing(PredictionJob job) => job.State switch
    {
        PredictionJob.Types.State.Running => $"{(job.CancelRequested ? "being cancelled" : "running")}, {job.PredictedCount:N0} of {job.ItemCount:N0} items",
        PredictionJob.Types.State.Failed => $"failed: {Tables.Shorten(job.FailureMessage, 80)}",
        var state => State(state),
    };

    /// <summary>A job as a JSON document.</summary>
    public static object Document(PredictionJob job) => new
    {
        job.Name,
        State = State(job.State),
        job.ModelVersion,
        job.Filter,
        Labelers = job.Outputs.Count > 0,
        job.Distilled,
        job.ItemCount,
        job.PredictedCount,
        FailureMessage = job.FailureMessage.Length == 0 ? null : job.FailureMessage,
        job.CancelRequested,
        CreateTime = job.CreateTime?.ToDateTimeOffset(),
        StartTime = job.StartTime?.ToDateTimeOffset(),
        EndTime = job.EndTime?.ToDateTimeOffset(),
    };

    private static string State(PredictionJob.Types.State state) => state.ToString().ToLowerInvariant();
}
