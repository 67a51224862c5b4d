using System.Net;
using Grpc.Core;
using LabelerService.Contracts.V1;
using LabelerService.TestKit.Postgres;

namespace LabelerService.EndToEnd.Security;

/// <summary>Limits of keys over the wire: who calls too much is told when to come again, streams are held up, and others notice nothing.</summary>
[Trait("Suite", "security")]
public sealed class CallLimitTests(LimitedServer fixture) : IClassFixture<LimitedServer>
{
    // So slow that nothing comes back within a test.
    private const double Slow = 0.001;

    private readonly SecuredServer _server = fixture.Server;

    [Fact]
    public async Task A_noisy_key_is_refused_with_the_time_to_wait_while_another_makes_all_its_calls()
    {
        var noisy = await CreateKeyAsync(new CallLimits { RequestsPerSecond = Slow, Burst = 5 });
        var quiet = await CreateKeyAsync(new CallLimits { RequestsPerSecond = 0 });
        var outcomes = new List<StatusCode>();
        var noise = Task.Run(async () =>
        {
            for (var i = 0; i < 200; i++)
            {
                outcomes.Add(await StatusAsync(noisy));
            }
        });
        for (var i = 0; i < 200; i++)
        {
            Assert.Equal(StatusCode.OK, await StatusAsync(quiet));
        }

        await noise;
        Assert.Equal((5, 195), (outcomes.Count(code => code == StatusCode.OK), outcomes.Count(code => code == StatusCode.ResourceExhausted)));
        var error = await Assert.ThrowsAsync<RpcException>(async () => await _server.Datasets(noisy).ListDatasetsAsync(new ListDatasetsRequest()));
        var status = error.GetRpcStatus()!;
        Assert.Equal("RATE_LIMIT", status.GetDetail<Google.Rpc.ErrorInfo>()!.Reason);
        Assert.True(status.GetDetail<Google.Rpc.RetryInfo>()!.RetryDelay.ToTimeSpan() > TimeSpan.FromSeconds(1));

        using var client = new HttpClient { DefaultRequestHeaders = { { "x-api-key", noisy } } };
        using var refused = await client.GetAsync(new Uri(_server.HttpAddress + "/v1/datasets"));
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.True(refused.Headers.RetryAfter!.Delta > TimeSpan.FromSeconds(1));
        Assert.Contains("RATE_LIMIT", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using var probe = await client.GetAsync(new Uri(_server.HttpAddress + "/readyz"));
        Assert.Equal(HttpStatusCode.OK, probe.StatusCode);
    }

    [Fact]
    public async Task Messages_of_a_stream_are_held_up_and_each_is_acknowledged_and_stored()
    {
        const int messages = 40;
        await _server.CreateDatasetAsync("held");
        var key = await CreateKeyAsync(new CallLimits { RequestsPerSecond = 200, Burst = 2 }, ApiKey.Types.Role.Ingester);
        using var ingest = new AnnotationService.AnnotationServiceClient(_server.Call(key)).IngestAnnotations();
        var reading = Task.Run(async () =>
        {
            var acknowledged = 0L;
            while (await ingest.ResponseStream.MoveNext(default))
            {
                acknowledged = ingest.ResponseStream.Current.AcknowledgedSequence;
            }

            return acknowledged;
        });
        for (var sequence = 1; sequence <= messages; sequence++)
        {
            await ingest.RequestStream.WriteAsync(new IngestAnnotationsRequest
            {
                Parent = "datasets/held",
                Sequence = sequence,
                UnknownLabelers = UnknownLabelers.Register,
                UnknownItems = UnknownItems.Register,
                Annotations = { new Annotation { ItemId = $"i{sequence}", LabelerId = "l", ClassName = "a" } },
            });
        }

        await ingest.RequestStream.CompleteAsync();
        Assert.Equal(messages, await reading);
        var dataset = await _server.Datasets(_server.AdminKey).GetDatasetAsync(new GetDatasetRequest { Name = "datasets/held" });
        Assert.Equal(messages, dataset.Counts.Annotations);
    }

    [Fact]
    public async Task Streams_under_way_count_until_they_end()
    {
        await _server.CreateDatasetAsync("concurrent");
        var key = await CreateKeyAsync(new CallLimits { ConcurrentCalls = 2 });
        var watch = new WatchDatasetActivityRequest { Name = "datasets/concurrent" };
        using var first = _server.Datasets(key).WatchDatasetActivity(watch);
        using var second = _server.Datasets(key).WatchDatasetActivity(watch);
        Assert.True(await first.ResponseStream.MoveNext(default));
        Assert.True(await second.ResponseStream.MoveNext(default));
        var error = await Assert.ThrowsAsync<RpcException>(async () => await _server.Datasets(key).ListDatasetsAsync(new ListDatasetsRequest()));
        Assert.Equal((StatusCode.ResourceExhausted, "TOO_MANY_CALLS"), (error.StatusCode, error.GetRpcStatus()!.GetDetail<Google.Rpc.ErrorInfo>()!.Reason));

        // The server hears of the end a moment after the client has ended it.
        first.Dispose();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (await StatusAsync(key) != StatusCode.OK)
        {
            await Task.Delay(20, patience.Token);
        }
    }

    [Fact]
    public async Task A_key_without_limits_of_its_own_has_the_servers_and_every_key_shows_its_own()
    {
        var plain = await CreateKeyAsync(null);
        for (var i = 0; i < LimitedServer.Burst; i++)
        {
            Assert.Equal(StatusCode.OK, await StatusAsync(plain));
        }

        Assert.Equal(StatusCode.ResourceExhausted, await StatusAsync(plain));
        var limits = new CallLimits { RequestsPerSecond = 2.5, Burst = 7, ConcurrentCalls = 0 };
        var created = await _server.Keys().CreateApiKeyAsync(new CreateApiKeyRequest { ApiKey = new ApiKey { Role = ApiKey.Types.Role.Reader, Limits = limits } });
        Assert.Equal(limits, created.ApiKey.Limits);
        Assert.Equal(limits, (await _server.Keys().GetApiKeyAsync(new GetApiKeyRequest { Name = created.ApiKey.Name })).Limits);
    }

    [Theory]
    [InlineData("requests_per_second", -1.0, null, null)]
    [InlineData("requests_per_second", double.NaN, null, null)]
    [InlineData("requests_per_second", 1e9, null, null)]
    [InlineData("requests_per_second", 1e-9, null, null)]
    [InlineData("burst", 1.0, 0, null)]
    [InlineData("burst", null, 5, null)]
    [InlineData("burst", 0.0, 5, null)]
    [InlineData("concurrent_calls", null, null, -1)]
    public async Task Limits_that_make_no_sense_are_refused_by_field(string field, double? rate, int? burst, int? calls)
    {
        var limits = new CallLimits();
        if (rate is { } perSecond)
        {
            limits.RequestsPerSecond = perSecond;
        }

        if (burst is { } atOnce)
        {
            limits.Burst = atOnce;
        }

        if (calls is { } most)
        {
            limits.ConcurrentCalls = most;
        }

        var error = await Assert.ThrowsAsync<RpcException>(() => CreateKeyAsync(limits));
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Contains(
            error.GetRpcStatus()!.GetDetail<Google.Rpc.BadRequest>()!.FieldViolations, violation => violation.Field == $"api_key.limits.{field}");
    }

    private async Task<string> CreateKeyAsync(CallLimits? limits, ApiKey.Types.Role role = ApiKey.Types.Role.Reader) =>
        (await _server.Keys().CreateApiKeyAsync(new CreateApiKeyRequest { ApiKey = new ApiKey { Role = role, Limits = limits } })).Key;

    private async Task<StatusCode> StatusAsync(string key)
    {
        try
        {
            await _server.Datasets(key).ListDatasetsAsync(new ListDatasetsRequest());
            return StatusCode.OK;
        }
        catch (RpcException error)
        {
            return error.StatusCode;
        }
    }
}

/// <summary>A server that limits every key that says nothing itself.</summary>
public sealed class LimitedServer : IAsyncLifetime
{
    public const int Burst = 200;

    private readonly PostgresFixture _database = new();

    internal SecuredServer Server { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        await _database.InitializeAsync();
        Server = await SecuredServer.StartAsync(
            _database.ConnectionString,
            options => options with { CallLimits = new Core.Access.CallLimits { RequestsPerSecond = 0.001, Burst = Burst } });
    }

    public async Task DisposeAsync()
    {
        await Server.DisposeAsync();
        await _database.DisposeAsync();
    }
}
