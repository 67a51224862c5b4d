using System.Diagnostics;
using LabelerService.Core.Telemetry;
using LabelerService.Storage.Runs;

namespace LabelerService.Trainer.Telemetry;

/// <summary>
/// The activity of an attempt at a run. It goes on with the trace of the call that made the run, which is stored with it, so all attempts of
/// all trainers are in one trace, however long the run lay in the queue or was interrupted.
/// </summary>
internal static class RunTrace
{
    /// <summary>Starts it, with the claim as its first part.</summary>
    /// <param name="lease">The claim.</param>
    /// <param name="asked">When the claim was asked for.</param>
    /// <param name="claimed">When it was there.</param>
    public static Activity? Start(RunLease lease, DateTimeOffset asked, DateTimeOffset claimed)
    {
        var run = lease.Run;
        var activity = ServiceTelemetry.Activities.StartActivity(
            "training run", ActivityKind.Consumer, ServiceTelemetry.Parse(run.TraceParent),
            [
                new("labeler.dataset", run.DatasetId), new("labeler.run", run.RunId), new("labeler.algorithm", run.Algorithm),
                new("labeler.attempt", run.Attempt),
            ],
            links: null, asked);
        if (activity is not null)
        {
            using var claim = ServiceTelemetry.Activities.StartActivity("claim", ActivityKind.Internal, activity.Context, tags: null, links: null, asked);
            claim?.SetEndTime(claimed.UtcDateTime);
        }

        return activity;
    }

    /// <summary>Does a part of the attempt.</summary>
    public static async Task<T> PartAsync<T>(string name, Func<Task<T>> work)
    {
        using var activity = ServiceTelemetry.Activities.StartActivity(name);
        return await work();
    }
}
