using Grpc.Core;
using LabelerService.Contracts.Inference;
using LabelerService.Server.OpenInference;
using Microsoft.AspNetCore.Authorization;

namespace LabelerService.Server.Services;

/// <summary><c>inference.GRPCInferenceService</c>. The two probes answer strangers, as the health service does.</summary>
internal sealed class OpenInferenceGrpcService(InferenceHandler handler) : GRPCInferenceService.GRPCInferenceServiceBase
{
    [AllowAnonymous]
    public override Task<ServerLiveResponse> ServerLive(ServerLiveRequest request, ServerCallContext context) =>
        Task.FromResult(new ServerLiveResponse { Live = true });

    [AllowAnonymous]
    public override async Task<ServerReadyResponse> ServerReady(ServerReadyRequest request, ServerCallContext context) =>
        new() { Ready = await handler.IsReadyAsync(context.CancellationToken) };

    public override async Task<ModelReadyResponse> ModelReady(ModelReadyRequest request, ServerCallContext context) =>
        new() { Ready = await handler.IsModelReadyAsync(request.Name, request.Version, context.CancellationToken) };

    public override Task<ServerMetadataResponse> ServerMetadata(ServerMetadataRequest request, ServerCallContext context) =>
        Task.FromResult(InferenceHandler.ServerMetadata());

    public override Task<ModelMetadataResponse> ModelMetadata(ModelMetadataRequest request, ServerCallContext context) =>
        handler.ModelMetadataAsync(request.Name, request.Version, context.CancellationToken);

    public override async Task<ModelInferResponse> ModelInfer(ModelInferRequest request, ServerCallContext context) =>
        GrpcInferenceWriter.Write(
            await handler.InferAsync(GrpcInferenceReader.Read(request), context.CancellationToken), raw: request.RawInputContents.Count > 0);
}
