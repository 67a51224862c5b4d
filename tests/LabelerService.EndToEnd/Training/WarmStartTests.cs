using Grpc.Core;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.Training;

/// <summary>Training from the weights of a version, over the API.</summary>
[Collection(SharedService.Name)]
public sealed class WarmStartTests(ServiceFixture fixture)
{
    private const string Field = "training_run.warm_start_version";
    private readonly RunningService _service = fixture.Service;

    [Fact]
    public async Task A_run_starts_from_a_version_that_fits_and_any_other_is_refused_before_it_exists()
    {
        var crowd = await SimulatedDataset.CreateAsync(_service);
        var source = await TrainAndPredictTests.TrainAsync(_service, crowd.Dataset, "dn");
        var run = await _service.Training.CreateTrainingRunAsync(Request(crowd.Dataset, "wdn", source.ModelVersion, "16"));
        Assert.Equal(source.ModelVersion, run.WarmStartVersion);
        var ended = await TrainAndPredictTests.WatchToEndAsync(_service, run);
        Assert.Equal((TrainingRun.Types.State.Succeeded, ""), (ended.State, ended.FailureMessage));

        var other = await SimulatedDataset.CreateAsync(_service);
        foreach (var (code, request) in ((StatusCode, CreateTrainingRunRequest)[])[
            (StatusCode.FailedPrecondition, Request(crowd.Dataset, "wdn", source.ModelVersion, "32")),
            (StatusCode.FailedPrecondition, Request(crowd.Dataset, "crowd_layer", source.ModelVersion, "16")),
            (StatusCode.NotFound, Request(crowd.Dataset, "wdn", $"{crowd.Dataset}/models/dn/versions/99", "16")),
            (StatusCode.InvalidArgument, Request(other.Dataset, "wdn", source.ModelVersion, "16")),
            (StatusCode.InvalidArgument, Request(crowd.Dataset, "wdn", "dn@1", "16")),
        ])
        {
            await Requests.RefusedAsync(code, Field, () => _service.Training.CreateTrainingRunAsync(request).ResponseAsync);
        }
    }

    private static CreateTrainingRunRequest Request(string dataset, string algorithm, string start, string hidden) => new()
    {
        Parent = dataset,
        TrainingRun = new TrainingRun
        {
            Algorithm = algorithm,
            Seed = 1,
            WarmStartVersion = start,
            Settings = { ["epochs"] = "3", ["hidden"] = hidden },
        },
    };
}
