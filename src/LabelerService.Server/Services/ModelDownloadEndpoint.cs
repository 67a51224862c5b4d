using LabelerService.Contracts.V1;
using LabelerService.Core.Errors;
using LabelerService.Server.Errors;
using LabelerService.Server.Security;

namespace LabelerService.Server.Services;

/// <summary>
/// <c>GET /v1/{name}:download</c>: a version's file as it is. JSON transcoding can only wrap bytes in JSON. Who may call it is decided as for
/// DownloadModelVersion.
/// </summary>
internal static class ModelDownloadEndpoint
{
    private static readonly string Method = $"{ModelService.Descriptor.FullName}/{nameof(ModelService.ModelServiceBase.DownloadModelVersion)}";

    /// <summary>Maps the routes.</summary>
    public static void MapModelDownloads(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/datasets/{dataset}/models/{model}:download", DownloadAsync).WithMetadata(new TwinMethod(Method));
        routes.MapGet("/v1/datasets/{dataset}/models/{model}/versions/{version}:download", DownloadAsync).WithMetadata(new TwinMethod(Method));
    }

    private static async Task DownloadAsync(HttpContext http)
    {
        var (values, cancel) = (http.Request.RouteValues, http.RequestAborted);
        var name = $"datasets/{values["dataset"]}/models/{values["model"]}" + (values["version"] is { } number ? $"/versions/{number}" : "");
        try
        {
            var downloads = http.RequestServices.GetRequiredService<ModelDownloads>();
            var (dataset, version) = await downloads.FindAsync(name, "name", cancel);
            var etag = $"\"{version.ArtefactSha256}\"";
            http.Response.Headers.ETag = etag;
            if (http.Request.Headers.IfNoneMatch.Any(known => known is not null && known.Contains(etag, StringComparison.Ordinal)))
            {
                http.Response.StatusCode = StatusCodes.Status304NotModified;
                return;
            }

            var bytes = await downloads.ReadAsync(version, "name", cancel);
            http.Response.Headers["Repr-Digest"] = $"sha-256=:{Convert.ToBase64String(Convert.FromHexString(version.ArtefactSha256))}:";
            http.Response.Headers.XContentTypeOptions = "nosniff";
            http.Response.Headers.ContentDisposition = $"attachment; filename=\"{dataset.Id}-{version.ModelId}-{version.Version}.onnx\"";
            http.Response.ContentType = "application/octet-stream";
            http.Response.ContentLength = bytes.Length;
            await http.Response.Body.WriteAsync(bytes, cancel);
        }
        catch (ServiceException error)
        {
            http.Response.Headers.Remove("ETag");
            await HttpErrorWriter.WriteAsync(http, error);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // Whoever asked is gone.
        }
    }
}
