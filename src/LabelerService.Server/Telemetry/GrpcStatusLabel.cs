using Microsoft.AspNetCore.Http.Features;

namespace LabelerService.Server.Telemetry;

/// <summary>
/// Adds the status of gRPC calls to ASP.NET Core's own measure of requests (<c>http.server.request.duration</c>), where all of them are 200:
/// what became of a call stands in its trailers. The method is the route.
/// </summary>
internal sealed class GrpcStatusLabel(RequestDelegate next)
{
    private const string Label = "rpc.grpc.status_code";
    private const string Header = "grpc-status";

    // By number, from 0.
    private static readonly string[] Names =
    [
        "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED",
        "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
    ];

    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        finally
        {
            if (context.Features.Get<IHttpMetricsTagsFeature>() is { } labels
                && context.Request.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) == true)
            {
                labels.Tags.Add(new KeyValuePair<string, object?>(Label, Status(context)));
            }
        }
    }

    private static string Status(HttpContext context)
    {
        var text = context.Features.Get<IHttpResponseTrailersFeature>()?.Trailers[Header].ToString();
        if (string.IsNullOrEmpty(text))
        {
            text = context.Response.Headers[Header].ToString();
        }

        // A caller that has gone sees no status.
        return int.TryParse(text, out var number) && number >= 0 && number < Names.Length ? Names[number] : "CANCELLED";
    }
}
