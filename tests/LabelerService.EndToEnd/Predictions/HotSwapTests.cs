using Grpc.Core;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Models;
using LabelerService.TestKit.Postgres;
using LabelerService.TestKit.Suites;

namespace LabelerService.EndToEnd.Predictions;

/// <summary>Which version answers, while that changes.</summary>
[Trait("Suite", "faults")]
public sealed class HotSwapTests(PostgresFixture database) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private readonly PublishedModels _models = new(database);
    private readonly float[] _features = PublishedModels.Features(1);
    private PredictionServer _server = null!;

    public async Task InitializeAsync() => _server = await PredictionServer.StartAsync(database.ConnectionString);

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Promotions_under_load_fail_no_request_and_no_answer_is_another_versions()
    {
        var promotions = int.TryParse(Environment.GetEnvironmentVariable("LABELER_SWAP_ROUNDS"), out var rounds) ? rounds : LongForm.Of(8, 100);
        var dataset = await _models.CreateDatasetAsync();
        var expected = new Dictionary<string, float[]>();
        for (var seed = 1; seed <= 2; seed++)
        {
            expected[Name(dataset, seed)] = PublishedModels.Expected(await _models.PublishAsync(dataset, seed), _features);
        }

        // The rounds that promoted last and that promotes now, or did last; round r promotes this one.
        string Promoted(int round) => Name(dataset, 1 + (round % 2));
        var (promoted, promoting) = (0, 0);
        var answered = 0;
        using var done = new CancellationTokenSource();
        var clients = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
            {
                var before = Volatile.Read(ref promoted);
                var answer = await PredictAsync(_server, dataset);
                Assert.Equal(expected[answer.ModelVersion], answer.Prediction.Probabilities, (a, b) => Math.Abs(a - b) < 1e-5);
                var after = Volatile.Read(ref promoting);
                Assert.True(
                    Enumerable.Range(before, after - before + 1).Any(round => answer.ModelVersion == Promoted(round)),
                    $"{answer.ModelVersion} answered a call that began after {Promoted(before)} was promoted and ended before round {after + 1}.");
                Interlocked.Increment(ref answered);
            }
        })).ToArray();
        for (var round = 1; round <= promotions; round++)
        {
            var next = Promoted(round);
            Volatile.Write(ref promoting, round);
            await PromoteAsync(dataset, next);
            Volatile.Write(ref promoted, round);

            // Whoever promotes here finds it so with the next call.
            Assert.Equal(next, (await PredictAsync(_server, dataset)).ModelVersion);
            var seen = Volatile.Read(ref answered);
            await UntilAsync(() => Task.FromResult(Volatile.Read(ref answered) > seen + 20 || clients.Any(client => client.IsFaulted)));
        }

        await done.CancelAsync();
        await Task.WhenAll(clients);
        SuiteReport.Add("faults", "promotions under load", ("promotions", promotions), ("answers", answered), ("failed", 0), ("another version's", 0));
    }

    [Fact]
    public async Task Another_replica_follows_a_promotion()
    {
        await using var other = await PredictionServer.StartAsync(database.ConnectionString);
        var dataset = await _models.CreateDatasetAsync();
        await _models.PublishAsync(dataset, 1);
        Assert.Equal(Name(dataset, 1), (await PredictAsync(other, dataset)).ModelVersion);
        await _models.PublishAsync(dataset, 2);
        await PromoteAsync(dataset, Name(dataset, 2));
        await UntilAsync(async () => (await PredictAsync(other, dataset)).ModelVersion == Name(dataset, 2));
    }

    [Fact]
    public async Task A_canary_gets_calls_and_an_item_always_the_same_version()
    {
        var dataset = await _models.CreateDatasetAsync();
        await _models.PublishAsync(dataset, 1);
        await _models.PublishAsync(dataset, 2);
        Assert.Equal(Name(dataset, 1), (await PredictAsync(_server, dataset)).ModelVersion);
        await _models.Store.SetCanaryAsync(dataset, "wdn", 2, 0.5, new PromotionReason("try it", "test"), null, default);
        await UntilAsync(async () => (await PredictAsync(_server, dataset)).ModelVersion == Name(dataset, 2));
        await UntilAsync(async () => (await PredictAsync(_server, dataset)).ModelVersion == Name(dataset, 1));

        // Whoever names the champion gets it.
        for (var call = 0; call < 20; call++)
        {
            Assert.Equal(Name(dataset, 1), (await PredictAsync(_server, dataset, alias: "champion")).ModelVersion);
        }
    }

    [Fact]
    public async Task A_version_deleted_during_a_stream_answers_what_came_before_and_is_not_found_after()
    {
        var dataset = await _models.CreateDatasetAsync();
        await _models.PublishAsync(dataset, 1);
        await _models.PublishAsync(dataset, 2);
        using var call = _server.Predictions.StreamPredict();
        var message = new BatchPredictRequest
        {
            Dataset = $"datasets/{dataset.Id}",
            Model = new ModelSelector { Model = Name(dataset, 2) },
            Features = Requests.Floats(_features, 1, PublishedModels.Length),
        };
        await call.RequestStream.WriteAsync(new StreamPredictRequest { Request = message });
        Assert.True(await call.ResponseStream.MoveNext(default));
        Assert.Equal(Name(dataset, 2), call.ResponseStream.Current.Response.ModelVersion);
        await _models.Store.DeleteVersionAsync(dataset, "wdn", 2, "test", default);
        await UntilAsync(async () =>
        {
            try
            {
                await PredictAsync(_server, dataset, Name(dataset, 2));
                return false;
            }
            catch (RpcException error) when (error.StatusCode == StatusCode.NotFound)
            {
                return true;
            }
        });

        // Later messages need not name what the first has named.
        await call.RequestStream.WriteAsync(new StreamPredictRequest { Request = new BatchPredictRequest { Features = message.Features } });
        await Requests.RefusedAsync(StatusCode.NotFound, "messages[1].model.model", () => call.ResponseStream.MoveNext(default));

        // The champion is still there, and so is whoever asks for it.
        Assert.Equal(Name(dataset, 1), (await PredictAsync(_server, dataset)).ModelVersion);
    }

    [Fact]
    public async Task A_deleted_dataset_is_gone_with_the_next_call_and_its_id_can_begin_anew()
    {
        var dataset = await _models.CreateDatasetAsync();
        await _models.PublishAsync(dataset, 1);
        await PredictAsync(_server, dataset);
        await _server.Datasets.DeleteDatasetAsync(new DeleteDatasetRequest { Name = $"datasets/{dataset.Id}" });
        await Requests.RefusedAsync(StatusCode.NotFound, "dataset", () => PredictAsync(_server, dataset));
        var again = await database.Get<DatasetStore>().CreateAsync(new DatasetWrite(dataset.Id, dataset.Schema), null, default);
        await Requests.RefusedAsync(StatusCode.NotFound, "model.model", () => PredictAsync(_server, dataset));

        // A fresh model is found at once, however often it was not found before.
        var model = await _models.PublishAsync(again, 2);
        Assert.Equal(
            PublishedModels.Expected(model, _features), (await PredictAsync(_server, again)).Prediction.Probabilities, (a, b) => Math.Abs(a - b) < 1e-5);
    }

    private static string Name(DatasetRecord dataset, int version) => $"datasets/{dataset.Id}/models/wdn/versions/{version}";

    private async Task<PredictResponse> PredictAsync(PredictionServer server, DatasetRecord dataset, string? model = null, string alias = "") =>
        await server.Predictions.PredictAsync(new PredictRequest
        {
            Dataset = $"datasets/{dataset.Id}",
            Model = new ModelSelector { Model = model ?? $"datasets/{dataset.Id}/models/wdn", Alias = alias },
            Features = new FeatureVector { Values = { _features } },
        });

    private async Task PromoteAsync(DatasetRecord dataset, string version) => await _server.Models.SetModelAliasAsync(
        new SetModelAliasRequest { Name = $"datasets/{dataset.Id}/models/wdn", Alias = new ModelAlias { Alias = "champion", Version = version } });

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (!await condition())
        {
            limit.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
