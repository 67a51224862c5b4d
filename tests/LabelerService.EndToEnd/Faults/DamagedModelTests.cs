using System.Net;
using Grpc.Core;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Predictions;
using LabelerService.Storage.Datasets;
using LabelerService.TestKit.Postgres;
using LabelerService.TestKit.Suites;
using Npgsql;

namespace LabelerService.EndToEnd.Faults;

/// <summary>Model files that are not what was published: damaged on the disk, cut off, or exchanged.</summary>
[Trait("Suite", "faults")]
public sealed class DamagedModelTests(PostgresFixture database) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private readonly PublishedModels _models = new(database);
    private readonly float[] _features = PublishedModels.Features(1);
    private PredictionServer _server = null!;

    public async Task InitializeAsync() => _server = await PredictionServer.StartAsync(database.ConnectionString);

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Theory]
    [InlineData("a bit is wrong", "set_byte(bytes, octet_length(bytes) / 2, get_byte(bytes, octet_length(bytes) / 2) # 1)")]
    [InlineData("it is cut off", "substr(bytes, 1, octet_length(bytes) / 2)")]
    [InlineData("nothing is left", "''::bytea")]
    [InlineData("it is the other version's", "(SELECT bytes FROM artefacts o WHERE o.sha256 <> a.sha256 LIMIT 1)")]
    public async Task A_version_whose_file_is_damaged_never_answers_the_one_before_goes_on_and_readiness_says_why(string damage, string bytes)
    {
        var dataset = await _models.CreateDatasetAsync();
        var first = PublishedModels.Expected(await _models.PublishAsync(dataset, 3), _features);
        var second = await _models.PublishAsync(dataset, 4);
        Assert.Equal(first, await PredictAsync(dataset), Near);
        Assert.Equal("Healthy", await ReadinessAsync());

        await UpdateAsync(dataset, bytes);
        await _server.Models.PromoteModelVersionAsync(new PromoteModelVersionRequest { Name = Version(dataset, 2), Reason = damage });
        Assert.Equal(first, await PredictAsync(dataset), Near);
        var why = await ReadinessAsync();
        Assert.StartsWith("Degraded\n", why, StringComparison.Ordinal);
        Assert.Contains("cannot be loaded", why, StringComparison.Ordinal);
        Assert.DoesNotContain(dataset.Id, why, StringComparison.Ordinal);
        var refused = await Assert.ThrowsAsync<RpcException>(() => PredictAsync(dataset, Version(dataset, 2)));
        Assert.Equal((StatusCode.FailedPrecondition, "ARTEFACT_CORRUPT"), (refused.StatusCode, refused.GetRpcStatus()!.GetDetail<Google.Rpc.ErrorInfo>().Reason));

        // What a backup has is put back: nothing has to be restarted. The server looks by itself every three seconds, and when it is told again.
        await UpdateAsync(dataset, "@file", second.Onnx);
        await _server.Models.PromoteModelVersionAsync(new PromoteModelVersionRequest { Name = Version(dataset, 2), Reason = "repaired" });
        Assert.Equal("Healthy", await ReadinessAsync());
        Assert.Equal(PublishedModels.Expected(second, _features), await PredictAsync(dataset), Near);
        SuiteReport.Add("faults", $"model file damaged, {damage}", ("wrong answers", 0), ("failed calls", 0));
    }

    private static string Version(DatasetRecord dataset, int version) => $"datasets/{dataset.Id}/models/wdn/versions/{version}";

    private static bool Near(float one, float other) => Math.Abs(one - other) < 1e-5;

    private async Task UpdateAsync(DatasetRecord dataset, string bytes, byte[]? file = null)
    {
        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        await using var command = source.CreateCommand(
            $"""
            UPDATE artefacts a SET bytes = {bytes} FROM model_versions v JOIN datasets d USING (dataset_id)
            WHERE d.id = @dataset AND v.model_id = 'wdn' AND v.version = 2 AND a.sha256 = v.artefact_sha256
            """);
        command.Parameters.AddWithValue("dataset", dataset.Id);
        if (file is not null)
        {
            command.Parameters.AddWithValue("file", file);
        }

        Assert.Equal(1, await command.ExecuteNonQueryAsync());
    }

    private async Task<float[]> PredictAsync(DatasetRecord dataset, string? model = null) => [.. (await _server.Predictions.PredictAsync(new PredictRequest
    {
        Dataset = $"datasets/{dataset.Id}",
        Model = new ModelSelector { Model = model ?? $"datasets/{dataset.Id}/models/wdn" },
        Features = new FeatureVector { Values = { _features } },
    })).Prediction.Probabilities];

    private async Task<string> ReadinessAsync()
    {
        using var client = new HttpClient();
        using var answer = await client.GetAsync(new Uri($"{_server.HttpAddress}/readyz"));

        // A server that serves stays in the balancer.
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadAsStringAsync();
    }
}
