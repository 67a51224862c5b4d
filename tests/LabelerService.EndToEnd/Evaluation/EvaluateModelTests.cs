using System.Net.Http.Json;
using System.Text.Json;
using Grpc.Core;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.Evaluation;

/// <summary>Measuring one model: with gold, without gold, and what cannot be measured.</summary>
[Collection(SharedService.Name)]
public sealed class EvaluateModelTests(EvaluatedModels models) : IClassFixture<EvaluatedModels>
{
    private readonly RunningService _service = models.Service;

    [Fact]
    public async Task Grades_have_ordinal_metrics_and_a_binary_collapse()
    {
        var answer = await EvaluateAsync(new() { Name = models.Good, PositiveFrom = "mild", Sensitivity = 0.9 });

        var metrics = Metrics(answer);
        Assert.Equal(
            ["accuracy", "log_loss", "ece", "mean_absolute_error", "quadratic_weighted_kappa", "auc", "specificity_at_sensitivity"], metrics.Keys);
        Assert.All(metrics.Values, metric => Assert.Equal(("test", GradedDataset.TestItems), (metric.Split, metric.Count)));
        Assert.All(metrics.Values.Where(metric => metric.Metric_ != "ece"), metric => Assert.InRange(metric.Value, metric.Lower, metric.Upper));
        Assert.InRange(metrics["accuracy"].Value, 0.75, 1);
        Assert.InRange(metrics["mean_absolute_error"].Value, 1 - metrics["accuracy"].Value, 0.3);
        Assert.InRange(metrics["quadratic_weighted_kappa"].Value, 0.7, 1);
        Assert.InRange(metrics["auc"].Value, 0.9, 1);
        Assert.InRange(metrics["specificity_at_sensitivity"].Value, 0.5, 1);
        Assert.Equal(["mild", "severe"], answer.PositiveClasses);
        Assert.Equal((0.9, EvaluationBasis.Gold), (answer.Sensitivity, answer.Basis));
        Assert.Empty(answer.Warnings);

        // Without positive classes there is nothing to be sensitive to.
        var plain = await EvaluateAsync(new() { Name = models.Good });
        Assert.Equal(metrics.Keys.Take(5), plain.Metrics.Select(metric => metric.Metric_));
        Assert.False(plain.HasSensitivity);
    }

    [Fact]
    public async Task Two_classes_have_their_second_as_positive()
    {
        var answer = await EvaluateAsync(new() { Name = models.Binary });

        Assert.Equal(["yes"], answer.PositiveClasses);
        Assert.Equal(0.97, answer.Sensitivity);
        var metrics = Metrics(answer);
        Assert.InRange(metrics["auc"].Value, 0.95, 1);
        Assert.False(metrics.ContainsKey("mean_absolute_error"));

        // The other side up: the same area.
        var turned = Metrics(await EvaluateAsync(new() { Name = models.Binary, PositiveClasses = { "no" } }));
        Assert.Equal(metrics["auc"].Value, turned["auc"].Value, 1e-6);

        var version = await _service.Models.GetModelVersionAsync(new GetModelVersionRequest { Name = models.Binary });
        var remembered = version.Metrics.Single(metric => metric is { Metric_: "auc", Split: "test" });
        Assert.Equal(metrics["auc"].Value, remembered.Value, 1e-3);
        Assert.InRange(remembered.Value, remembered.Lower, remembered.Upper);
    }

    [Fact]
    public async Task Without_gold_the_labelers_are_the_measure()
    {
        var request = new EvaluateModelRequest { Name = models.Good, Basis = EvaluationBasis.Labelers };
        var answer = await EvaluateAsync(request);

        var metrics = Metrics(answer);
        Assert.Equal(["held_out_log_likelihood", "agreement", "label_loss"], metrics.Keys);
        Assert.All(metrics.Values, metric => Assert.InRange(metric.Value, metric.Lower, metric.Upper));
        Assert.All(metrics.Values, metric => Assert.Equal(("test", GradedDataset.TestItems), (metric.Split, metric.Count)));

        // Guessing an annotation costs ln 3; knowing the class and how labelers err costs far less, but not nothing.
        Assert.InRange(metrics["held_out_log_likelihood"].Value, -0.95, -0.3);
        Assert.InRange(metrics["agreement"].Value, 0.6, 0.9);
        Assert.InRange(metrics["label_loss"].Value, 0.3, 1.0986);
        Assert.Empty(answer.Confusion);
        Assert.Empty(answer.Warnings);
        Assert.Equal(answer, await EvaluateAsync(request));

        var weak = Metrics(await EvaluateAsync(new() { Name = models.Weak, Basis = EvaluationBasis.Labelers }));
        Assert.True(weak["held_out_log_likelihood"].Value < metrics["held_out_log_likelihood"].Lower);

        var onTrain = await EvaluateAsync(new() { Name = models.Good, Basis = EvaluationBasis.Labelers, Split = Split.Train });
        Assert.Contains("training saw", Assert.Single(onTrain.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_split_without_what_is_asked_for_is_refused_with_the_way_out()
    {
        var noGold = await RefusedAsync("split", new() { Name = models.Good, Split = Split.Validation });
        Assert.Contains("EVALUATION_BASIS_LABELERS", noGold.Status.Detail, StringComparison.Ordinal);

        var noAnnotations = await RefusedAsync("split", new() { Name = models.Binary, Basis = EvaluationBasis.Labelers });
        Assert.Contains("EVALUATION_BASIS_GOLD", noAnnotations.Status.Detail, StringComparison.Ordinal);

        var empty = await EmptiedAsync();
        foreach (var basis in new[] { EvaluationBasis.Gold, EvaluationBasis.Labelers })
        {
            var neither = await RefusedAsync("split", new() { Name = empty, Basis = basis, Split = Split.Validation });
            Assert.Contains("gold or annotations", neither.Status.Detail, StringComparison.Ordinal);
        }

        Task<RpcException> RefusedAsync(string field, EvaluateModelRequest request) =>
            Requests.RefusedAsync(StatusCode.FailedPrecondition, field, () => EvaluateAsync(request));
    }

    [Fact]
    public async Task Impossible_questions_are_refused_by_field()
    {
        await Requests.RefusedAsync(
            StatusCode.InvalidArgument, "positive_classes[0]", () => EvaluateAsync(new() { Name = models.Good, PositiveClasses = { "moderate" } }));
        await Requests.RefusedAsync(
            StatusCode.InvalidArgument, "positive_classes",
            () => EvaluateAsync(new() { Name = models.Good, PositiveClasses = { "none", "mild", "severe" } }));
        await Requests.RefusedAsync(
            StatusCode.InvalidArgument, "sensitivity", () => EvaluateAsync(new() { Name = models.Good, PositiveFrom = "mild", Sensitivity = 1 }));
    }

    [Fact]
    public async Task Json_over_HTTP_answers_the_same()
    {
        using var client = new HttpClient();
        using var posted = await client.PostAsJsonAsync(
            new Uri($"{_service.HttpAddress}/v1/{models.Good}:evaluate"), new { basis = "EVALUATION_BASIS_LABELERS" });
        posted.EnsureSuccessStatusCode();
        using var document = JsonDocument.Parse(await posted.Content.ReadAsStringAsync());

        var answer = await EvaluateAsync(new() { Name = models.Good, Basis = EvaluationBasis.Labelers });
        Assert.Equal("EVALUATION_BASIS_LABELERS", document.RootElement.GetProperty("basis").GetString());
        Assert.Equal(answer.Metrics[0].Value, document.RootElement.GetProperty("metrics")[0].GetProperty("value").GetDouble(), 1e-12);
    }

    private async Task<EvaluateModelResponse> EvaluateAsync(EvaluateModelRequest request) => await _service.Models.EvaluateModelAsync(request);

    private static OrderedDictionary<string, Metric> Metrics(EvaluateModelResponse answer) =>
        new(answer.Metrics.Select(metric => KeyValuePair.Create(metric.Metric_, metric)));

    // A model of a dataset whose validation split is empty.
    private async Task<string> EmptiedAsync()
    {
        var dataset = await _service.CreateDatasetAsync();
        await _service.CreateItemsAsync(dataset, 6);
        await _service.AnnotateAsync(dataset, [.. Enumerable.Range(0, 6).Select(i => Requests.Says("anna", $"i{i}", i % 2 == 0 ? "a" : "b"))]);
        var run = await Training.TrainAndPredictTests.StartAsync(_service, dataset, "bn", ("epochs", "1"), ("held_out_share", "0"));
        return (await Training.TrainAndPredictTests.WatchToEndAsync(_service, run)).ModelVersion;
    }
}
