using System.Text.Json.Nodes;
using Google.Api;
using Google.Protobuf.Reflection;

namespace LabelerService.Server.OpenApi;

/// <summary>The operations of methods with an HTTP rule, by the rules of <c>google/api/http.proto</c>.</summary>
internal sealed class OperationWriter(SchemaWriter schemas, IReadOnlyList<string> patterns)
{
    private const string Json = "application/json";

    /// <summary>Adds the operations of a method to the paths.</summary>
    public void Add(JsonObject paths, MethodDescriptor method)
    {
        if (method.GetOptions()?.GetExtension(AnnotationsExtensions.Http) is not { } http)
        {
            return;
        }

        var number = 0;
        foreach (var rule in new[] { http }.Concat(http.AdditionalBindings))
        {
            var (verb, template) = rule.PatternCase switch
            {
                HttpRule.PatternOneofCase.Get => ("get", rule.Get),
                HttpRule.PatternOneofCase.Post => ("post", rule.Post),
                HttpRule.PatternOneofCase.Put => ("put", rule.Put),
                HttpRule.PatternOneofCase.Patch => ("patch", rule.Patch),
                HttpRule.PatternOneofCase.Delete => ("delete", rule.Delete),
                _ => throw new NotSupportedException($"{method.FullName} has an HTTP rule that the document cannot describe."),
            };
            var path = PathTemplate.Parse(template, patterns);
            if (paths[path.Path] is not JsonObject item)
            {
                paths.Add(path.Path, item = []);
            }

            item.Add(verb, Operation(method, rule.Body, path, ++number));
        }
    }

    private JsonObject Operation(MethodDescriptor method, string body, PathTemplate path, int number)
    {
        var comment = ProtoComments.Of(method);
        var operation = new JsonObject
        {
            ["operationId"] = $"{method.Service.Name}_{method.Name}{(number == 1 ? "" : $"_{number}")}",
            ["tags"] = new JsonArray(method.Service.Name),
            ["summary"] = ProtoComments.FirstSentence(comment),
            ["description"] = comment,
        };
        var inPath = path.Variables.Select(variable => variable.Field).ToHashSet(StringComparer.Ordinal);
        var parameters = new JsonArray([.. path.Variables.Select(variable => Variable(method.InputType, variable))]);
        if (body == "*")
        {
            operation["requestBody"] = Body(schemas.Reference(method.InputType, inPath));
        }
        else
        {
            foreach (var field in method.InputType.Fields.InDeclarationOrder().Where(field => field.Name != body && !inPath.Contains(field.Name)))
            {
                AddQuery(parameters, field, "");
            }

            if (body.Length > 0)
            {
                operation["requestBody"] = Body(schemas.Reference(method.InputType.FindFieldByName(body).MessageType));
            }
        }

        if (parameters.Count > 0)
        {
            operation["parameters"] = parameters;
        }

        operation["responses"] = new JsonObject
        {
            ["200"] = Answer(method),
            ["default"] = new JsonObject { ["$ref"] = "#/components/responses/Error" },
        };
        return operation;
    }

    private static JsonObject Variable(MessageDescriptor request, (string Name, string Field) variable)
    {
        var message = request;
        FieldDescriptor? field = null;
        foreach (var part in variable.Field.Split('.'))
        {
            field = message.FindFieldByName(part) ?? throw new InvalidOperationException($"{request.FullName} has no field {variable.Field}.");
            message = field.FieldType == FieldType.Message ? field.MessageType : message;
        }

        return new JsonObject
        {
            ["name"] = variable.Name,
            ["in"] = "path",
            ["required"] = true,
            ["description"] = $"Part of `{variable.Field}`: {ProtoComments.Of(field!)}",
            ["schema"] = new JsonObject { ["type"] = "string" },
        };
    }

    // Messages have no form in a query: their fields stand for them, with the path as name.
    private void AddQuery(JsonArray parameters, FieldDescriptor field, string prefix)
    {
        var schema = schemas.Field(field);
        if (field is { FieldType: FieldType.Message, IsRepeated: false } && schema.ContainsKey("allOf"))
        {
            foreach (var inner in field.MessageType.Fields.InDeclarationOrder())
            {
                AddQuery(parameters, inner, $"{prefix}{field.JsonName}.");
            }

            return;
        }

        schema.Remove("description");
        parameters.Add(new JsonObject
        {
            ["name"] = prefix + field.JsonName,
            ["in"] = "query",
            ["required"] = SchemaWriter.Behaviors(field).Contains(FieldBehavior.Required),
            ["description"] = ProtoComments.Of(field),
            ["schema"] = schema,
        });
    }

    private static JsonObject Body(JsonObject schema) => new() { ["required"] = true, ["content"] = Content(schema) };

    private JsonObject Answer(MethodDescriptor method)
    {
        var empty = method.OutputType.FullName == "google.protobuf.Empty";
        var description = ProtoComments.Of(method.OutputType);
        var answer = new JsonObject
        {
            ["description"] = method.IsServerStreaming
                ? $"A stream: one JSON object of this schema a line, as they come, until the call ends. {description}"
                : empty ? "Done." : description,
            ["content"] = Content(empty ? new JsonObject { ["type"] = "object" } : schemas.Reference(method.OutputType)),
        };
        if (method.IsServerStreaming)
        {
            answer["x-stream"] = "json-lines";
        }

        return answer;
    }

    private static JsonObject Content(JsonObject schema) => new() { [Json] = new JsonObject { ["schema"] = schema } };
}
