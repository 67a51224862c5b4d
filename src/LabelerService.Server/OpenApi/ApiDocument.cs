using System.Text.Json;
using System.Text.Json.Nodes;
using LabelerService.Contracts;
using LabelerService.Server.Security;

namespace LabelerService.Server.OpenApi;

/// <summary>
/// The OpenAPI document of everything that is served over HTTP: <c>labeler.v1</c> as the protos have it, comments included, and the Open
/// Inference Protocol, whose part is written by hand. Made on first use and kept.
/// </summary>
internal sealed class ApiDocument
{
    /// <summary>Path that it is served under.</summary>
    public const string Path = "/openapi/v1.json";

    private const string InferencePart = "open-inference.openapi.json";

    private static readonly Lazy<byte[]> Document = new(Create);

    /// <summary>Maps its path: known callers may read it, as they may use reflection.</summary>
    public static void Map(IEndpointRouteBuilder app) =>
        app.MapGet(Path, AnswerAsync).WithMetadata(new TwinMethod(MethodAccess.OpenApi));

    /// <summary>The document as UTF-8.</summary>
    public static ReadOnlyMemory<byte> Json => Document.Value;

    private static Task AnswerAsync(HttpContext context)
    {
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = Json.Length;
        return context.Response.Body.WriteAsync(Json, context.RequestAborted).AsTask();
    }

    private static byte[] Create()
    {
        var files = CommentedProtos.Load();
        var services = files.Where(file => file.Package == "labeler.v1").SelectMany(file => file.Services).OrderBy(service => service.Name, StringComparer.Ordinal).ToArray();
        var schemas = new SchemaWriter();
        var operations = new OperationWriter(schemas, PathTemplate.ResourcePatterns(files));
        var paths = new JsonObject();
        var tags = new JsonArray();
        foreach (var service in services)
        {
            tags.Add(new JsonObject { ["name"] = service.Name, ["description"] = ProtoComments.Of(service) });
            foreach (var method in service.Methods)
            {
                operations.Add(paths, method);
            }
        }

        var inference = ReadInferencePart();
        Move(inference["tags"]!.AsArray(), tags);
        Move(inference["paths"]!.AsObject(), paths.Add);
        Move(inference["schemas"]!.AsObject(), (name, schema) => schemas.Add(name, schema!));
        var document = new JsonObject
        {
            ["openapi"] = "3.0.3",
            ["info"] = inference["info"]!.DeepClone(),
            ["servers"] = new JsonArray(new JsonObject { ["url"] = "/" }),
            ["security"] = inference["security"]!.DeepClone(),
            ["tags"] = tags,
            ["paths"] = paths,
            ["components"] = new JsonObject
            {
                ["schemas"] = schemas.Components(),
                ["responses"] = inference["responses"]!.DeepClone(),
                ["securitySchemes"] = inference["securitySchemes"]!.DeepClone(),
            },
        };
        document["info"]!["version"] = typeof(ApiDocument).Assembly.GetName().Version!.ToString(3);
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            document.WriteTo(writer);
        }

        return stream.ToArray();
    }

    private static JsonObject ReadInferencePart()
    {
        using var stream = typeof(ApiDocument).Assembly.GetManifestResourceStream(InferencePart)
            ?? throw new InvalidOperationException($"The assembly lacks its resource {InferencePart}.");
        return JsonNode.Parse(stream)!.AsObject();
    }

    // A node has one parent: what moves is a copy.
    private static void Move(JsonArray from, JsonArray to)
    {
        foreach (var element in from)
        {
            to.Add(element!.DeepClone());
        }
    }

    private static void Move(JsonObject from, Action<string, JsonNode?> add)
    {
        foreach (var (name, value) in from)
        {
            add(name, value!.DeepClone());
        }
    }
}
