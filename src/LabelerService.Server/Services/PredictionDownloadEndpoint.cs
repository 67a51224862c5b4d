using LabelerService.Contracts.V1;
using LabelerService.Core.Errors;
using LabelerService.Server.Errors;
using LabelerService.Server.Security;

namespace LabelerService.Server.Services;

/// <summary>
/// <c>GET /v1/{name}:download?format=csv</c>: a job's predictions as a file. JSON transcoding can only wrap bytes in JSON. Who may call it is
/// decided as for DownloadPredictions.
/// </summary>
internal static class PredictionDownloadEndpoint
{
    private static readonly string Method =
        $"{PredictionJobService.Descriptor.FullName}/{nameof(PredictionJobService.PredictionJobServiceBase.DownloadPredictions)}";

    /// <summary>Maps the route.</summary>
    public static void MapPredictionDownloads(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/datasets/{dataset}/predictionJobs/{job}:download", DownloadAsync).WithMetadata(new TwinMethod(Method));

    private static async Task DownloadAsync(HttpContext http)
    {
        var (values, cancel) = (http.Request.RouteValues, http.RequestAborted);
        try
        {
            var file = await http.RequestServices.GetRequiredService<PredictionFiles>().FindAsync(
                $"datasets/{values["dataset"]}/predictionJobs/{values["job"]}", http.Request.Query["format"].ToString(), cancel);
            http.Response.Headers.XContentTypeOptions = "nosniff";
            http.Response.Headers.ContentDisposition = $"attachment; filename=\"{file.FileName}\"";
            http.Response.ContentType = file.ContentType;
            await file.SendAsync((piece, token) => http.Response.Body.WriteAsync(piece, token).AsTask(), cancel);
        }
        catch (ServiceException error) when (!http.Response.HasStarted)
        {
            http.Response.Headers.Remove("Content-Disposition");
            await HttpErrorWriter.WriteAsync(http, error);
        }
        catch (ServiceException)
        {
            // Half a file must not look like a whole one.
            http.Abort();
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // Whoever asked is gone.
        }
    }
}
