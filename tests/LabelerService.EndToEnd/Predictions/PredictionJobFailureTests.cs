using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;
using LabelerService.EndToEnd.Training;

namespace LabelerService.EndToEnd.Predictions;

/// <summary>Servers die in the middle of a job.</summary>
[Trait("Suite", "faults")]
public sealed class PredictionJobFailureTests
{
    private const int Batches = 4;
    private const int BatchItems = 10_000;

    [Fact]
    public async Task A_job_whose_server_is_killed_goes_on_where_it_stopped_and_predicts_every_item_once()
    {
        await using var service = await RunningService.StartAsync();
        var crowd = await SimulatedDataset.CreateAsync(service);
        var run = await TrainAndPredictTests.StartAsync(service, crowd.Dataset, "dn", ("epochs", "3"));
        var model = (await TrainAndPredictTests.WatchToEndAsync(service, run)).ModelVersion;
        for (var b = 0; b < Batches; b++)
        {
            await service.Items.BatchCreateItemsAsync(new BatchCreateItemsRequest
            {
                Parent = crowd.Dataset,
                Batch = Requests.Batch(BatchItems, SimulatedDataset.Length, $"more{b}-"),
            });
        }

        var job = await service.PredictionJobs.CreatePredictionJobAsync(new CreatePredictionJobRequest
        {
            Parent = crowd.Dataset,
            PredictionJob = new PredictionJob { Model = new ModelSelector { Model = model } },
        });
        var killed = await JobWaiting.WaitAsync(service, job.Name, seen => seen.PredictedCount > 0);
        await service.KillAsync();
        await service.StartAgainAsync();

        var done = await JobWaiting.WaitAsync(service, job.Name, seen => seen.State == PredictionJob.Types.State.Succeeded);
        Assert.InRange(killed.PredictedCount, 1, done.ItemCount);
        Assert.Equal(500 + (Batches * (long)BatchItems), done.ItemCount);
        Assert.Equal(done.ItemCount, done.PredictedCount);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var token = "";
        do
        {
            var page = await service.PredictionJobs.ListPredictionsAsync(
                new ListPredictionsRequest { Name = job.Name, PageSize = 1_000, PageToken = token });
            Assert.All(page.Predictions, prediction => Assert.True(seen.Add(prediction.ItemId), prediction.ItemId));
            token = page.NextPageToken;
        }
        while (token.Length > 0);
        Assert.Equal(done.ItemCount, seen.Count);
    }
}
