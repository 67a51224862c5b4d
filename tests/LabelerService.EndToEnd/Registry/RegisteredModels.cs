using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;
using LabelerService.EndToEnd.Training;

namespace LabelerService.EndToEnd.Registry;

/// <summary>Models to handle, trained once for the tests of a class.</summary>
public sealed class RegisteredModels(ServiceFixture fixture) : IAsyncLifetime
{
    internal RunningService Service => fixture.Service;

    /// <summary>Their dataset; its items are vectors of <see cref="SimulatedDataset.Length"/>.</summary>
    internal string Dataset { get; private set; } = "";

    /// <summary>A model of one version with a head for each labeler and a distilled one. Tests do not change it.</summary>
    internal string Kept => $"{Dataset}/models/wdn";

    /// <summary>A model of three versions whose files differ, for one test to change.</summary>
    internal string Changed => $"{Dataset}/models/bn";

    public async Task InitializeAsync()
    {
        Dataset = (await SimulatedDataset.CreateAsync(Service)).Dataset;
        var runs = new List<TrainingRun>
        {
            await TrainAndPredictTests.StartAsync(Service, Dataset, "wdn", ("epochs", "6"), ("hidden", "8"), ("distil", "on")),
        };
        for (var epochs = 1; epochs <= 3; epochs++)
        {
            runs.Add(await TrainAndPredictTests.StartAsync(Service, Dataset, "bn", ("epochs", $"{epochs}"), ("hidden", "4")));
        }

        foreach (var run in runs)
        {
            var ended = await TrainAndPredictTests.WatchToEndAsync(Service, run);
            Assert.True(ended.State == TrainingRun.Types.State.Succeeded, ended.ToString());
        }
    }

    public Task DisposeAsync() => Task.CompletedTask;
}
