using System.Collections.Concurrent;
using Grpc.Core;
using LabelerService.Contracts.V1;

namespace LabelerService.Client.Tests.Harness;

/// <summary>A service of items that commits a request id once and misbehaves where a test wants it to.</summary>
internal sealed class ItemStore : ItemService.ItemServiceBase
{
    private readonly ConcurrentDictionary<string, BatchCreateItemsResponse> _answers = new();
    private int _calls;

    /// <summary>Committed batches, in order.</summary>
    public ConcurrentQueue<ItemBatch> Committed { get; } = new();

    /// <summary>Request ids of the calls, in order.</summary>
    public ConcurrentQueue<string> RequestIds { get; } = new();

    /// <summary>Called before a batch is committed, with the number of the call, from 1; may throw.</summary>
    public Func<int, ItemBatch, Task> Before { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>Called after a batch is committed and before it is answered; may throw.</summary>
    public Func<int, ItemBatch, Task> After { get; set; } = (_, _) => Task.CompletedTask;

    public override async Task<BatchCreateItemsResponse> BatchCreateItems(BatchCreateItemsRequest request, ServerCallContext context)
    {
        var call = Interlocked.Increment(ref _calls);
        RequestIds.Enqueue(request.RequestId);
        await Before(call, request.Batch);
        var answer = _answers.GetOrAdd(request.RequestId, _ =>
        {
            Committed.Enqueue(request.Batch);
            return new BatchCreateItemsResponse { Counts = new ItemWriteCounts { Created = request.Batch.ItemIds.Count } };
        });
        await After(call, request.Batch);
        return answer;
    }

    public override async Task<StreamItemsResponse> StreamItems(IAsyncStreamReader<StreamItemsRequest> requestStream, ServerCallContext context)
    {
        var batches = await requestStream.ReadAllAsync().Select(message => message.Batch).ToListAsync();
        batches.ForEach(Committed.Enqueue);
        return new StreamItemsResponse { Counts = new ItemWriteCounts { Created = batches.Sum(batch => batch.ItemIds.Count) } };
    }
}
