using Grpc.Core;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Harness;

namespace LabelerService.EndToEnd.Ingestion;

/// <summary>Acknowledged means committed: kill -9 at any moment loses nothing that was acknowledged and keeps no half message.</summary>
[Trait("Suite", "faults")]
public sealed class KillTests
{
    private const int Writers = 4;
    private const int MessageSize = 50;
    private const int Items = 10_000;

    [Fact]
    public async Task Kill_minus_9_during_ingestion_loses_nothing_acknowledged()
    {
        await using var service = await RunningService.StartAsync("--trainers", "0");
        var dataset = await service.CreateDatasetAsync();
        await service.CreateItemsAsync(dataset, Items);

        // Each has begun, and far more is to come than a stall of this test lets through.
        var begun = Enumerable.Range(0, Writers).Select(_ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).ToArray();
        var writers = Enumerable.Range(0, Writers).Select(writer => IngestUntilBrokenAsync(service, dataset, writer, begun[writer])).ToArray();
        await Task.WhenAll(begun.Select(writer => writer.Task));

        await service.KillAsync();
        var acknowledged = await Task.WhenAll(writers);
        Assert.All(acknowledged, count => Assert.InRange(count, 1, Items / MessageSize - 1));

        await service.StartAgainAsync();
        for (var writer = 0; writer < Writers; writer++)
        {
            var stored = await ReadAsync(service, dataset, $"w{writer}");
            var whole = Math.DivRem(stored.Count, MessageSize, out var rest);

            // What was sent but not acknowledged may be there, but only whole messages in order.
            Assert.Equal(0, rest);
            Assert.InRange(whole, acknowledged[writer], Items / MessageSize);
            Assert.Equal(Enumerable.Range(0, stored.Count).Select(i => $"i{i}").Order(), stored.Order());
        }
    }

    [Fact]
    public async Task Kill_minus_9_of_PostgreSQL_loses_nothing_acknowledged_and_the_service_comes_back()
    {
        await using var service = await RunningService.StartAsync("--trainers", "0");
        var dataset = await service.CreateDatasetAsync();
        await service.CreateItemsAsync(dataset, 10);
        await service.AnnotateAsync(dataset, [.. Enumerable.Range(0, 10).Select(i => Requests.Says("anna", $"i{i}", "a"))]);

        var postmaster = Assert.Single(RunningService.Postmasters(service.Directory));
        await RunningService.SignalAsync("KILL", postmaster);

        // Calls fail with UNAVAILABLE until crash recovery is done, and never with anything else; other connections than the one that
        // answered first may still be broken, so every call is made until it is answered.
        var counts = await UntilAvailableAsync(() => service.CountAsync(dataset));
        Assert.Equal(10, counts.Annotations);
        var written = await UntilAvailableAsync(() => service.AnnotateAsync(dataset, Requests.Says("bert", "i0", "b")));
        Assert.Equal(1, written.Created + written.Unchanged);
        Assert.Equal(11, (await UntilAvailableAsync(() => service.CountAsync(dataset))).Annotations);
    }

    private static async Task<T> UntilAvailableAsync<T>(Func<Task<T>> call)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            try
            {
                return await call();
            }
            catch (RpcException error) when (error.StatusCode == StatusCode.Unavailable)
            {
                await Task.Delay(100, timeout.Token);
            }
        }
    }

    private static async Task<int> IngestUntilBrokenAsync(RunningService service, string dataset, int writer, TaskCompletionSource begun)
    {
        var acknowledged = 0;
        try
        {
            using var call = service.Annotations.IngestAnnotations();
            for (var message = 0; message < Items / MessageSize; message++)
            {
                var request = new IngestAnnotationsRequest
                {
                    Parent = dataset,
                    Sequence = message + 1,
                    UnknownLabelers = UnknownLabelers.Register,
                };
                request.Annotations.AddRange(Enumerable.Range(message * MessageSize, MessageSize).Select(i => Requests.Says($"w{writer}", $"i{i}", "a")));
                await call.RequestStream.WriteAsync(request);
                Assert.True(await call.ResponseStream.MoveNext());
                acknowledged = (int)call.ResponseStream.Current.AcknowledgedSequence;
                if (acknowledged >= 5)
                {
                    begun.TrySetResult();
                }
            }
        }
        catch (Exception error) when (error is IOException or RpcException { StatusCode: StatusCode.Unavailable or StatusCode.Cancelled or StatusCode.Internal })
        {
            // The connection broke under the call: what was acknowledged is what counts.
        }

        return acknowledged;
    }

    private static async Task<List<string>> ReadAsync(RunningService service, string dataset, string labeler)
    {
        var items = new List<string>();
        var request = new ListAnnotationsRequest { Parent = dataset, LabelerId = labeler, PageSize = 1_000 };
        do
        {
            var page = await service.Annotations.ListAnnotationsAsync(request);
            items.AddRange(page.Annotations.Select(annotation => annotation.ItemId));
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
        return items;
    }
}
