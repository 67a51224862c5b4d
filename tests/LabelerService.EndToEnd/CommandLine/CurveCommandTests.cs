using System.Text.Json;
using System.Xml.Linq;
using Grpc.Core;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;
using LabelerService.EndToEnd.Training;

namespace LabelerService.EndToEnd.CommandLine;

/// <summary>Learning curves as users ask for them.</summary>
[Collection(SharedService.Name)]
public sealed class CurveCommandTests(ServiceFixture fixture) : IDisposable
{
    private readonly RunningService _service = fixture.Service;
    private readonly string _folder = Directory.CreateTempSubdirectory("labeler-curve-").FullName;

    private CurveService.CurveServiceClient Curves => new(_service.Channel);

    [Fact]
    public async Task A_curve_is_measured_forecast_drawn_and_gone_on_with()
    {
        var crowd = await SimulatedDataset.CreateAsync(_service);
        var (csv, svg) = (Path.Combine(_folder, "points.csv"), Path.Combine(_folder, "curve.svg"));
        string[] measure =
        [
            "curve", crowd.Dataset, "--model", "bn", "--fractions", "0.1,0.3,0.6,1", "--label-shares", "0.4,1", "--capacity", "s,m", "--seeds", "2",
            "--set", "epochs=6", "--set", "hidden=8",
        ];
        using var first = JsonDocument.Parse((await CliInProcess.RunAsync(
            _service, [.. measure, "--more-labels", "300", "--label-cost", "0.1", "--item-cost", "1", "--csv", csv, "--plot", svg, "--json"])).Succeeded());
        var curve = first.RootElement;
        Assert.Equal((20, 20), (curve.GetProperty("point_count").GetInt32(), curve.GetProperty("measured_count").GetInt32()));
        Assert.Equal(("test", 300, 900), (curve.GetProperty("basis").GetString(), curve.GetProperty("item_count").GetInt32(), curve.GetProperty("annotation_count").GetInt32()));
        Assert.Equal(["s", "m"], curve.GetProperty("fits").EnumerateArray().Select(fit => fit.GetProperty("capacity").GetString()));
        foreach (var fit in curve.GetProperty("fits").EnumerateArray())
        {
            var forecast = Assert.Single(fit.GetProperty("forecasts").EnumerateArray());
            Assert.Equal(1200, forecast.GetProperty("annotation_count").GetInt32());
            Assert.InRange(forecast.GetProperty("expected").GetDouble(), forecast.GetProperty("low").GetDouble(), forecast.GetProperty("high").GetDouble());
        }

        Assert.Equal(3, curve.GetProperty("options").GetArrayLength());

        // 300 labels on 100 new items.
        Assert.Contains(curve.GetProperty("options").EnumerateArray(), option => option.GetProperty("kind").GetString() == "items" && option.GetProperty("cost").GetDouble() is > 129.99 and < 130.01);
        Assert.StartsWith("300 more labels, on new items, give", curve.GetProperty("summary").GetString(), StringComparison.Ordinal);
        Assert.Equal(21, (await File.ReadAllLinesAsync(csv)).Length);
        Assert.Equal(10, XElement.Parse(await File.ReadAllTextAsync(svg)).Descendants().Count(element => (string?)element.Attribute("class") == "point"));

        // It is whole: asking again measures nothing, and other options are another curve.
        var again = await CliInProcess.RunAsync(_service, "curve", crowd.Dataset, "--model", "bn");
        Assert.Contains("20 of 20 points", again.Succeeded(), StringComparison.Ordinal);
        Assert.Contains("points (", again.Output, StringComparison.Ordinal);
        var other = await CliInProcess.RunAsync(_service, "curve", crowd.Dataset, "--model", "bn", "--seeds", "5");
        Assert.Equal(1, other.ExitCode);
        Assert.Contains("is there with other --seeds", other.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_curve_is_a_resource_with_a_run_that_publishes_nothing()
    {
        var crowd = await SimulatedDataset.CreateAsync(_service);
        var request = new CreateCurveRequest
        {
            Parent = crowd.Dataset,
            CurveId = "c",
            RequestId = Guid.NewGuid().ToString(),
            Curve = new Curve { Algorithm = "bn", ItemFractions = { 0.5, 1 }, SeedCount = 1, Settings = { ["epochs"] = "2" } },
        };
        var created = await Curves.CreateCurveAsync(request);
        Assert.Equal(created.Uid, (await Curves.CreateCurveAsync(request)).Uid);
        Assert.Equal(($"{crowd.Dataset}/curves/c", 2, "m"), (created.Name, created.PointCount, Assert.Single(created.Capacities)));

        using (var watch = _service.Training.WatchTrainingRun(new WatchTrainingRunRequest { Name = created.TrainingRun }))
        {
            var last = new TrainingRunEvent();
            await foreach (var happened in watch.ResponseStream.ReadAllAsync())
            {
                last = happened;
            }

            Assert.Equal(TrainingRun.Types.State.Succeeded, last.State);
        }

        var run = await _service.Training.GetTrainingRunAsync(new GetTrainingRunRequest { Name = created.TrainingRun });
        Assert.Equal((created.Name, "", ""), (run.Curve, run.ModelId, run.ModelVersion));
        Assert.Empty((await _service.Models.ListModelsAsync(new ListModelsRequest { Parent = crowd.Dataset })).Models);

        // Two sizes are no fit.
        var curve = await Curves.GetCurveAsync(new GetCurveRequest { Name = created.Name });
        Assert.Equal(2, curve.Points.Count);
        Assert.All(curve.Points, point => Assert.Equal(100, point.EvaluatedCount));
        Assert.Empty(curve.Fits);
        Assert.Contains("Too few points for a fit", curve.Advice.Summary, StringComparison.Ordinal);
        Assert.Equal(created.TrainingRun, (await Curves.ResumeCurveAsync(new ResumeCurveRequest { Name = created.Name })).TrainingRun);
        Assert.Equal(created.Name, Assert.Single((await Curves.ListCurvesAsync(new ListCurvesRequest { Parent = crowd.Dataset })).Curves).Name);

        await Curves.DeleteCurveAsync(new DeleteCurveRequest { Name = created.Name });
        await Requests.RefusedAsync(StatusCode.NotFound, "name", async () => await Curves.GetCurveAsync(new GetCurveRequest { Name = created.Name }));
    }

    [Theory]
    [InlineData("bn", "m", 0.5, 1, 3, "curve.item_fractions", 1.5)]
    [InlineData("bn", "xl", 0.5, 1, 3, "curve.capacities", 1)]
    [InlineData("bn", "m", 0.5, 2, 3, "curve.label_fractions", 1)]
    [InlineData("bn", "m", 0.5, 1, -1, "curve.seed_count", 1)]
    [InlineData("bingo", "m", 0.5, 1, 3, "curve.algorithm", 1)]
    [InlineData("guess", "m", 0.5, 1, 3, "curve.algorithm", 1)]
    public async Task What_cannot_be_measured_is_refused_before_anything_starts(
        string algorithm, string capacity, double fraction, double labels, int seeds, string field, double other)
    {
        var dataset = await _service.CreateDatasetAsync();
        await Requests.RefusedAsync(StatusCode.InvalidArgument, field, async () => await Curves.CreateCurveAsync(new CreateCurveRequest
        {
            Parent = dataset,
            CurveId = "c",
            Curve = new Curve { Algorithm = algorithm, ItemFractions = { fraction, other }, LabelFractions = { labels }, Capacities = { capacity }, SeedCount = seeds },
        }));
    }

    [Fact]
    public async Task A_dataset_without_labels_has_no_curve()
    {
        var dataset = await _service.CreateDatasetAsync();
        await Requests.RefusedAsync(StatusCode.FailedPrecondition, "parent", async () => await Curves.CreateCurveAsync(
            new CreateCurveRequest { Parent = dataset, CurveId = "c", Curve = new Curve { Algorithm = "bn", ItemFractions = { 0.5, 1 } } }));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
