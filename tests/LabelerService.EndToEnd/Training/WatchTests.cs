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
        var run = await TrainAndPredictTests.StartAsync(
            service, crowd.Dataset, "wdn", ("epochs", "200"), ("patience", "0"), ("hidden", "64"));
        await using var watch = CliProcess.Start(service, "watch", run.Name, "--events");
        await watch.SpokeAsync();
        using (var events = service.Training.WatchTrainingRun(new WatchTrainingRunRequest { Name = run.Name }))
        {
            while (await events.ResponseStream.MoveNext(CancellationToken.None) && events.ResponseStream.Current.Progress is null)
            {
                // Until it makes progress.
            }
        }

        await service.KillAsync();
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
