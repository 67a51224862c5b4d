using LabelerService.Contracts.Inference;
using LabelerService.Core.Errors;
using LabelerService.Server.Security;

namespace LabelerService.Server.OpenInference;

/// <summary>
/// The Open Inference Protocol over HTTP. Its paths and bodies are fixed by the protocol, so they are mapped by hand; each is allowed to whom
/// its gRPC twin is.
/// </summary>
internal sealed class OpenInferenceHttp(InferenceHandler handler, HttpFailures failures)
{
    /// <summary>Start of all its paths.</summary>
    public const string Root = "/v2";

    /// <summary>Header with the length of the JSON in a body that has bytes behind it.</summary>
    public const string HeaderLength = "Inference-Header-Content-Length";

    private const string Model = Root + "/models/{name}";
    private const string Version = Model + "/versions/{version}";

    /// <summary>Maps the paths.</summary>
    public static void Map(IEndpointRouteBuilder app)
    {
        var http = app.ServiceProvider.GetRequiredService<OpenInferenceHttp>();
        Get(Root + "/health/live", "ServerLive", http.LiveAsync).AllowAnonymous();
        Get(Root + "/health/ready", "ServerReady", http.ReadyAsync).AllowAnonymous();
        Get(Root, "ServerMetadata", http.ServerMetadataAsync);
        foreach (var path in new[] { Model, Version })
        {
            Get(path, "ModelMetadata", http.ModelMetadataAsync);
            Get(path + "/ready", "ModelReady", http.ModelReadyAsync);
            Route(app.MapPost(path + "/infer", http.Guarded(http.InferAsync)), "ModelInfer");
        }

        IEndpointConventionBuilder Get(string path, string method, Func<HttpContext, Task> handle) =>
            Route(app.MapGet(path, http.Guarded(handle)), method);

        static IEndpointConventionBuilder Route(IEndpointConventionBuilder endpoint, string method) =>
            endpoint.WithMetadata(new TwinMethod($"{GRPCInferenceService.Descriptor.FullName}/{method}"));
    }

    private RequestDelegate Guarded(Func<HttpContext, Task> handle) => context => failures.GuardAsync(context, handle);

    private Task LiveAsync(HttpContext context) => HttpAnswers.WriteAsync(context, StatusCodes.Status200OK, json => json.WriteBoolean("live", true));

    private async Task ReadyAsync(HttpContext context)
    {
        var ready = await handler.IsReadyAsync(context.RequestAborted);
        await HttpAnswers.WriteAsync(
            context, ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable, json => json.WriteBoolean("ready", ready));
    }

    private async Task ModelReadyAsync(HttpContext context)
    {
        var (name, version) = ModelOf(context);
        if (!await handler.IsModelReadyAsync(name, version, context.RequestAborted))
        {
            throw ServiceException.NotFound("name", $"model {name}{(version.Length > 0 ? $", version {version}," : "")}", "Only models with a version that can be loaded are ready.");
        }

        await HttpAnswers.WriteAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WriteString("name", name);
            json.WriteBoolean("ready", true);
        });
    }

    private Task ServerMetadataAsync(HttpContext context) => HttpAnswers.WriteAsync(context, StatusCodes.Status200OK, json =>
    {
        var metadata = InferenceHandler.ServerMetadata();
        json.WriteString("name", metadata.Name);
        json.WriteString("version", metadata.Version);
        HttpAnswers.WriteArray(json, "extensions", metadata.Extensions);
    });

    private async Task ModelMetadataAsync(HttpContext context)
    {
        var (name, version) = ModelOf(context);
        var metadata = await handler.ModelMetadataAsync(name, version, context.RequestAborted);
        await HttpAnswers.WriteAsync(context, StatusCodes.Status200OK, json => HttpAnswers.WriteMetadata(json, metadata));
    }

    private async Task InferAsync(HttpContext context)
    {
        var (name, version) = ModelOf(context);
        HttpInferenceCall request;
        using (var body = await HttpBody.ReadAsync(context.Request, context.RequestAborted))
        {
            var json = JsonLength(context.Request, body.Length);
            request = JsonInferenceReader.Read(body.Span[..json], body.Span[json..], name, version);
        }

        var answer = await handler.InferAsync(request.Call, context.RequestAborted);
        await JsonInferenceWriter.WriteAsync(context.Response, answer, request.IsBinary, context.RequestAborted);
    }

    private static int JsonLength(HttpRequest request, int bodyLength)
    {
        var header = request.Headers[HeaderLength].ToString();
        if (header.Length == 0)
        {
            return bodyLength;
        }

        return int.TryParse(header, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var length) && length <= bodyLength
            ? length
            : throw ServiceException.InvalidField(HeaderLength, $"must be the length of the JSON at the start of the body, which has {bodyLength} bytes");
    }

    // Routing leaves an escaped slash as it is, since it is no border of segments: a resource name comes that way.
    private static (string Name, string Version) ModelOf(HttpContext context) =>
        (Segment(context, "name").Replace("%2F", "/", StringComparison.OrdinalIgnoreCase), Segment(context, "version"));

    private static string Segment(HttpContext context, string name) => context.Request.RouteValues[name] as string ?? "";
}
