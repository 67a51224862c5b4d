using System.Diagnostics;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.Training;

/// <summary>Trainers die and servers restart; runs and models survive both.</summary>
[Trait("Suite", "faults")]
public sealed class TrainerFailureTests
{
    [Fact]
    public async Task A_run_whose_trainer_is_killed_is_taken_up_again_and_its_model_survives_a_restart()
    {
        await using var service = await RunningService.StartAsync();
        var crowd = await SimulatedDataset.CreateAsync(service);
        var run = await TrainAndPredictTests.StartAsync(
            service, crowd.Dataset, "wdn", ("epochs", "800"), ("patience", "0"), ("hidden", "64"));
        using (var watch = service.Training.WatchTrainingRun(new WatchTrainingRunRequest { Name = run.Name }))
        {
            while (await watch.ResponseStream.MoveNext(CancellationToken.None) && watch.ResponseStream.Current.State != TrainingRun.Types.State.Running)
            {
                // Until it is taken up: the trainer is there.
            }

            using var trainer = Process.GetProcessById(Assert.Single(service.TrainerProcesses()));

            // Without it a trainer grows from run to run (bench soak).
            Assert.Contains("MALLOC_ARENA_MAX=1", (await File.ReadAllTextAsync($"/proc/{trainer.Id}/environ")).Split('\0'));
            while (await watch.ResponseStream.MoveNext(CancellationToken.None) && watch.ResponseStream.Current.Progress is null)
            {
                // Until it makes progress.
            }

            trainer.Kill();
        }

        // Predictions and everything else go on meanwhile; the run is taken up when its lease has lapsed.
        await service.CountAsync(crowd.Dataset);
        var ended = await TrainAndPredictTests.WatchToEndAsync(service, run);
        Assert.Equal(TrainingRun.Types.State.Succeeded, ended.State);
        Assert.Equal(2, ended.Attempt);

        var before = await PredictAsync(service, crowd, ended.ModelVersion);
        await service.KillAsync();
        await service.StartAgainAsync();
        Assert.Equal(before, await PredictAsync(service, crowd, ended.ModelVersion));
    }

    private static async Task<PredictResponse> PredictAsync(RunningService service, SimulatedDataset crowd, string model) =>
        await service.Predictions.PredictAsync(new PredictRequest
        {
            Dataset = crowd.Dataset,
            Model = new ModelSelector { Model = model },
            ItemId = crowd.TestItem,
            IncludeLabelers = true,
        });
}
