using System.Text.Json;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.CommandLine;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.Training;

/// <summary>A watch outlives the server that it was made at.</summary>
public sealed class WatchTests
{
    [Fact]
    public async Task A_watch_goes_on_after_the_server_is_killed_and_misses_and_repeats_nothing()
    {
        await using var service = await RunningService.StartAsync();
        var crowd = await SimulatedDataset.CreateAsync(service);

        // The only trainer has something else to do until both watches are there: however slow the machine, none of the run's progress is before them.
        var busy = await TrainAndPredictTests.StartAsync(service, crowd.Dataset, "wdn", ("epochs", "100000"), ("patience", "0"));
        var run = await TrainAndPredictTests.StartAsync(
            service, crowd.Dataset, "wdn", ("epochs", "800"), ("patience", "0"), ("hidden", "64"));
        await using var watch = CliProcess.Start(service, "watch", run.Name, "--events");
        await watch.SpokeAsync();
        using (var events = service.Training.WatchTrainingRun(new WatchTrainingRunRequest { Name = run.Name }))
        {
            Assert.True(await events.ResponseStream.MoveNext(CancellationToken.None));
            Assert.Equal(TrainingRun.Types.State.Queued, events.ResponseStream.Current.State);
            await service.Training.CancelTrainingRunAsync(new CancelTrainingRunRequest { Name = busy.Name });
            while (events.ResponseStream.Current.Progress is null)
            {
                Assert.True(await events.ResponseStream.MoveNext(CancellationToken.None));
            }

            await service.KillAsync();
        }

        await service.StartAgainAsync();
        var outcome = await watch.WaitAsync();

        var ended = await service.Training.GetTrainingRunAsync(new GetTrainingRunRequest { Name = run.Name });
        var lines = outcome.Succeeded().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).ToArray();
        Assert.Equal(Enumerable.Range(1, lines.Length), lines.Select(line => line.GetProperty("sequence").GetInt32()));
        Assert.Equal("succeeded", lines[^1].GetProperty("state").GetString());
        Assert.Equal(TrainingRun.Types.State.Succeeded, ended.State);
        Assert.Contains(lines, line => line.GetProperty("state").GetString() == "queued");

        // It was the restart that ended it: it was taken up again after that.
        Assert.True(lines.Count(line => line.GetProperty("message").GetString()?.StartsWith("Taken up by", StringComparison.Ordinal) == true) >= 2);
    }
}
