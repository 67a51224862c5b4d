using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;
using LabelerService.EndToEnd.Training;

namespace LabelerService.EndToEnd.Evaluation;

/// <summary>Models to measure, trained once for the tests of a class.</summary>
public sealed class EvaluatedModels(ServiceFixture fixture) : IAsyncLifetime
{
    internal RunningService Service => fixture.Service;

    /// <summary>A dataset of three grades; annotations everywhere, gold on test only.</summary>
    internal string Graded { get; private set; } = "";

    /// <summary>A model of <see cref="Graded"/> that has learnt the grades.</summary>
    internal string Good { get; private set; } = "";

    /// <summary>A model of <see cref="Graded"/> that stopped at its first steps.</summary>
    internal string Weak { get; private set; } = "";

    /// <summary>A model of two classes; annotations on train only, gold on validation and test only.</summary>
    internal string Binary { get; private set; } = "";

    public async Task InitializeAsync()
    {
        Graded = await GradedDataset.CreateAsync(Service);
        Good = await TrainAsync(Graded, "wdn", ("epochs", "30"), ("hidden", "16"));
        Weak = await TrainAsync(Graded, "bn", ("epochs", "1"), ("hidden", "16"), ("learning_rate", "0.00001"));
        var binary = await SimulatedDataset.CreateAsync(Service);
        Binary = await TrainAsync(binary.Dataset, "dn", ("epochs", "10"), ("hidden", "16"));
    }

    public Task DisposeAsync() => Task.CompletedTask;

    private async Task<string> TrainAsync(string dataset, string algorithm, params (string Key, string Value)[] settings)
    {
        var run = await TrainAndPredictTests.StartAsync(Service, dataset, algorithm, settings);
        var ended = await TrainAndPredictTests.WatchToEndAsync(Service, run);
        Assert.True(ended.State == TrainingRun.Types.State.Succeeded, ended.ToString());
        return ended.ModelVersion;
    }
}
