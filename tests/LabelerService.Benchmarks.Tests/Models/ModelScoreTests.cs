using LabelerService.Benchmarks.Models;
using LabelerService.Core.Models;
using LabelerService.Learning;
using LabelerService.TestKit.Crowds;

namespace LabelerService.Benchmarks.Tests.Models;

public sealed class ModelScoreTests
{
    [Fact]
    public void The_consensus_is_measured_on_the_items_it_is_about()
    {
        var crowd = SimulatedCrowd.Create(new SimulatedCrowdOptions { Items = 60, Classes = 2 });
        var trained = new ModelTrainer(TimeProvider.System, "test").Train(
            crowd.Snapshot, AlgorithmCatalogue.Validate("bn", new Dictionary<string, string> { ["epochs"] = "1" }), 1, null, CancellationToken.None);
        var model = new TrainedModel
        {
            Onnx = trained.Onnx,
            Manifest = trained.Manifest,
            ConsensusItems = [5, 2, 9],
            Consensus = [0.9f, 0.1f, 0.2f, 0.8f, 0.7f, 0.3f],
        };
        int[] gold = [.. Enumerable.Repeat(-1, 60)];
        (gold[5], gold[2], gold[9]) = (0, 1, 1);

        var features = crowd.Snapshot.Features.Load();
        Assert.Equal(200.0 / 3, ModelScore.Of(model, features, [.. crowd.Truth], gold).Consensus!.Value, 9);
        Assert.Null(ModelScore.Of(model, features, [.. crowd.Truth], []).Consensus);
        Assert.Null(ModelScore.Of(trained, features, [.. crowd.Truth], gold).Consensus);
    }
}
