using System.Text.Json.Nodes;
using Google.Api;
using Google.Protobuf.Reflection;

namespace LabelerService.Server.OpenApi;

/// <summary>Schemas of messages and enums in the JSON of proto3. Each is written once, under the name that references use.</summary>
internal sealed class SchemaWriter
{
    private const string Package = "labeler.v1.";

    private readonly SortedDictionary<string, JsonObject> _components = new(StringComparer.Ordinal);

    /// <summary>All schemas that were asked for, and what they refer to.</summary>
    public JsonObject Components()
    {
        var components = new JsonObject();
        foreach (var (name, schema) in _components)
        {
            components.Add(name, schema);
        }

        return components;
    }

    /// <summary>Adds a schema that no proto has.</summary>
    public void Add(string name, JsonNode schema) => _components.Add(name, schema.AsObject());

    /// <summary>A reference to a message's schema.</summary>
    public JsonObject Reference(MessageDescriptor message)
    {
        var name = Name(message);
        if (!_components.ContainsKey(name))
        {
            // Its place is taken first, for what refers back to it.
            _components.Add(name, []);
            _components[name] = Message(message, []);
        }

        return Reference(name);
    }

    /// <summary>A reference to the schema of a message without some fields, which come by another way than the body.</summary>
    public JsonObject Reference(MessageDescriptor message, IReadOnlyCollection<string> without)
    {
        if (without.Count == 0)
        {
            return Reference(message);
        }

        var name = Name(message) + "Body";
        _components.TryAdd(name, Message(message, without));
        return Reference(name);
    }

    /// <summary>Schema of a field, with its comment.</summary>
    public JsonObject Field(FieldDescriptor field)
    {
        var schema = field switch
        {
            { IsMap: true } => new JsonObject
            {
                ["type"] = "object",
                ["additionalProperties"] = Single(field.MessageType.FindFieldByNumber(2)),
            },
            { IsRepeated: true } => new JsonObject { ["type"] = "array", ["items"] = Single(field) },
            _ => Single(field),
        };
        var behaviors = Behaviors(field);
        var description = ProtoComments.Of(field);
        if (schema.ContainsKey("$ref"))
        {
            // Whatever stands beside a reference is not read in OpenAPI 3.0.
            schema = new JsonObject { ["allOf"] = new JsonArray(schema) };
        }

        if (description.Length > 0)
        {
            schema["description"] = description;
        }

        if (behaviors.Contains(FieldBehavior.OutputOnly))
        {
            schema["readOnly"] = true;
        }

        return schema;
    }

    /// <summary>What a field's options say of it.</summary>
    public static IReadOnlyList<FieldBehavior> Behaviors(FieldDescriptor field) =>
        field.GetOptions()?.GetExtension(FieldBehaviorExtensions.FieldBehavior) is { } behaviors ? [.. behaviors] : [];

    /// <summary>A reference to a component.</summary>
    public static JsonObject Reference(string component) => new() { ["$ref"] = $"#/components/schemas/{component}" };

    private static string Name(DescriptorBase described) =>
        described.FullName.StartsWith(Package, StringComparison.Ordinal) ? described.FullName[Package.Length..] : described.FullName;

    private JsonObject Message(MessageDescriptor message, IReadOnlyCollection<string> without)
    {
        var properties = new JsonObject();
        var required = new JsonArray();

        // An update sends a part of its resource: there nothing is required by itself.
        var resource = message.GetOptions()?.GetExtension(ResourceExtensions.Resource) is not null;
        foreach (var field in message.Fields.InDeclarationOrder().Where(field => !without.Contains(field.Name)))
        {
            properties.Add(field.JsonName, Field(field));
            if (!resource && Behaviors(field).Contains(FieldBehavior.Required))
            {
                required.Add(field.JsonName);
            }
        }

        var schema = new JsonObject { ["type"] = "object", ["description"] = Describe(message), ["properties"] = properties };
        if (required.Count > 0)
        {
            schema["required"] = required;
        }

        return schema;
    }

    private static string Describe(MessageDescriptor message)
    {
        var choices = message.Oneofs.Where(choice => !choice.IsSynthetic)
            .Select(choice => $"At most one of {string.Join(", ", choice.Fields.Select(field => $"`{field.JsonName}`"))} is set.");
        return string.Join(' ', new[] { ProtoComments.Of(message) }.Concat(choices).Where(text => text.Length > 0));
    }

    private JsonObject Single(FieldDescriptor field) => field.FieldType switch
    {
        FieldType.Bool => Type("boolean"),
        FieldType.String => Type("string"),
        FieldType.Bytes => Type("string", "byte"),
        FieldType.Float => Type("number", "float"),
        FieldType.Double => Type("number", "double"),
        FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32 => Type("integer", "int32"),
        FieldType.UInt32 or FieldType.Fixed32 => Type("integer", "uint32"),
        // JSON numbers hold 53 bits; proto3 writes 64 as texts.
        FieldType.Int64 or FieldType.SInt64 or FieldType.SFixed64 => Type("string", "int64"),
        FieldType.UInt64 or FieldType.Fixed64 => Type("string", "uint64"),
        FieldType.Enum => Enum(field.EnumType),
        FieldType.Message => WellKnown(field.MessageType.FullName) ?? Reference(field.MessageType),
        _ => throw new NotSupportedException($"{field.FullName} has a type that the document cannot describe."),
    };

    private static JsonObject? WellKnown(string name) => name switch
    {
        "google.protobuf.Timestamp" => Type("string", "date-time"),
        "google.protobuf.Duration" => new JsonObject { ["type"] = "string", ["pattern"] = @"^-?[0-9]+(\.[0-9]{1,9})?s$" },
        "google.protobuf.FieldMask" => Type("string", "field-mask"),
        "google.protobuf.Empty" => Type("object"),
        _ => null,
    };

    private JsonObject Enum(EnumDescriptor described)
    {
        var name = Name(described);
        if (!_components.ContainsKey(name))
        {
            var values = described.Values.Select(value => $"* `{value.Name}`: {ProtoComments.Of(value)}");
            _components.Add(name, new JsonObject
            {
                ["type"] = "string",
                ["description"] = $"{ProtoComments.Of(described)}\n\n{string.Join('\n', values)}",
                ["enum"] = new JsonArray([.. described.Values.Select(value => JsonValue.Create(value.Name))]),
            });
        }

        return Reference(name);
    }

    private static JsonObject Type(string type, string? format = null)
    {
        var schema = new JsonObject { ["type"] = type };
        if (format is not null)
        {
            schema["format"] = format;
        }

        return schema;
    }
}
