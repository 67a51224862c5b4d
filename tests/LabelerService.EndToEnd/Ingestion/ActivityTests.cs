using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.Ingestion;

/// <summary>Watching a dataset while it is written to.</summary>
[Collection(SharedService.Name)]
public sealed class ActivityTests(ServiceFixture fixture)
{
    private readonly RunningService _service = fixture.Service;

    [Fact]
    public async Task A_watcher_sees_what_is_written_and_the_sum_of_what_it_sees_is_all()
    {
        var dataset = await _service.CreateDatasetAsync();
        await _service.CreateItemsAsync(dataset, 50);
        using var watch = _service.Datasets.WatchDatasetActivity(new WatchDatasetActivityRequest { Name = dataset }, deadline: DateTime.UtcNow.AddMinutes(2));
        var first = await NextAsync(watch);
        Assert.Equal((50, 0, 0, 50, 0), (first.Items, first.Labelers, first.Annotations, first.ItemWrites, first.AnnotationWrites));
        Assert.Equal((0, 0, 0.0), (first.NewAnnotationWrites, first.NewItemWrites, first.AnnotationWritesPerSecond));

        // 50 annotations; 10 of them revised, of which 5 are then retracted.
        await _service.AnnotateAsync(dataset, [.. Enumerable.Range(0, 50).Select(i => Requests.Says("anna", $"i{i}", "a"))]);
        await _service.AnnotateAsync(dataset, [.. Enumerable.Range(0, 10).Select(i => Requests.Says("anna", $"i{i}", "b"))]);
        await _service.AnnotateAsync(dataset, [.. Enumerable.Range(0, 5).Select(i => new Annotation { ItemId = $"i{i}", LabelerId = "anna", Retracted = true })]);
        var (sum, last) = (0L, first);
        while (last.AnnotationWrites < 65)
        {
            var next = await NextAsync(watch);
            Assert.True(next.Time > last.Time);
            Assert.Equal(next.AnnotationWrites - last.AnnotationWrites, next.NewAnnotationWrites);
            var seconds = (next.Time.ToDateTime() - last.Time.ToDateTime()).TotalSeconds;
            Assert.Equal(next.NewAnnotationWrites / seconds, next.AnnotationWritesPerSecond, 1e-3);
            sum += next.NewAnnotationWrites;
            last = next;
        }

        Assert.Equal((65, 65, 45, 1), (sum, last.AnnotationWrites, last.Annotations, last.Labelers));
    }

    [Fact]
    public async Task Counts_are_those_of_the_dataset_itself_and_a_limit_ends_the_stream()
    {
        var dataset = await _service.CreateDatasetAsync();
        await _service.CreateItemsAsync(dataset, 7);
        await _service.AnnotateAsync(dataset, Requests.Says("anna", "i0", "a"), Requests.Says("bert", "i0", "a"));
        using var watch = _service.Datasets.WatchDatasetActivity(new WatchDatasetActivityRequest { Name = dataset, MaxMessages = 2 });
        var seen = await watch.ResponseStream.ReadAllAsync().ToListAsync();
        Assert.Equal(2, seen.Count);
        var counts = await _service.CountAsync(dataset);
        Assert.All(seen, activity => Assert.Equal((counts.Items, counts.Labelers, counts.Annotations), (activity.Items, activity.Labelers, activity.Annotations)));
    }

    [Fact]
    public async Task The_stream_of_a_dataset_that_is_deleted_ends_with_NOT_FOUND()
    {
        var dataset = await _service.CreateDatasetAsync();
        using var watch = _service.Datasets.WatchDatasetActivity(new WatchDatasetActivityRequest { Name = dataset }, deadline: DateTime.UtcNow.AddMinutes(2));
        await NextAsync(watch);
        await _service.Datasets.DeleteDatasetAsync(new DeleteDatasetRequest { Name = dataset });
        var error = await Assert.ThrowsAsync<RpcException>(async () => await watch.ResponseStream.ReadAllAsync().ToListAsync());
        Assert.Equal(StatusCode.NotFound, error.StatusCode);
    }

    [Theory]
    [InlineData(0, 0, 0, "interval")]
    [InlineData(0, 999_999_999, 0, "interval")]
    [InlineData(60, 1, 0, "interval")]
    [InlineData(-1, 0, 0, "interval")]
    [InlineData(long.MaxValue, 0, 0, "interval")]
    [InlineData(1, 0, -1, "max_messages")]
    public async Task Intervals_and_limits_out_of_range_are_refused(long seconds, int nanos, int messages, string field)
    {
        var dataset = await _service.CreateDatasetAsync();
        var request = new WatchDatasetActivityRequest { Name = dataset, Interval = new Duration { Seconds = seconds, Nanos = nanos }, MaxMessages = messages };
        await Requests.RefusedAsync(StatusCode.InvalidArgument, field, async () =>
        {
            using var watch = _service.Datasets.WatchDatasetActivity(request);
            await watch.ResponseStream.ReadAllAsync().ToListAsync();
        });
    }

    [Fact]
    public async Task As_JSON_it_is_a_line_for_each_message()
    {
        var dataset = await _service.CreateDatasetAsync();
        await _service.CreateItemsAsync(dataset, 3);
        using var http = new HttpClient();
        var text = await http.GetStringAsync(new Uri($"{_service.HttpAddress}/v1/{dataset}:watchActivity?interval=1s&max_messages=2"));
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Length);
        Assert.All(lines, line => Assert.Contains("\"items\":\"3\"", line.Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal));
    }

    private static async Task<DatasetActivity> NextAsync(AsyncServerStreamingCall<DatasetActivity> watch)
    {
        Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None));
        return watch.ResponseStream.Current;
    }
}
