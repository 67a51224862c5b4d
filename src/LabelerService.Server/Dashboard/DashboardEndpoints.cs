using Microsoft.Net.Http.Headers;

namespace LabelerService.Server.Dashboard;

/// <summary>
/// Serves the dashboard's files to anybody: they hold no data. All data comes from the JSON API, which asks who calls, so the dashboard
/// can do nothing that its user may not do.
/// </summary>
internal static class DashboardEndpoints
{
    /// <summary>Where the dashboard is.</summary>
    public const string Root = "/dashboard/";

    private const string FirstPage = "index.html";

    // Nothing from elsewhere, no inline code, no frames; text can become neither script nor markup.
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; form-action 'self'; "
        + "base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types default";

    /// <summary>Maps the dashboard, and sends those who ask for <c>/</c> there.</summary>
    public static void MapDashboard(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/", () => Results.Redirect(Root)).AllowAnonymous();
        routes.MapMethods(Root + "{**path}", ["GET", "HEAD"], AnswerAsync).AllowAnonymous();
    }

    private static async Task AnswerAsync(HttpContext http, DashboardFiles files, string? path)
    {
        var (request, response) = (http.Request, http.Response);
        if (path is null && !request.Path.Value!.EndsWith('/'))
        {
            // Without the slash the page's relative addresses would point elsewhere.
            response.Redirect(Root);
            return;
        }

        if (files.Find(path ?? FirstPage) is not { } file)
        {
            response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        var headers = response.Headers;
        headers.ContentSecurityPolicy = ContentSecurityPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers.CacheControl = "no-cache";
        headers.ETag = file.Etag;
        headers.Vary = HeaderNames.AcceptEncoding;
        if (request.Headers.IfNoneMatch.Any(known => known is not null && known.Contains(file.Etag, StringComparison.Ordinal)))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        var body = file.Bytes;
        if (request.Headers.AcceptEncoding.Any(accepted => accepted is not null && accepted.Contains("gzip", StringComparison.OrdinalIgnoreCase)))
        {
            body = file.Packed;
            headers.ContentEncoding = "gzip";
        }

        response.ContentType = file.MediaType;
        response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(request.Method))
        {
            await response.Body.WriteAsync(body, http.RequestAborted);
        }
    }
}
