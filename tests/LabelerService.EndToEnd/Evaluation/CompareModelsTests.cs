using System.Net.Http.Json;
using System.Text.Json;
using Grpc.Core;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.CommandLine;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.Evaluation;

/// <summary>Comparing two models, over gRPC, JSON and the command line.</summary>
[Collection(SharedService.Name)]
public sealed class CompareModelsTests(EvaluatedModels models) : IClassFixture<EvaluatedModels>
{
    private readonly RunningService _service = models.Service;

    [Fact]
    public async Task By_gold_the_better_model_is_named_whichever_comes_first()
    {
        var answer = await CompareAsync(models.Weak, models.Good);

        Assert.Equal(ComparisonVerdict.SecondBetter, answer.Verdict);
        Assert.Equal((models.Weak, models.Good), (answer.FirstModelVersion, answer.SecondModelVersion));
        Assert.Equal(["accuracy", "log_loss"], answer.Metrics.Select(metric => metric.Metric));
        Assert.All(answer.Metrics, metric =>
        {
            Assert.Equal(ComparisonVerdict.SecondBetter, metric.Verdict);
            Assert.Equal(metric.Second - metric.First, metric.Difference, 1e-9);
            Assert.InRange(metric.Difference, metric.Lower, metric.Upper);
            Assert.Equal(GradedDataset.TestItems, metric.Count);
        });
        Assert.True(answer.Mcnemar.OnlySecondRight > answer.Mcnemar.OnlyFirstRight);
        Assert.Equal(
            answer.Metrics[0].Difference, (answer.Mcnemar.OnlySecondRight - answer.Mcnemar.OnlyFirstRight) / (double)GradedDataset.TestItems, 1e-9);
        Assert.InRange(answer.Mcnemar.PValue, 0, 0.001);

        var turned = await CompareAsync(models.Good, models.Weak);
        Assert.Equal(ComparisonVerdict.FirstBetter, turned.Verdict);
        Assert.Equal(answer.Mcnemar.PValue, turned.Mcnemar.PValue);

        var evaluated = await _service.Models.EvaluateModelAsync(new EvaluateModelRequest { Name = models.Good });
        Assert.Equal(evaluated.Metrics[0].Value, answer.Metrics[0].Second);
    }

    [Fact]
    public async Task Without_gold_the_same_model_is_better()
    {
        var answer = await CompareAsync(models.Good, models.Weak, EvaluationBasis.Labelers);

        Assert.Equal(ComparisonVerdict.FirstBetter, answer.Verdict);
        Assert.Equal(["held_out_log_likelihood", "agreement", "label_loss"], answer.Metrics.Select(metric => metric.Metric));
        Assert.All(answer.Metrics, metric => Assert.Equal(ComparisonVerdict.FirstBetter, metric.Verdict));
        Assert.Null(answer.Mcnemar);
        Assert.Equal(answer, await CompareAsync(models.Good, models.Weak, EvaluationBasis.Labelers));
        Assert.NotEmpty((await CompareAsync(models.Good, models.Weak, EvaluationBasis.Labelers, Split.Train)).Warnings);
    }

    [Theory]
    [InlineData(EvaluationBasis.Gold)]
    [InlineData(EvaluationBasis.Labelers)]
    public async Task A_model_is_no_better_than_itself(EvaluationBasis basis)
    {
        var answer = await CompareAsync(models.Good, models.Good, basis);

        Assert.Equal(ComparisonVerdict.NoDifference, answer.Verdict);
        Assert.All(answer.Metrics, metric => Assert.Equal((0, 0, 0), (metric.Difference, metric.Lower, metric.Upper)));
        Assert.Equal(basis == EvaluationBasis.Gold ? 1 : (double?)null, answer.Mcnemar?.PValue);
    }

    [Fact]
    public async Task What_cannot_be_compared_is_refused_by_field()
    {
        await Requests.RefusedAsync(StatusCode.InvalidArgument, "second_model", () => CompareAsync(models.Good, models.Binary));
        await Requests.RefusedAsync(StatusCode.InvalidArgument, "first_model", () => CompareAsync("", models.Good));
        await Requests.RefusedAsync(StatusCode.NotFound, "second_model", () => CompareAsync(models.Good, models.Graded + "/models/none"));
        await Requests.RefusedAsync(
            StatusCode.InvalidArgument, "basis", () => CompareAsync(models.Good, models.Weak, (EvaluationBasis)9));
        var noGold = await Requests.RefusedAsync(
            StatusCode.FailedPrecondition, "split", () => CompareAsync(models.Good, models.Weak, EvaluationBasis.Gold, Split.Train));
        Assert.Contains("EVALUATION_BASIS_LABELERS", noGold.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Json_over_HTTP_answers_the_same()
    {
        using var client = new HttpClient();
        using var posted = await client.PostAsJsonAsync(
            new Uri($"{_service.HttpAddress}/v1/{models.Graded}/models:compare"), new { firstModel = models.Weak, secondModel = models.Good });
        posted.EnsureSuccessStatusCode();
        using var document = JsonDocument.Parse(await posted.Content.ReadAsStringAsync());

        Assert.Equal("COMPARISON_VERDICT_SECOND_BETTER", document.RootElement.GetProperty("verdict").GetString());
    }

    [Fact]
    public async Task The_command_line_evaluates_and_compares()
    {
        using var compared = JsonDocument.Parse((await CliInProcess.RunAsync(_service, "compare", models.Weak, models.Good, "--json")).Succeeded());
        Assert.Equal("second_better", compared.RootElement.GetProperty("verdict").GetString());
        Assert.InRange(compared.RootElement.GetProperty("mcnemar").GetProperty("p_value").GetDouble(), 0, 0.001);

        var table = (await CliInProcess.RunAsync(_service, "compare", models.Weak, models.Good, "--basis", "labelers")).Succeeded();
        Assert.Contains("held out log likelihood", table, StringComparison.Ordinal);
        Assert.Contains($"better: the second, {models.Good}", table, StringComparison.Ordinal);

        using var evaluated = JsonDocument.Parse((await CliInProcess.RunAsync(
            _service, "evaluate", models.Good, "--positive-from", "severe", "--sensitivity", "0.9", "--json")).Succeeded());
        Assert.InRange(evaluated.RootElement.GetProperty("auc").GetDouble(), 0.9, 1);
        Assert.Equal(0.9, evaluated.RootElement.GetProperty("sensitivity").GetDouble());
        Assert.True(evaluated.RootElement.TryGetProperty("quadratic_weighted_kappa", out _));

        var onTrain = await CliInProcess.RunAsync(_service, "evaluate", models.Good, "--split", "train", "--basis", "labelers");
        Assert.Contains("agreement", onTrain.Succeeded(), StringComparison.Ordinal);
        Assert.Contains("warning:", onTrain.Error, StringComparison.Ordinal);

        var noGold = await CliInProcess.RunAsync(_service, "evaluate", models.Good, "--split", "valid");
        Assert.Equal(1, noGold.ExitCode);
        Assert.Contains("--basis labelers", noGold.Error, StringComparison.Ordinal);
        var unknown = await CliInProcess.RunAsync(_service, "evaluate", models.Good, "--positive", "moderate");
        Assert.Equal(1, unknown.ExitCode);
        Assert.Contains("moderate", unknown.Error, StringComparison.Ordinal);
    }

    private async Task<CompareModelsResponse> CompareAsync(
        string first, string second, EvaluationBasis basis = EvaluationBasis.Unspecified, Split split = Split.Unspecified) =>
        await _service.Models.CompareModelsAsync(new CompareModelsRequest
        {
            Parent = models.Graded,
            FirstModel = first,
            SecondModel = second,
            Basis = basis,
            Split = split,
        });
}
