using Google.Protobuf;
using LabelerService.Contracts.V1;

namespace LabelerService.Benchmarks.Ingest;

/// <summary>Sends items with features over the client stream, all or none.</summary>
internal sealed class ItemStreams(ServiceConnection service, TimeProvider time)
{
    // Messages of a little under 1 MiB, as the API asks for.
    private const int MessageBytes = 1_000_000;

    /// <returns>Seconds from the first message to the answer.</returns>
    public async Task<double> SendAsync(string dataset, int count, byte[] features, CancellationToken cancel)
    {
        var batch = MessageBytes / features.Length;
        var start = time.GetTimestamp();
        using var call = service.Items.StreamItems(cancellationToken: cancel);
        for (var from = 0; from < count; from += batch)
        {
            var size = Math.Min(batch, count - from);
            var data = new byte[size * features.Length];
            for (var i = 0; i < size; i++)
            {
                features.CopyTo(data.AsSpan(i * features.Length));
            }

            var message = new StreamItemsRequest
            {
                Parent = $"datasets/{dataset}",
                Batch = new ItemBatch
                {
                    Features = new Tensor
                    {
                        DataType = Tensor.Types.DataType.Float32,
                        Shape = { size, features.Length / sizeof(float) },
                        Data = UnsafeByteOperations.UnsafeWrap(data),
                    },
                },
            };
            message.Batch.ItemIds.AddRange(Enumerable.Range(from, size).Select(AnnotationRows.ItemId));
            await call.RequestStream.WriteAsync(message, cancel);
        }

        await call.RequestStream.CompleteAsync();
        var answer = await call.ResponseAsync;
        return answer.Counts.Created == count
            ? time.GetElapsedTime(start).TotalSeconds
            : throw new IOException($"{answer.Counts.Created} of {count} items were created");
    }
}
