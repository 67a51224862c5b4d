using System.Globalization;
using System.Text;
using Google.Api;
using Google.Protobuf.Reflection;
using LabelerService.Contracts;
using LabelerService.Core.Access;
using LabelerService.Server.OpenApi;
using LabelerService.Server.Security;

namespace LabelerService.Server.Tests.Docs;

/// <summary>
/// The pages of <c>docs/api</c>, made of the protos: a page a file, with what each method does, its gRPC and HTTP form, who may call it, and
/// every field; and an index of all methods.
/// </summary>
internal sealed class ApiReference
{
    private const string Package = "labeler.v1";

    private readonly FileDescriptor[] _files = [.. CommentedProtos.Load().Where(file => file.Package == Package).OrderBy(file => file.Name, StringComparer.Ordinal)];

    /// <summary>Every page: its file name and its text.</summary>
    public IReadOnlyDictionary<string, string> Pages()
    {
        var pages = _files.ToDictionary(PageOf, Page, StringComparer.Ordinal);
        pages["README.md"] = Index();
        return pages;
    }

    private string Index()
    {
        var text = new StringBuilder();
        text.Append("# API reference\n\n");
        text.Append("Made of `protos/labeler/v1` by `LABELER_WRITE_DOCS=1 ./labeler test ApiReference`; do not edit. Every method is called over gRPC ");
        text.Append("(port 8081) and, but for streams of the client's, as JSON over HTTP (port 8080). The same as OpenAPI: `/openapi/v1.json`.\n\n");
        text.Append("An error is a `google.rpc.Status` with an `ErrorInfo` (its `reason` does not change) and, where fields are at fault, a `BadRequest` that names ");
        text.Append("them. A method whose answer is a stream gives one JSON object a line.\n");
        foreach (var service in _files.SelectMany(file => file.Services).OrderBy(service => service.Name, StringComparer.Ordinal))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n## {service.Name}\n\n{ProtoComments.FirstSentence(ProtoComments.Of(service))}. [All of it]({PageOf(service.File)})\n\n");
            text.Append("| method | over HTTP | who may call |\n|---|---|---|\n");
            foreach (var method in service.Methods)
            {
                var routes = string.Join("<br>", Routes(method).Select(route => $"`{route}`"));
                text.Append(CultureInfo.InvariantCulture, $"| [{method.Name}]({PageOf(service.File)}#{Anchor(method.Name)}) | {(routes.Length > 0 ? routes : "gRPC only")} | {Roles(method)} |\n");
            }
        }

        text.Append("\n## Beside it\n\n");
        text.Append("* The [Open Inference Protocol](../designs/open-inference.md), over gRPC and under `/v2`.\n");
        text.Append("* What [Label Studio](../how-to/label-studio.md) calls, under `/labelstudio`.\n");
        text.Append("* Files: `GET /v1/datasets/{dataset}/models/{model}:download`, `…/versions/{version}:download` and ");
        text.Append("`/v1/datasets/{dataset}/predictionJobs/{job}:download?format=csv`, for whom their methods that send the same in pieces are.\n");
        text.Append("* Probes without a key: `grpc.health.v1.Health`, `/healthz` (alive), `/readyz` (can work).\n");
        return text.ToString();
    }

    private string Page(FileDescriptor file)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"# {System.IO.Path.GetFileName(file.Name)}\n\n[API reference](README.md) · `protos/{file.Name}`\n");
        foreach (var service in file.Services)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n## {service.Name}\n\n{ProtoComments.Of(service)}\n");
            foreach (var method in service.Methods)
            {
                WriteMethod(text, method);
            }
        }

        var messages = All(file.MessageTypes).ToArray();
        var enums = file.EnumTypes.Concat(messages.SelectMany(message => message.EnumTypes)).ToArray();
        if (messages.Length > 0)
        {
            text.Append("\n## Messages\n");
            foreach (var message in messages)
            {
                WriteMessage(text, message);
            }
        }

        if (enums.Length > 0)
        {
            text.Append("\n## Enums\n");
            foreach (var values in enums)
            {
                text.Append(CultureInfo.InvariantCulture, $"\n### {Title(values)}\n\n{ProtoComments.Of(values)}\n\n| value | number | meaning |\n|---|---|---|\n");
                foreach (var value in values.Values)
                {
                    text.Append(CultureInfo.InvariantCulture, $"| `{value.Name}` | {value.Number} | {Cell(ProtoComments.Of(value))} |\n");
                }
            }
        }

        return text.ToString();
    }

    private void WriteMethod(StringBuilder text, MethodDescriptor method)
    {
        text.Append(CultureInfo.InvariantCulture, $"\n### {method.Name}\n\n{ProtoComments.Of(method)}\n\n");
        text.Append(CultureInfo.InvariantCulture, $"* gRPC: {Stream(method.IsClientStreaming)}{Link(method.InputType)} → {Stream(method.IsServerStreaming)}{Link(method.OutputType)}\n");
        foreach (var route in Routes(method))
        {
            text.Append(CultureInfo.InvariantCulture, $"* HTTP: `{route}`\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"* Who may call: {Roles(method)}\n");
        static string Stream(bool streams) => streams ? "stream of " : "";
    }

    private void WriteMessage(StringBuilder text, MessageDescriptor message)
    {
        text.Append(CultureInfo.InvariantCulture, $"\n### {Title(message)}\n\n{ProtoComments.Of(message)}\n");
        if (message.Fields.InDeclarationOrder().Count == 0)
        {
            return;
        }

        text.Append("\n| field | type | meaning |\n|---|---|---|\n");
        foreach (var field in message.Fields.InDeclarationOrder())
        {
            var notes = SchemaWriter.Behaviors(field).Select(Note).OfType<string>().ToList();
            if (field.RealContainingOneof is { } oneof)
            {
                notes.Add($"one of `{oneof.Name}`");
            }

            var meaning = Cell(ProtoComments.Of(field));
            text.Append(CultureInfo.InvariantCulture, $"| `{field.Name}` | {Type(field)} | {(notes.Count > 0 ? $"*{string.Join(", ", notes)}.* " : "")}{meaning} |\n");
        }
    }

    private string Type(FieldDescriptor field)
    {
        if (field.IsMap)
        {
            return $"map of {Type(field.MessageType.FindFieldByNumber(1))} to {Type(field.MessageType.FindFieldByNumber(2))}";
        }

        var type = field.FieldType switch
        {
            FieldType.Message => Link(field.MessageType),
            FieldType.Enum => Link(field.EnumType),
            var scalar => $"`{scalar.ToString().ToLowerInvariant()}`",
        };
        return field.IsRepeated ? $"list of {type}" : type;
    }

    private string Link(DescriptorBase type) => _files.Contains(type.File)
        ? $"[{Title(type)}]({PageOf(type.File)}#{Anchor(Title(type))})"
        : $"`{type.FullName}`";

    private static string? Note(FieldBehavior behavior) => behavior switch
    {
        FieldBehavior.Required => "required",
        FieldBehavior.OutputOnly => "output only",
        FieldBehavior.Immutable => "does not change",
        FieldBehavior.Identifier => "identifier",
        _ => null,
    };

    private static IEnumerable<string> Routes(MethodDescriptor method)
    {
        var http = method.GetOptions()?.GetExtension(AnnotationsExtensions.Http);
        return http is null ? [] : new[] { http }.Concat(http.AdditionalBindings).Select(rule => rule.PatternCase switch
        {
            HttpRule.PatternOneofCase.Get => $"GET {rule.Get}",
            HttpRule.PatternOneofCase.Post => $"POST {rule.Post}",
            HttpRule.PatternOneofCase.Put => $"PUT {rule.Put}",
            HttpRule.PatternOneofCase.Patch => $"PATCH {rule.Patch}",
            HttpRule.PatternOneofCase.Delete => $"DELETE {rule.Delete}",
            _ => throw new NotSupportedException($"{method.FullName} has an HTTP rule that the reference cannot describe."),
        });
    }

    private static string Roles(MethodDescriptor method)
    {
        var roles = MethodAccess.RolesOf($"{method.Service.FullName}/{method.Name}");
        return roles.Count == Enum.GetValues<Role>().Length ? "every role" : string.Join(", ", roles.Order().Select(role => role.ToString().ToLowerInvariant()));
    }

    private static IEnumerable<MessageDescriptor> All(IEnumerable<MessageDescriptor> messages) =>
        messages.Where(message => message.GetOptions()?.MapEntry != true).SelectMany(message => new[] { message }.Concat(All(message.NestedTypes)));

    private static string PageOf(FileDescriptor file) => System.IO.Path.GetFileNameWithoutExtension(file.Name) + ".md";

    // Within the package: ItemType.Vector.
    private static string Title(DescriptorBase type) => type.FullName[(type.File.Package.Length + 1)..];

    /// <summary>The anchor that a heading gets where Markdown is shown.</summary>
    private static string Anchor(string heading) => string.Concat(heading.ToLowerInvariant().Where(letter => char.IsLetterOrDigit(letter) || letter is '-' or '_'));

    private static string Cell(string text) => text.Replace("\n\n", "<br>", StringComparison.Ordinal).Replace("|", "\\|", StringComparison.Ordinal);
}
