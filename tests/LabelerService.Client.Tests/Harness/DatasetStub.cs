using System.Collections.Concurrent;
using Grpc.Core;
using LabelerService.Contracts.V1;

namespace LabelerService.Client.Tests.Harness;

/// <summary>A service of datasets whose answers a test gives, call by call.</summary>
internal sealed class DatasetStub : DatasetService.DatasetServiceBase
{
    private int _calls;

    public int Calls => _calls;

    /// <summary>Request ids of creates, in order.</summary>
    public ConcurrentQueue<string> RequestIds { get; } = new();

    /// <summary>What callers said of themselves.</summary>
    public ConcurrentQueue<(string? Authorization, string? UserAgent, DateTime Deadline)> Callers { get; } = new();

    /// <summary>Called with the number of the call, from 1; may throw, or set trailers.</summary>
    public Func<int, ServerCallContext, Task> Answer { get; set; } = (_, _) => Task.CompletedTask;

    public override Task<Dataset> GetDataset(GetDatasetRequest request, ServerCallContext context) => AnswerAsync(request.Name, context);

    public override Task<Dataset> CreateDataset(CreateDatasetRequest request, ServerCallContext context)
    {
        RequestIds.Enqueue(request.RequestId);
        return AnswerAsync($"datasets/{request.DatasetId}", context);
    }

    public override async Task<Google.Protobuf.WellKnownTypes.Empty> DeleteDataset(DeleteDatasetRequest request, ServerCallContext context)
    {
        await AnswerAsync(request.Name, context);
        return new Google.Protobuf.WellKnownTypes.Empty();
    }

    private async Task<Dataset> AnswerAsync(string name, ServerCallContext context)
    {
        Callers.Enqueue((
            context.RequestHeaders.GetValue("authorization"), context.RequestHeaders.GetValue("user-agent"), context.Deadline));
        await Answer(Interlocked.Increment(ref _calls), context);
        return new Dataset { Name = name };
    }
}
