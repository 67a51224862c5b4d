using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Google.Protobuf;
using Grpc.Core;
using LabelerService.Contracts.V1;

namespace LabelerService.Client.Tests.Harness;

/// <summary>A service of predictions whose model says of an item what its first value is; it misbehaves where a test wants it to.</summary>
internal sealed class PredictionEcho : PredictionService.PredictionServiceBase
{
    private int _messages;
    private int _streams;

    public int Streams => _streams;

    /// <summary>What was asked, message by message.</summary>
    public ConcurrentQueue<BatchPredictRequest> Asked { get; } = new();

    /// <summary>Called before a message is answered, with its number over all streams, from 1; may throw.</summary>
    public Func<int, Task> Before { get; set; } = _ => Task.CompletedTask;

    public override Task<BatchPredictResponse> BatchPredict(BatchPredictRequest request, ServerCallContext context)
    {
        Asked.Enqueue(request);
        return Task.FromResult(Answer(request));
    }

    public override async Task StreamPredict(
        IAsyncStreamReader<StreamPredictRequest> requestStream, IServerStreamWriter<StreamPredictResponse> responseStream, ServerCallContext context)
    {
        Interlocked.Increment(ref _streams);
        await foreach (var message in requestStream.ReadAllAsync())
        {
            Asked.Enqueue(message.Request);
            await Before(Interlocked.Increment(ref _messages));
            await responseStream.WriteAsync(new StreamPredictResponse { Response = Answer(message.Request) }, CancellationToken.None);
        }
    }

    private static BatchPredictResponse Answer(BatchPredictRequest request)
    {
        var width = (int)request.Features.Shape[1];
        var values = MemoryMarshal.Cast<byte, float>(request.Features.Data.Span);
        var batch = new PredictionBatch { Classes = { "even", "odd" }, Probabilities = new Tensor { DataType = Tensor.Types.DataType.Float32 } };
        var probabilities = new List<float>();
        for (var row = 0; row < (int)request.Features.Shape[0]; row++)
        {
            var odd = (int)values[row * width] % 2;
            batch.PredictedClassIndexes.Add(odd);
            batch.Entropies.Add(values[row * width]);
            batch.Disagreements.Add(0.5f);
            probabilities.AddRange(odd == 0 ? [0.75f, 0.25f] : [0.25f, 0.75f]);
        }

        batch.Probabilities.Shape.Add([request.Features.Shape[0], 2]);
        batch.Probabilities.Data = ByteString.CopyFrom(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(probabilities)));
        return new BatchPredictResponse { ModelVersion = $"{request.Model.Model}/versions/1", Predictions = batch };
    }
}
