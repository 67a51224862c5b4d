using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using LabelerService.Contracts;
using LabelerService.Contracts.V1;
using LabelerService.Core.Encodings;
using LabelerService.Core.Models;
using LabelerService.Extraction;
using LabelerService.Server.Errors;
using LabelerService.Server.Mapping;
using LabelerService.Server.Paging;
using LabelerService.Server.Validation;
using LabelerService.Storage.Backbones;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Requests;

namespace LabelerService.Server.Services;

/// <summary><c>labeler.v1.BackboneService</c>.</summary>
internal sealed class BackboneGrpcService(BackboneStore backbones, FileUploads uploads, DatasetResolver datasets, PageTokens pages)
    : BackboneService.BackboneServiceBase
{
    public override async Task<Backbone> CreateBackbone(IAsyncStreamReader<CreateBackboneRequest> requestStream, ServerCallContext context)
    {
        var cancel = context.CancellationToken;
        var stream = new DatasetStream<CreateBackboneRequest>(requestStream, message => message.Parent, cancel);
        var (dataset, first) = await stream.StartAsync(datasets);
        var validator = new RequestValidator();
        var requestId = validator.RequestId(first.RequestId);
        validator.Require(ResourceName.IsId(first.BackboneId), "backbone_id", "must match [a-z0-9-]{1,63}");
        validator.Text(first.Backbone?.DisplayName ?? "", "backbone.display_name");
        var input = BackboneMapping.ReadExtractor(first.Backbone?.Extractor, validator);
        validator.ThrowIfInvalid();
        using var file = await uploads.ReadAsync(stream, first, cancel);
        var request = requestId is { } id ? new RequestIdentity(id, context.Method, file.Hash) : null;
        var length = await Task.Run(() => FeaturesOf(file.Content, dataset, input, cancel), cancel);
        var manifest = new BackboneManifest
        {
            Source = BackboneSource.Extractor,
            ItemKind = dataset.Schema.ItemKind,
            ItemShape = dataset.Schema.ItemShape,
            FeatureLength = length,
            Extractor = input,
        };
        var record = await backbones.CreateAsync(
            dataset, new BackboneWrite(first.BackboneId, first.Backbone?.DisplayName ?? "", file.Content, manifest), request, cancel);
        return BackboneMapping.ToResource(record);
    }

    public override async Task<Backbone> GetBackbone(GetBackboneRequest request, ServerCallContext context)
    {
        var (datasetId, backbone) = Names.Backbone(request.Name, "name");
        var dataset = await datasets.FindAsync(datasetId, "name", context.CancellationToken);
        return BackboneMapping.ToResource(await backbones.GetAsync(dataset, backbone, context.CancellationToken).NamedBy("name"));
    }

    public override async Task<ListBackbonesResponse> ListBackbones(ListBackbonesRequest request, ServerCallContext context)
    {
        var size = PageTokens.Size(request.PageSize);
        var dataset = await datasets.ResolveAsync(request.Parent, "parent", context.CancellationToken);
        var scope = $"backbones|{dataset.Uid}";
        var records = await backbones.ListAsync(dataset, pages.Read(scope, request.PageToken), size + 1, context.CancellationToken);
        var response = new ListBackbonesResponse();
        response.Backbones.AddRange(records.Take(size).Select(BackboneMapping.ToResource));
        if (records.Count > size)
        {
            response.NextPageToken = pages.Create(scope, records[size - 1].BackboneId);
        }

        return response;
    }

    public override async Task<Empty> DeleteBackbone(DeleteBackboneRequest request, ServerCallContext context)
    {
        var (datasetId, backbone) = Names.Backbone(request.Name, "name");
        var dataset = await datasets.FindAsync(datasetId, "name", context.CancellationToken);
        await backbones.DeleteAsync(dataset, backbone, context.CancellationToken);
        return new Empty();
    }

    private static int FeaturesOf(byte[] file, DatasetRecord dataset, ExtractorInput input, CancellationToken cancel)
    {
        using var extractor = OnnxExtractor.Load(file, dataset.Schema, new ExtractorOptions { Input = input }, cancel);
        return extractor.Encoding.FeatureLength;
    }
}
