using System.Text.Json;
using Grpc.Core;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.CommandLine;
using LabelerService.EndToEnd.Evaluation;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.Training;

/// <summary><c>auto</c> through the service: what it says of its choice, how good it is, and its distilled head.</summary>
[Collection(SharedService.Name)]
public sealed class AutomaticChoiceTests(ServiceFixture fixture)
{
    private readonly RunningService _service = fixture.Service;

    [Fact]
    public async Task Auto_says_why_is_no_worse_than_the_baseline_and_answers_distilled()
    {
        var dataset = await GradedDataset.CreateAsync(_service);
        var auto = await TrainAsync(dataset, "auto", ("distil", "on"));
        var baseline = await TrainAsync(dataset, "bn", ("hidden", "16"));

        Assert.Contains(auto.Selection.Candidates, candidate => candidate.Name == auto.Selection.Chosen);
        Assert.StartsWith(auto.Selection.Chosen, auto.Selection.Reason, StringComparison.Ordinal);
        Assert.Equal(
            auto.Selection.Candidates.OrderByDescending(candidate => candidate.LogLikelihood).Select(candidate => candidate.Name),
            auto.Selection.Candidates.Select(candidate => candidate.Name));
        Assert.True(auto.Temperature > 0, $"temperature {auto.Temperature}");
        Assert.Null(baseline.Selection);
        Assert.Equal(1, baseline.Temperature);

        foreach (var basis in new[] { EvaluationBasis.Gold, EvaluationBasis.Labelers })
        {
            var evaluation = await _service.Models.EvaluateModelAsync(new EvaluateModelRequest { Name = auto.Name, Basis = basis });
            Assert.All(evaluation.Metrics, metric => Assert.True(double.IsFinite(metric.Value), metric.ToString()));
            var compared = await _service.Models.CompareModelsAsync(new CompareModelsRequest
            {
                Parent = dataset,
                FirstModel = baseline.Name,
                SecondModel = auto.Name,
                Basis = basis,
            });
            Assert.True(compared.Verdict != ComparisonVerdict.FirstBetter, $"{basis}: {compared}");
        }

        await AnswersDistilledAsync(dataset, auto, baseline);
        await TheCommandLineSaysWhyAsync(auto);
    }

    private async Task TheCommandLineSaysWhyAsync(ModelVersion auto)
    {
        // `train --wait` ends with the same words.
        var watched = await CliInProcess.RunAsync(_service, "watch", auto.TrainingRun);
        Assert.Equal(auto.Name + "\n", watched.Succeeded());
        Assert.Contains($"chose {auto.Selection.Reason}", watched.Error, StringComparison.Ordinal);

        var shown = (await CliInProcess.RunAsync(_service, "model", auto.Name)).Succeeded();
        Assert.Contains(auto.Selection.Reason, shown, StringComparison.Ordinal);
        Assert.Contains($"{auto.Selection.Chosen} (chosen)", shown, StringComparison.Ordinal);

        using var document = JsonDocument.Parse((await CliInProcess.RunAsync(_service, "model", auto.Name, "--json")).Succeeded());
        var selection = document.RootElement.GetProperty("selection");
        Assert.Equal(auto.Selection.Chosen, selection.GetProperty("chosen").GetString());
        Assert.Equal(auto.Selection.Candidates.Count, selection.GetProperty("candidates").GetArrayLength());
        Assert.True(document.RootElement.GetProperty("distilled").GetBoolean());
    }

    private async Task AnswersDistilledAsync(string dataset, ModelVersion auto, ModelVersion baseline)
    {
        Assert.True(auto.Distilled);
        Assert.False(baseline.Distilled);
        var request = new BatchPredictRequest
        {
            Dataset = dataset,
            Model = new ModelSelector { Model = auto.Name },
            Items = new ItemIds { ItemIds_ = { Enumerable.Range(0, GradedDataset.TestItems).Select(i => $"test{i}") } },
        };
        var ensemble = (await _service.Predictions.BatchPredictAsync(request)).Predictions;
        request.Distilled = true;
        var distilled = (await _service.Predictions.BatchPredictAsync(request)).Predictions;

        Assert.Equal(ensemble.Probabilities.Shape, distilled.Probabilities.Shape);
        Assert.NotEqual(ensemble.Probabilities.Data, distilled.Probabilities.Data);
        var same = ensemble.PredictedClassIndexes.Zip(distilled.PredictedClassIndexes).Count(pair => pair.First == pair.Second);
        Assert.InRange(same, (int)(0.9 * GradedDataset.TestItems), GradedDataset.TestItems);
        Assert.Equal(GradedDataset.TestItems, distilled.Entropies.Count);
        Assert.All(distilled.Entropies, entropy => Assert.InRange(entropy, 0, (float)Math.Log(3) + 1e-5f));
        Assert.Empty(distilled.Disagreements);
        Assert.Empty(distilled.LabelerIds);

        var single = new PredictRequest { Dataset = dataset, Model = new ModelSelector { Model = auto.Name }, ItemId = "test0", Distilled = true };
        var prediction = (await _service.Predictions.PredictAsync(single)).Prediction;
        Assert.Equal(distilled.PredictedClassIndexes[0], prediction.PredictedClassIndex);
        Assert.Equal(1, prediction.Probabilities.Sum(), 1e-4);
        Assert.Equal(distilled.Entropies[0], prediction.Entropy, 1e-5);
        Assert.Equal(0, prediction.Disagreement);

        single.IncludeLabelers = true;
        await Requests.RefusedAsync(
            StatusCode.InvalidArgument, "include_labelers", async () => await _service.Predictions.PredictAsync(single));
        request.Outputs.Add(PredictionOutput.LabelerWeights);
        await Requests.RefusedAsync(StatusCode.InvalidArgument, "outputs", async () => await _service.Predictions.BatchPredictAsync(request));
        request.Outputs.Clear();
        request.Model.Model = baseline.Name;
        await Requests.RefusedAsync(StatusCode.FailedPrecondition, "distilled", async () => await _service.Predictions.BatchPredictAsync(request));
    }

    private async Task<ModelVersion> TrainAsync(string dataset, string algorithm, params (string Key, string Value)[] settings)
    {
        var run = await TrainAndPredictTests.StartAsync(_service, dataset, algorithm, settings);
        var ended = await TrainAndPredictTests.WatchToEndAsync(_service, run);
        Assert.True(ended.State == TrainingRun.Types.State.Succeeded, ended.ToString());
        return await _service.Models.GetModelVersionAsync(new GetModelVersionRequest { Name = ended.ModelVersion });
    }
}
