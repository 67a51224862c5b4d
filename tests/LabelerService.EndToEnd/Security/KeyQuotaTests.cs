using System.Diagnostics.Metrics;
using System.Net;
using Google.Rpc;
using Grpc.Core;
using LabelerService.Contracts.V1;
using LabelerService.Core.Telemetry;
using LabelerService.EndToEnd.Harness;
using LabelerService.EndToEnd.LabelStudio;

namespace LabelerService.EndToEnd.Security;

/// <summary>Quotas of keys over the wire: every road by which a key writes counts, and none leads beyond.</summary>
[Trait("Suite", "security")]
public sealed class KeyQuotaTests(SecuredServerFixture fixture) : IClassFixture<SecuredServerFixture>
{
    private readonly SecuredServer _server = fixture.Server;

    [Fact]
    public async Task A_key_writes_what_it_may_and_the_next_is_refused_whole_with_the_time_until_midnight()
    {
        var dataset = await _server.CreateDatasetAsync("quota-unary");
        var (name, key) = await CreateKeyAsync(annotations: 3);
        var (_, other) = await CreateKeyAsync(annotations: 1);
        var id = Guid.NewGuid().ToString();
        for (var time = 0; time < 3; time++)
        {
            // The same request, repeated, counts once.
            Assert.Equal(2, (await WriteAsync(key, dataset, id, "i0", "i1")).Counts.Created);
        }

        var error = await Assert.ThrowsAsync<RpcException>(() => WriteAsync(key, dataset, "", "i2", "i3"));
        Assert.Equal(StatusCode.ResourceExhausted, error.StatusCode);
        var status = error.GetRpcStatus()!;
        Assert.Equal("KEY_QUOTA_EXCEEDED", status.GetDetail<ErrorInfo>()!.Reason);
        Assert.Equal(name, Assert.Single(status.GetDetail<QuotaFailure>()!.Violations).Subject);
        Assert.InRange(status.GetDetail<RetryInfo>()!.RetryDelay.ToTimeSpan(), TimeSpan.FromSeconds(1), TimeSpan.FromDays(1));
        Assert.Equal((2, 2), (await TodayAsync(name), await CountAsync(dataset)));

        await WriteAsync(key, dataset, "", "i2");
        await RefusedAsync(() => WriteAsync(key, dataset, "", "i3"));
        await WriteAsync(other, dataset, "", "i3");
        await RefusedAsync(() => WriteAsync(other, dataset, "", "i4"));
        Assert.Equal((3, 4), (await TodayAsync(name), await CountAsync(dataset)));
        var listed = (await _server.Keys().ListApiKeysAsync(new ListApiKeysRequest { PageSize = 1000 })).ApiKeys.Single(entry => entry.Name == name);
        Assert.Equal((3, 3), (listed.Quota.AnnotationsPerDay, listed.UsageToday.Annotations));
    }

    [Fact]
    public async Task Every_road_that_writes_annotations_counts()
    {
        var (dataset, owner) = await _server.CreateScenesAsync();
        owner.Dispose();
        var (name, key) = await CreateKeyAsync(annotations: 5);
        await WriteAsync(key, dataset, "", "unary");
        Assert.Equal(1, await TodayAsync(name));
        await IngestAsync(key, dataset, "acknowledged");
        Assert.Equal(2, await TodayAsync(name));
        await StreamAsync(key, dataset, "stream");
        Assert.Equal(3, await TodayAsync(name));
        using var http = new HttpClient { DefaultRequestHeaders = { { "x-api-key", key } } };
        Assert.Equal(HttpStatusCode.OK, await PostAsync(http, dataset, "http"));
        Assert.Equal(4, await TodayAsync(name));
        using var studio = new StudioClient(_server.Backend(dataset), key);
        await studio.AcceptedAsync("/webhook", StudioEvents.Says(1, "i0", 7, "a"));
        Assert.Equal(5, await TodayAsync(name));

        var before = RefusedSoFar();
        using var browser = new SessionClient(_server.HttpAddress);
        await browser.SignedInAsync(key);
        var refused = await browser.SendAsync(HttpMethod.Post, $"/v1/{dataset}/annotations:batchCreate", Body("session"));
        Assert.Equal((HttpStatusCode.TooManyRequests, "KEY_QUOTA_EXCEEDED"), (refused.Status, refused.Reason));
        await RefusedAsync(() => WriteAsync(key, dataset, "", "more"));
        await RefusedAsync(() => IngestAsync(key, dataset, "more"));
        await RefusedAsync(() => StreamAsync(key, dataset, "more"));
        Assert.Equal(HttpStatusCode.TooManyRequests, await PostAsync(http, dataset, "more"));
        await studio.RefusedAsync(HttpStatusCode.TooManyRequests, "may have 5 annotations stored a day", "/webhook", StudioEvents.Says(2, "i1", 7, "a"));
        Assert.Equal((5, 5), (await TodayAsync(name), await CountAsync(dataset)));
        Assert.Equal(6, RefusedSoFar() - before);
    }

    [Fact]
    public async Task Every_road_that_writes_items_counts()
    {
        var dataset = await _server.CreateDatasetAsync("quota-items");
        var (name, key) = await CreateKeyAsync(items: 4);
        var items = new ItemService.ItemServiceClient(_server.Call(key));
        await items.BatchCreateItemsAsync(new BatchCreateItemsRequest { Parent = dataset, Batch = Batch("a") });
        Assert.Equal(1, await ItemsTodayAsync(name));
        await StreamItemsAsync("b");
        Assert.Equal(2, await ItemsTodayAsync(name));
        var gold = new BatchSetGoldClassesRequest { Parent = dataset, GoldClasses = { new GoldClass { ItemId = "a", ClassName = "b" } } };
        await items.BatchSetGoldClassesAsync(gold);
        await items.BatchSetGoldClassesAsync(gold);
        Assert.Equal(3, await ItemsTodayAsync(name));
        await WriteAsync(key, dataset, "", "c");
        Assert.Equal(4, await ItemsTodayAsync(name));

        await RefusedAsync(() => items.BatchCreateItemsAsync(new BatchCreateItemsRequest { Parent = dataset, Batch = Batch("d") }).ResponseAsync);
        await RefusedAsync(() => StreamItemsAsync("d"));
        await RefusedAsync(() => WriteAsync(key, dataset, "", "d"));
        gold.GoldClasses[0].ItemId = "b";
        await RefusedAsync(() => items.BatchSetGoldClassesAsync(gold).ResponseAsync);
        Assert.Equal(["a", "b", "c"], (await _server.ItemsAsync(dataset)).Order(StringComparer.Ordinal));

        async Task StreamItemsAsync(string id)
        {
            using var call = items.StreamItems();
            await call.RequestStream.WriteAsync(new StreamItemsRequest { Parent = dataset, Batch = Batch(id) });
            await call.RequestStream.CompleteAsync();
            await call;
        }
    }

    [Fact]
    public async Task Two_servers_at_once_store_exactly_the_quota()
    {
        const int Quota = 25;
        var dataset = await _server.CreateDatasetAsync("quota-servers");
        await using var replica = await SecuredServer.StartAsync(
            fixture.ConnectionString, options => options with { AdminKeyFile = null }, Microsoft.Extensions.Logging.LogLevel.Warning);
        var (name, key) = await CreateKeyAsync(annotations: Quota);
        var clients = new[] { _server, replica }.Select(server => new AnnotationService.AnnotationServiceClient(server.Call(key))).ToArray();
        var stored = await Task.WhenAll(Enumerable.Range(0, 60).Select(async i =>
        {
            try
            {
                await clients[i % 2].BatchCreateAnnotationsAsync(Request(dataset, "", $"i{i}"));
                return 1;
            }
            catch (RpcException error) when (error.GetRpcStatus()?.GetDetail<ErrorInfo>()?.Reason == "KEY_QUOTA_EXCEEDED")
            {
                return 0;
            }
        }));
        Assert.Equal((Quota, Quota, Quota), (stored.Sum(), await TodayAsync(name), await CountAsync(dataset)));
    }

    [Theory]
    [InlineData(-1L, null, "annotations_per_day")]
    [InlineData(null, 1_000_000_000_001L, "items_per_day")]
    public async Task Quotas_that_make_no_sense_are_refused_by_field(long? annotations, long? items, string field)
    {
        var error = await Assert.ThrowsAsync<RpcException>(() => CreateKeyAsync(annotations, items));
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Equal($"api_key.quota.{field}", Assert.Single(error.GetRpcStatus()!.GetDetail<BadRequest>()!.FieldViolations).Field);
    }

    private static BatchCreateAnnotationsRequest Request(string dataset, string requestId, params string[] items)
    {
        var request = new BatchCreateAnnotationsRequest
        {
            Parent = dataset,
            RequestId = requestId,
            UnknownLabelers = UnknownLabelers.Register,
            UnknownItems = UnknownItems.Register,
        };
        request.Annotations.AddRange(items.Select(Says));
        return request;
    }

    private static Annotation Says(string item) => new() { ItemId = item, LabelerId = "l", ClassName = "a" };

    private static ItemBatch Batch(string id) => new() { ItemIds = { id }, Features = Requests.Floats([1, 2], 1, 2) };

    private static object Body(string item) => new
    {
        unknownLabelers = "UNKNOWN_LABELERS_REGISTER",
        unknownItems = "UNKNOWN_ITEMS_REGISTER",
        annotations = new[] { new { itemId = item, labelerId = "l", className = "a" } },
    };

    private static async Task RefusedAsync(Func<Task> call)
    {
        var error = await Assert.ThrowsAsync<RpcException>(call);
        var status = error.GetRpcStatus()!;
        Assert.Equal((StatusCode.ResourceExhausted, "KEY_QUOTA_EXCEEDED"), (error.StatusCode, status.GetDetail<ErrorInfo>()!.Reason));
        Assert.True(status.GetDetail<RetryInfo>()!.RetryDelay.Seconds >= 1 && status.GetDetail<QuotaFailure>()!.Violations.Count == 1);
    }

    /// <summary>Calls of the server that were refused for a key's quota, by its metrics.</summary>
    private long RefusedSoFar()
    {
        var refused = 0L;
        var meter = _server.Get<ServiceMeter>().Meter;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, reader) =>
            {
                if (instrument.Name == "labeler.limits.refused" && ReferenceEquals(instrument.Meter, meter))
                {
                    reader.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) => refused += tags[0].Value is "quota" ? value : 0);
        listener.Start();
        listener.RecordObservableInstruments();
        return refused;
    }

    private async Task<HttpStatusCode> PostAsync(HttpClient http, string dataset, string item)
    {
        using var body = System.Net.Http.Json.JsonContent.Create(Body(item));
        using var answer = await http.PostAsync(new Uri($"{_server.HttpAddress}/v1/{dataset}/annotations:batchCreate"), body);
        return answer.StatusCode;
    }

    private async Task<BatchCreateAnnotationsResponse> WriteAsync(string key, string dataset, string requestId, params string[] items) =>
        await new AnnotationService.AnnotationServiceClient(_server.Call(key)).BatchCreateAnnotationsAsync(Request(dataset, requestId, items));

    private async Task IngestAsync(string key, string dataset, string item)
    {
        using var call = new AnnotationService.AnnotationServiceClient(_server.Call(key)).IngestAnnotations();
        await call.RequestStream.WriteAsync(new IngestAnnotationsRequest
        {
            Parent = dataset,
            Sequence = 1,
            UnknownLabelers = UnknownLabelers.Register,
            UnknownItems = UnknownItems.Register,
            Annotations = { Says(item) },
        });
        await call.RequestStream.CompleteAsync();
        while (await call.ResponseStream.MoveNext(default))
        {
            Assert.Equal(1, call.ResponseStream.Current.AcknowledgedSequence);
        }
    }

    private async Task StreamAsync(string key, string dataset, string item)
    {
        using var call = new AnnotationService.AnnotationServiceClient(_server.Call(key)).StreamAnnotations();
        await call.RequestStream.WriteAsync(new StreamAnnotationsRequest
        {
            Parent = dataset,
            UnknownLabelers = UnknownLabelers.Register,
            UnknownItems = UnknownItems.Register,
            Annotations = { Says(item) },
        });
        await call.RequestStream.CompleteAsync();
        await call;
    }

    private async Task<(string Name, string Key)> CreateKeyAsync(long? annotations = null, long? items = null)
    {
        var quota = new KeyQuota();
        if (annotations is { } most)
        {
            quota.AnnotationsPerDay = most;
        }

        if (items is { } mostItems)
        {
            quota.ItemsPerDay = mostItems;
        }

        var created = await _server.Keys().CreateApiKeyAsync(
            new CreateApiKeyRequest { ApiKey = new ApiKey { Role = ApiKey.Types.Role.Ingester, Quota = quota } });
        Assert.Equal(quota, created.ApiKey.Quota);
        return (created.ApiKey.Name, created.Key);
    }

    private async Task<long> TodayAsync(string name) => (await _server.Keys().GetApiKeyAsync(new GetApiKeyRequest { Name = name })).UsageToday.Annotations;

    private async Task<long> ItemsTodayAsync(string name) => (await _server.Keys().GetApiKeyAsync(new GetApiKeyRequest { Name = name })).UsageToday.Items;

    private async Task<long> CountAsync(string dataset) =>
        (await _server.Datasets(_server.AdminKey).GetDatasetAsync(new GetDatasetRequest { Name = dataset })).Counts.Annotations;
}
