using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.Upgrade;

/// <summary>Training runs of these tests.</summary>
internal static class Runs
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static async Task<TrainingRun> StartAsync(
        RunningService service, string dataset, string algorithm, long seed, int priority = 0, params (string Key, string Value)[] settings)
    {
        var run = new TrainingRun { Algorithm = algorithm, Seed = seed, Priority = priority };
        foreach (var (key, value) in settings)
        {
            run.Settings.Add(key, value);
        }

        return await service.Training.CreateTrainingRunAsync(new CreateTrainingRunRequest { Parent = dataset, TrainingRun = run });
    }

    /// <summary>Has a model trained.</summary>
    public static async Task<TrainingRun> TrainAsync(
        RunningService service, string dataset, string algorithm, long seed, params (string Key, string Value)[] settings)
    {
        var run = await StartAsync(service, dataset, algorithm, seed, settings: settings);
        return await SucceededAsync(service, run.Name);
    }

    /// <summary>Waits for a run's end.</summary>
    public static async Task<TrainingRun> SucceededAsync(RunningService service, string name)
    {
        using var timeout = new CancellationTokenSource(Patience);
        while (true)
        {
            var run = await service.Training.GetTrainingRunAsync(new GetTrainingRunRequest { Name = name }, cancellationToken: timeout.Token);
            if (run.State is not (TrainingRun.Types.State.Queued or TrainingRun.Types.State.Running))
            {
                Assert.True(run.State == TrainingRun.Types.State.Succeeded, $"{name} is {run.State}: {run.FailureMessage}");
                return run;
            }

            await Task.Delay(50, timeout.Token);
        }
    }
}
