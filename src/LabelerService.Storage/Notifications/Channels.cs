namespace LabelerService.Storage.Notifications;

/// <summary>What the database announces. A notice carries no content: it says that reading again is worth while.</summary>
public enum NotificationChannel
{
    /// <summary>A run has a new event. Key: <see cref="Channels.RunKey"/>.</summary>
    RunEvents,

    /// <summary>A run waits for a trainer. Key: empty.</summary>
    RunQueue,

    /// <summary>A model has a new version, an alias moved, or its dataset was deleted. Key: the dataset's id.</summary>
    Models,

    /// <summary>An API key was created or deleted. Key: empty.</summary>
    ApiKeys,

    /// <summary>A prediction job waits for a server. Key: empty.</summary>
    PredictionJobs,
}

/// <summary>Names of the channels and forms of their payloads.</summary>
public static class Channels
{
    internal const string RunEvents = "labeler_run_events";

    internal const string RunQueue = "labeler_run_queue";

    internal const string Models = "labeler_models";

    internal const string ApiKeys = "labeler_api_keys";

    internal const string PredictionJobs = "labeler_prediction_jobs";

    /// <summary>Key of a run's notices.</summary>
    public static string RunKey(long datasetKey, string runId) => $"{datasetKey}/{runId}";

    internal static string Name(NotificationChannel channel) => channel switch
    {
        NotificationChannel.RunEvents => RunEvents,
        NotificationChannel.RunQueue => RunQueue,
        NotificationChannel.Models => Models,
        NotificationChannel.ApiKeys => ApiKeys,
        NotificationChannel.PredictionJobs => PredictionJobs,
        _ => throw new ArgumentOutOfRangeException(nameof(channel)),
    };
}
