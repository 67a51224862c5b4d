using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using LabelerService.Contracts.V1;
using LabelerService.Core.Errors;
using LabelerService.Server.Mapping;
using LabelerService.Server.Paging;
using LabelerService.Server.Security;
using LabelerService.Server.Validation;
using LabelerService.Storage.Security;

namespace LabelerService.Server.Services;

/// <summary><c>labeler.v1.ApiKeyService</c>.</summary>
internal sealed class ApiKeyGrpcService(ApiKeyStore keys, KeyRing ring, PageTokens pages, TimeProvider time) : ApiKeyService.ApiKeyServiceBase
{
    private const string ListScope = "apiKeys";

    public override async Task<CreateApiKeyResponse> CreateApiKey(CreateApiKeyRequest request, ServerCallContext context)
    {
        var (id, text, hash) = ApiKeyText.Create();
        var write = ApiKeyMapping.Read(request.ApiKey, id, hash, time.GetUtcNow());
        var record = await keys.CreateAsync(write, context.CancellationToken);

        // Its owner may call this very replica next; the others hear of it by notification.
        await ring.RefreshNowAsync(context.CancellationToken);
        return new CreateApiKeyResponse { ApiKey = ApiKeyMapping.ToResource(record), Key = text };
    }

    public override async Task<ApiKey> GetApiKey(GetApiKeyRequest request, ServerCallContext context)
    {
        var id = Names.ApiKey(request.Name, "name");
        return ApiKeyMapping.ToResource(
            await keys.FindAsync(id, context.CancellationToken) ?? throw ServiceException.NotFound("name", request.Name));
    }

    public override async Task<ListApiKeysResponse> ListApiKeys(ListApiKeysRequest request, ServerCallContext context)
    {
        var size = PageTokens.Size(request.PageSize);
        var after = pages.Read(ListScope, request.PageToken);
        var records = await keys.ListAsync(
            after is null ? 0 : long.Parse(after, CultureInfo.InvariantCulture), size + 1, context.CancellationToken);
        var response = new ListApiKeysResponse();
        response.ApiKeys.AddRange(records.Take(size).Select(ApiKeyMapping.ToResource));
        if (records.Count > size)
        {
            response.NextPageToken = pages.Create(ListScope, records[size - 1].Number.ToString(CultureInfo.InvariantCulture));
        }

        return response;
    }

    public override async Task<Empty> DeleteApiKey(DeleteApiKeyRequest request, ServerCallContext context)
    {
        await keys.DeleteAsync(Names.ApiKey(request.Name, "name"), context.CancellationToken);
        await ring.RefreshNowAsync(context.CancellationToken);
        return new Empty();
    }
}
