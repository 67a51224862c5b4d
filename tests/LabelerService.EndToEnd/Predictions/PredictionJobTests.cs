using System.Text.Json;
using Grpc.Core;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.CommandLine;
using LabelerService.EndToEnd.Harness;
using LabelerService.EndToEnd.Training;
using Parquet;

namespace LabelerService.EndToEnd.Predictions;

/// <summary>Whole datasets are predicted as jobs, over the real API.</summary>
[Collection(SharedService.Name)]
public sealed class PredictionJobTests(ServiceFixture fixture)
{
    private readonly RunningService _service = fixture.Service;

    [Fact]
    public async Task A_job_says_of_every_stored_item_what_Predict_says()
    {
        var (crowd, model) = await TrainAsync();
        var job = await RunAsync(crowd.Dataset, new PredictionJob
        {
            Model = new ModelSelector { Model = model },
            Filter = "split = TEST",
            Outputs = { PredictionOutput.LabelerProbabilities, PredictionOutput.LabelerWeights },
        });
        Assert.Equal((PredictionJob.Types.State.Succeeded, 100L, 100L), (job.State, job.ItemCount, job.PredictedCount));

        var rows = await ListAsync(job.Name, pageSize: 30);
        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"test{i}"), rows.Select(row => row.ItemId));
        foreach (var row in rows.Take(5))
        {
            var single = (await _service.Predictions.PredictAsync(new PredictRequest
            {
                Dataset = crowd.Dataset,
                Model = new ModelSelector { Model = model },
                ItemId = row.ItemId,
                IncludeLabelers = true,
            })).Prediction;
            Assert.Equal(single.PredictedClass, row.Prediction.PredictedClass);
            Assert.Equal(single.Entropy, row.Prediction.Entropy, 1e-5);
            Assert.Equal(single.Disagreement, row.Prediction.Disagreement, 1e-5);
            for (var k = 0; k < single.Probabilities.Count; k++)
            {
                Assert.Equal(single.Probabilities[k], row.Prediction.Probabilities[k], 1e-5);
            }

            foreach (var labeler in single.Labelers)
            {
                var stored = row.Prediction.Labelers.Single(head => head.LabelerId == labeler.LabelerId);
                Assert.Equal(labeler.Weight, stored.Weight, 1e-5);
                Assert.Equal(labeler.Probabilities[0], stored.Probabilities[0], 1e-5);
            }
        }

        await CheckFilesAsync(job, rows);
        await _service.PredictionJobs.DeletePredictionJobAsync(new DeletePredictionJobRequest { Name = job.Name });
        await Requests.RefusedAsync(
            StatusCode.NotFound, "name", async () => await _service.PredictionJobs.GetPredictionJobAsync(new GetPredictionJobRequest { Name = job.Name }));
    }

    [Fact]
    public async Task The_version_of_the_creation_predicts_all_of_it_wherever_the_alias_moves()
    {
        var (crowd, first) = await TrainAsync();
        var created = await CreateAsync(crowd.Dataset, new PredictionJob { Model = new ModelSelector { Model = $"{crowd.Dataset}/models/dn" } });
        Assert.Equal(first, created.ModelVersion);
        var second = await TrainAndPredictTests.WatchToEndAsync(
            _service, await TrainAndPredictTests.StartAsync(_service, crowd.Dataset, "dn", ("epochs", "2")));
        await _service.Models.SetModelAliasAsync(new SetModelAliasRequest
        {
            Name = $"{crowd.Dataset}/models/dn",
            Alias = new ModelAlias { Alias = "champion", Version = second.ModelVersion },
        });
        Assert.Equal(first, (await WaitAsync(created.Name)).ModelVersion);
    }

    [Fact]
    public async Task The_command_line_starts_waits_lists_and_downloads()
    {
        var (crowd, model) = await TrainAsync();
        var job = (await CliInProcess.RunAsync(_service, "predictions", "start", model, "--filter", "split = VALIDATION", "--wait")).Succeeded().Trim();
        var file = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.csv");
        try
        {
            (await CliInProcess.RunAsync(_service, "predictions", "download", job, "--out", file)).Succeeded();
            var lines = await File.ReadAllLinesAsync(file);
            Assert.Equal("item,predicted,p_no,p_yes,entropy,disagreement", lines[0]);
            Assert.Equal(101, lines.Length);
        }
        finally
        {
            File.Delete(file);
        }

        var id = crowd.Dataset["datasets/".Length..];
        using var list = JsonDocument.Parse((await CliInProcess.RunAsync(_service, "predictions", "list", id, "--json")).Succeeded());
        var entry = Assert.Single(list.RootElement.GetProperty("jobs").EnumerateArray());
        Assert.Equal(("succeeded", 100), (entry.GetProperty("state").GetString(), entry.GetProperty("predicted_count").GetInt32()));
        var wrong = await CliInProcess.RunAsync(_service, "predictions", "download", job, "--out", "x.npy");
        Assert.Equal(2, wrong.ExitCode);
    }

    [Fact]
    public async Task Bad_jobs_are_refused_and_name_the_field()
    {
        var (crowd, model) = await TrainAsync();
        var selector = new ModelSelector { Model = model };
        foreach (var (code, field, job) in ((StatusCode, string, PredictionJob?)[])
        [
            (StatusCode.InvalidArgument, "prediction_job", null),
            (StatusCode.InvalidArgument, "prediction_job.model", new PredictionJob()),
            (StatusCode.InvalidArgument, "prediction_job.model.model", new PredictionJob { Model = new ModelSelector { Model = "wdn" } }),
            (StatusCode.InvalidArgument, "prediction_job.model.model", new PredictionJob { Model = new ModelSelector { Model = "datasets/x/models/dn" } }),
            (StatusCode.NotFound, "prediction_job.model.model", new PredictionJob { Model = new ModelSelector { Model = $"{crowd.Dataset}/models/none" } }),
            (StatusCode.InvalidArgument, "prediction_job.model.alias", new PredictionJob { Model = new ModelSelector { Model = model, Alias = "champion" } }),
            (StatusCode.InvalidArgument, "prediction_job.filter", new PredictionJob { Model = selector, Filter = "color = red" }),
            (StatusCode.InvalidArgument, "prediction_job.outputs[0]", new PredictionJob { Model = selector, Outputs = { (PredictionOutput)99 } }),
            (StatusCode.FailedPrecondition, "prediction_job.distilled", new PredictionJob { Model = selector, Distilled = true }),
            (StatusCode.InvalidArgument, "prediction_job.outputs",
                new PredictionJob { Model = selector, Distilled = true, Outputs = { PredictionOutput.LabelerWeights } }),
        ])
        {
            await Requests.RefusedAsync(code, field, () => CreateAsync(crowd.Dataset, job));
        }

        Assert.Empty((await _service.PredictionJobs.ListPredictionJobsAsync(new ListPredictionJobsRequest { Parent = crowd.Dataset })).PredictionJobs);
        var valid = await _service.PredictionJobs.CreatePredictionJobAsync(new CreatePredictionJobRequest
        {
            Parent = crowd.Dataset,
            PredictionJob = new PredictionJob { Model = selector },
            ValidateOnly = true,
        });
        Assert.Empty(valid.Name);
        var done = await RunAsync(crowd.Dataset, new PredictionJob { Model = selector, Filter = "item_id = none" });
        Assert.Equal((PredictionJob.Types.State.Succeeded, 0L), (done.State, done.ItemCount));
        await Requests.RefusedAsync(StatusCode.InvalidArgument, "format", () => DownloadAsync(done.Name, "xls"));
    }

    // The same table in all formats, over gRPC and over HTTP.
    private async Task CheckFilesAsync(PredictionJob job, List<ItemPrediction> rows)
    {
        var csv = System.Text.Encoding.UTF8.GetString(await DownloadAsync(job.Name, "csv")).TrimEnd('\n').Split('\n');
        Assert.StartsWith("item,predicted,p_no,p_yes,entropy,disagreement,class_by_labeler0,weight_of_labeler0", csv[0], StringComparison.Ordinal);
        Assert.Equal(rows.Count + 1, csv.Length);
        using var client = new HttpClient();
        using var response = await client.GetAsync($"{_service.HttpAddress}/v1/{job.Name}:download?format=parquet");
        Assert.Equal("application/vnd.apache.parquet", response.Content.Headers.ContentType?.MediaType);
        var parquet = await response.Content.ReadAsByteArrayAsync();
        Assert.Equal(await DownloadAsync(job.Name, ""), parquet);
        using var stream = new MemoryStream(parquet);
        await using var reader = await ParquetReader.CreateAsync(stream);
        Assert.Equal(csv[0].Split(','), reader.Schema.GetDataFields().Select(field => field.Name));
        using var group = reader.OpenRowGroupReader(0);
        Assert.Equal(rows.Count, group.RowCount);
    }

    private async Task<byte[]> DownloadAsync(string name, string format)
    {
        using var call = _service.PredictionJobs.DownloadPredictions(new DownloadPredictionsRequest { Name = name, Format = format });
        using var whole = new MemoryStream();
        await foreach (var piece in call.ResponseStream.ReadAllAsync())
        {
            piece.Data.WriteTo(whole);
        }

        return whole.ToArray();
    }

    private async Task<List<ItemPrediction>> ListAsync(string job, int pageSize)
    {
        var rows = new List<ItemPrediction>();
        var token = "";
        do
        {
            var page = await _service.PredictionJobs.ListPredictionsAsync(
                new ListPredictionsRequest { Name = job, PageSize = pageSize, PageToken = token });
            rows.AddRange(page.Predictions);
            token = page.NextPageToken;
        }
        while (token.Length > 0);
        return rows;
    }

    private async Task<(SimulatedDataset Crowd, string Model)> TrainAsync()
    {
        var crowd = await SimulatedDataset.CreateAsync(_service);
        var run = await TrainAndPredictTests.StartAsync(_service, crowd.Dataset, "dn", ("epochs", "5"));
        return (crowd, (await TrainAndPredictTests.WatchToEndAsync(_service, run)).ModelVersion);
    }

    private async Task<PredictionJob> RunAsync(string dataset, PredictionJob job) => await WaitAsync((await CreateAsync(dataset, job)).Name);

    private async Task<PredictionJob> CreateAsync(string dataset, PredictionJob? job) =>
        await _service.PredictionJobs.CreatePredictionJobAsync(new CreatePredictionJobRequest { Parent = dataset, PredictionJob = job });

    private Task<PredictionJob> WaitAsync(string name) => JobWaiting.WaitAsync(
        _service, name, job => job.State is not (PredictionJob.Types.State.Queued or PredictionJob.Types.State.Running));
}
