using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.Predictions;

/// <summary>Looks at a prediction job until it is as it should be.</summary>
internal static class JobWaiting
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    public static Task<PredictionJob> WaitAsync(RunningService service, string name, Func<PredictionJob, bool> done) =>
        WaitAsync(service.PredictionJobs, name, done);

    public static async Task<PredictionJob> WaitAsync(
        PredictionJobService.PredictionJobServiceClient jobs, string name, Func<PredictionJob, bool> done)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (true)
        {
            var job = await jobs.GetPredictionJobAsync(
                new GetPredictionJobRequest { Name = name }, cancellationToken: limit.Token);
            if (done(job))
            {
                return job;
            }

            await Task.Delay(Interval, limit.Token);
        }
    }
}
