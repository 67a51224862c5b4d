using Google.Api;
using Google.Protobuf;
using Grpc.Core;
using LabelerService.Contracts;
using LabelerService.Contracts.V1;
using LabelerService.Core.Errors;
using LabelerService.Server.Cards;
using LabelerService.Server.Errors;
using LabelerService.Server.Mapping;
using LabelerService.Server.Validation;
using LabelerService.Storage.Models;

namespace LabelerService.Server.Services;

/// <summary>What a version is handed out as: its file, its card, its lineage.</summary>
internal sealed partial class ModelGrpcService
{
    private const int ChunkBytes = 1024 * 1024;
    private const int LongestLineage = 1_000;

    public override async Task DownloadModelVersion(
        DownloadModelVersionRequest request, IServerStreamWriter<DownloadModelVersionResponse> responseStream, ServerCallContext context)
    {
        var cancel = context.CancellationToken;
        var (dataset, version) = await downloads.FindAsync(request.Name, "name", cancel);
        var bytes = await downloads.ReadAsync(version, "name", cancel);
        await responseStream.WriteAsync(
            new DownloadModelVersionResponse
            {
                File = new ModelFile
                {
                    Version = ResourceName.ModelVersion(dataset.Id, version.ModelId, version.Version),
                    Size = bytes.Length,
                    Sha256 = version.ArtefactSha256,
                },
            },
            cancel);
        for (var start = 0; start < bytes.Length; start += ChunkBytes)
        {
            var chunk = bytes.AsMemory(start, Math.Min(ChunkBytes, bytes.Length - start));
            await responseStream.WriteAsync(new DownloadModelVersionResponse { Chunk = UnsafeByteOperations.UnsafeWrap(chunk) }, cancel);
        }
    }

    public override async Task<HttpBody> GetModelCard(GetModelCardRequest request, ServerCallContext context)
    {
        var cancel = context.CancellationToken;
        if (!Enum.IsDefined(request.Format))
        {
            throw ServiceException.InvalidField("format", "must be FORMAT_MARKDOWN or FORMAT_JSON");
        }

        var (dataset, version) = await downloads.FindAsync(request.Name, "name", cancel);
        var model = await models.GetAsync(dataset, version.ModelId, cancel).NamedBy("name");
        var card = ModelCardBuilder.Build(dataset, model, version);
        return request.Format == GetModelCardRequest.Types.Format.Json
            ? new HttpBody { ContentType = "application/json", Data = ByteString.CopyFromUtf8(ModelCardJson.Write(card)) }
            : new HttpBody { ContentType = "text/markdown; charset=utf-8", Data = ByteString.CopyFromUtf8(ModelCardMarkdown.Write(card)) };
    }

    public override async Task<GetModelLineageResponse> GetModelLineage(GetModelLineageRequest request, ServerCallContext context)
    {
        var cancel = context.CancellationToken;
        var (datasetId, model, version) = Names.ModelOrVersion(request.Name, "name");
        var dataset = await datasets.FindAsync(datasetId, "name", cancel);
        var number = version ?? (await models.GetVersionByAliasAsync(dataset, model, ModelAliases.Champion, cancel).NamedBy("name")).Version;
        var line = await models.GetLineageAsync(dataset, model, number, LongestLineage, cancel).NamedBy("name");
        var response = new GetModelLineageResponse();
        response.Versions.AddRange(line.Select(record => ModelMapping.ToResource(dataset, record)));
        return response;
    }
}
