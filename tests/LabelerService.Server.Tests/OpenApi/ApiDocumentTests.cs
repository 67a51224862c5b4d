using System.Text.Json;
using System.Text.RegularExpressions;
using Google.Api;
using LabelerService.Contracts;
using LabelerService.Server.OpenApi;
using Microsoft.OpenApi;

namespace LabelerService.Server.Tests.OpenApi;

/// <summary>Rules that hold for the document, whatever is added to the protos.</summary>
public sealed class ApiDocumentTests
{
    private static readonly JsonElement Document = JsonDocument.Parse(ApiDocument.Json).RootElement;

    private static readonly IReadOnlyList<(string Path, string Verb, JsonElement Operation)> Operations =
    [
        .. Document.GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject().Select(verb => (path.Name, verb.Name, verb.Value))),
    ];

    [Fact]
    public void A_reader_of_OpenAPI_finds_nothing_wrong_with_it()
    {
        using var stream = new MemoryStream(ApiDocument.Json.ToArray());
        var read = OpenApiDocument.Load(stream, "json");
        Assert.NotNull(read.Diagnostic);
        Assert.Empty(read.Diagnostic.Errors.Select(error => error.ToString()));
        Assert.Empty(read.Diagnostic.Warnings.Select(warning => warning.ToString()));
        Assert.Equal(OpenApiSpecVersion.OpenApi3_0, read.Diagnostic.SpecificationVersion);
        Assert.Equal(Operations.Count, read.Document!.Paths.Sum(path => path.Value.Operations!.Count));
    }

    [Fact]
    public void Every_method_with_an_HTTP_rule_is_in_it_once_for_each_rule()
    {
        var expected = CommentedProtos.Load().Where(file => file.Package == "labeler.v1").SelectMany(file => file.Services).SelectMany(service => service.Methods)
            .Select(method => (Method: $"{method.Service.Name}_{method.Name}", Http: method.GetOptions()?.GetExtension(AnnotationsExtensions.Http)))
            .Where(method => method.Http is not null)
            .SelectMany(method => Enumerable.Range(0, 1 + method.Http!.AdditionalBindings.Count).Select(_ => method.Method));
        var described = Operations.Select(operation => Text(operation.Operation, "operationId")).Where(id => !id.StartsWith("OpenInference_", StringComparison.Ordinal))
            .Select(id => Regex.Replace(id, "_[0-9]+$", "", RegexOptions.NonBacktracking));
        Assert.Equal(expected.Order(StringComparer.Ordinal), described.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_operation_has_an_id_of_its_own_and_its_path_s_parameters()
    {
        Assert.Distinct(Operations.Select(operation => Text(operation.Operation, "operationId")));
        foreach (var (path, verb, operation) in Operations)
        {
            var parameters = operation.TryGetProperty("parameters", out var list) ? list.EnumerateArray().ToArray() : [];
            var inPath = parameters.Where(parameter => Text(parameter, "in") == "path").Select(parameter => Text(parameter, "name"));
            var placeholders = Regex.Matches(path, @"\{(?<name>[^}]*)\}", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking).Select(match => match.Groups["name"].Value);
            Assert.Equal(placeholders.Order(StringComparer.Ordinal), inPath.Order(StringComparer.Ordinal));
            Assert.DoesNotContain('*', path);
            Assert.True(verb is not ("get" or "delete") || !operation.TryGetProperty("requestBody", out _), $"{verb} {path} has a body");
        }
    }

    [Fact]
    public void Every_reference_leads_somewhere_and_every_schema_is_used()
    {
        var references = All(Document).Where(element => element.ValueKind == JsonValueKind.Object && element.TryGetProperty("$ref", out _))
            .Select(element => Text(element, "$ref")).ToHashSet();
        Assert.All(references, reference =>
        {
            var found = Document;
            Assert.All(reference[2..].Split('/'), part => Assert.True(found.TryGetProperty(part, out found), reference));
        });
        Assert.Equal(
            Document.GetProperty("components").GetProperty("schemas").EnumerateObject().Select(schema => "#/components/schemas/" + schema.Name),
            references.Where(reference => reference.Contains("/schemas/", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Nothing_is_left_without_a_description()
    {
        Assert.All(Operations, operation => Described(operation.Operation, operation.Path));
        Assert.All(Operations, operation => Assert.NotEmpty(Text(operation.Operation, "summary")));
        Assert.All(Operations.Where(operation => operation.Operation.TryGetProperty("parameters", out _)).SelectMany(operation =>
            operation.Operation.GetProperty("parameters").EnumerateArray()), parameter => Described(parameter, Text(parameter, "name")));
        Assert.All(Document.GetProperty("tags").EnumerateArray(), tag => Described(tag, Text(tag, "name")));
        Assert.All(Document.GetProperty("components").GetProperty("schemas").EnumerateObject(), schema =>
        {
            Described(schema.Value, schema.Name);
            if (schema.Value.TryGetProperty("properties", out var properties))
            {
                Assert.All(properties.EnumerateObject(), property => Described(property.Value, $"{schema.Name}.{property.Name}"));
            }
        });
    }

    [Fact]
    public void Streams_errors_and_credentials_are_described()
    {
        var watch = Operations.Single(operation => Text(operation.Operation, "operationId") == "TrainingService_WatchTrainingRun").Operation;
        Assert.StartsWith("A stream:", Text(watch.GetProperty("responses").GetProperty("200"), "description"), StringComparison.Ordinal);
        Assert.All(Operations, operation => Assert.True(operation.Operation.GetProperty("responses").TryGetProperty("default", out _), operation.Path));
        Assert.Equal(["apiKey", "bearer"], Document.GetProperty("components").GetProperty("securitySchemes").EnumerateObject().Select(scheme => scheme.Name).Order());
        Assert.Equal(
            ["/v2/health/live", "/v2/health/ready"],
            Operations.Where(operation => operation.Operation.TryGetProperty("security", out _)).Select(operation => operation.Path).Order());
    }

    [Fact]
    public void Names_paths_and_types_are_those_of_the_JSON()
    {
        var predict = Document.GetProperty("paths").GetProperty("/v1/datasets/{dataset}:predict").GetProperty("post");
        Assert.Equal("#/components/schemas/PredictRequestBody", Text(predict.GetProperty("requestBody").GetProperty("content").GetProperty("application/json").GetProperty("schema"), "$ref"));
        var schemas = Document.GetProperty("components").GetProperty("schemas");
        var body = schemas.GetProperty("PredictRequestBody");
        Assert.False(body.GetProperty("properties").TryGetProperty("dataset", out _));
        Assert.Equal("boolean", Text(body.GetProperty("properties").GetProperty("includeLabelers"), "type"));
        Assert.Equal(["model"], body.GetProperty("required").EnumerateArray().Select(name => name.GetString()));
        Assert.Equal("byte", Text(schemas.GetProperty("Tensor").GetProperty("properties").GetProperty("data"), "format"));
        Assert.Equal("string", Text(schemas.GetProperty("Tensor").GetProperty("properties").GetProperty("shape").GetProperty("items"), "type"));
    }

    private static void Described(JsonElement element, string name) =>
        Assert.True(element.TryGetProperty("description", out var text) && text.GetString()!.Length > 0, $"{name} has no description");

    private static string Text(JsonElement element, string property) => element.GetProperty(property).GetString()!;

    private static IEnumerable<JsonElement> All(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(property => All(property.Value)).Prepend(element),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(All),
        _ => [],
    };
}
