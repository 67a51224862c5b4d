using Grpc.Core;
using LabelerService.Contracts.V1;
using LabelerService.Server.Hosting;
using LabelerService.Server.Inference;
using LabelerService.Server.Mapping;

namespace LabelerService.Server.Services;

/// <summary><c>labeler.v1.PredictionService</c>.</summary>
internal sealed class PredictionGrpcService(PredictionEngine engine, PredictionReader reader, Drain drain, TimeProvider time)
    : PredictionService.PredictionServiceBase
{
    public override async Task<PredictResponse> Predict(PredictRequest request, ServerCallContext context)
    {
        var cancel = context.CancellationToken;
        using var model = await reader.PinAsync(request.Dataset, request.Model, request.ItemId.Length > 0 ? request.ItemId : null, cancel);
        var options = await reader.ReadOptionsAsync(request, model, cancel);
        using var input = await reader.ReadInputAsync(request, model, cancel);
        return PredictionMapping.ToResponse(model, await engine.PredictAsync(model, input, options, cancel), options);
    }

    public override async Task<BatchPredictResponse> BatchPredict(BatchPredictRequest request, ServerCallContext context)
    {
        var cancel = context.CancellationToken;
        using var model = await reader.PinAsync(request.Dataset, request.Model, itemId: null, cancel);
        var options = await reader.ReadOptionsAsync(request, model, cancel);
        using var input = await reader.ReadInputAsync(request, options, model, cancel);
        var predicted = await engine.PredictAsync(model, input, options, cancel);
        return PredictionMapping.ToBatchResponse(model, predicted, options);
    }

    public override Task StreamPredict(
        IAsyncStreamReader<StreamPredictRequest> requestStream, IServerStreamWriter<StreamPredictResponse> responseStream,
        ServerCallContext context) =>
        new PredictionStream(engine, reader, drain, time, requestStream, responseStream, context.CancellationToken).RunAsync();
}
