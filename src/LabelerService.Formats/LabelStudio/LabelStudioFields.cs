using System.Text.Json;
using LabelerService.Formats.Tables;

namespace LabelerService.Formats.LabelStudio;

/// <summary>Finds item, labeler and label in Label Studio's objects, in files and in what it sends.</summary>
/// <param name="options">Which keys hold them.</param>
public sealed class LabelStudioFields(ReadOptions options)
{
    /// <summary>Key of a task's data that holds our own item ids in files that we write.</summary>
    public const string ItemKey = "item_id";

    /// <summary>Name of the control in files that we write.</summary>
    public const string Control = "label";

    /// <summary>The item of a task.</summary>
    public Cell TaskItem(JsonElement task)
    {
        var data = task.TryGetProperty("data", out var found) && found.ValueKind == JsonValueKind.Object ? found : default;
        if (options.ItemKey is { } key)
        {
            return data.ValueKind == JsonValueKind.Object && data.TryGetProperty(key, out var value)
                ? Id(value) : Cell.Bad($"is missing: the task's data has no {key}");
        }

        return data.ValueKind == JsonValueKind.Object && data.TryGetProperty(ItemKey, out var own) ? Id(own) : FirstOf(task, "id");
    }

    /// <summary>The item of a flat annotation (JSON_MIN).</summary>
    public Cell FlatItem(JsonElement annotation)
    {
        if (options.ItemKey is { } key)
        {
            return annotation.TryGetProperty(key, out var value) ? Id(value) : Cell.Bad($"is missing: there is no {key}");
        }

        return FirstOf(annotation, ItemKey, "id");
    }

    /// <summary>Who annotated: a number, or an object with e-mail or number.</summary>
    public static Cell Person(JsonElement annotation, string name)
    {
        if (!annotation.TryGetProperty(name, out var person))
        {
            return default;
        }

        return person.ValueKind == JsonValueKind.Object ? FirstOf(person, "email", "id") : Id(person);
    }

    /// <summary>Whether the labeler skipped the task instead of answering.</summary>
    public static bool IsCancelled(JsonElement annotation) =>
        annotation.ValueKind == JsonValueKind.Object
        && annotation.TryGetProperty("was_cancelled", out var cancelled) && cancelled.ValueKind == JsonValueKind.True;

    /// <summary>The one choice of an annotation's result; a bad cell where there is none.</summary>
    public Cell Choice(JsonElement annotation) => ChoiceIfAny(annotation)
        ?? Cell.Bad(options.LabelKey is { } key ? $"is missing: the annotation has no choice of {key}" : "is missing: the annotation has no choice");

    /// <summary>The one choice of an annotation's result; null where its result has none.</summary>
    public Cell? ChoiceIfAny(JsonElement annotation)
    {
        if (!annotation.TryGetProperty("result", out var result) || result.ValueKind != JsonValueKind.Array)
        {
            return Cell.Bad("is missing: the annotation has no result");
        }

        Cell? found = null;
        foreach (var entry in result.EnumerateArray())
        {
            if (entry.ValueKind != JsonValueKind.Object || !IsAsked(entry) || !entry.TryGetProperty("value", out var value))
            {
                continue;
            }

            if (ValueOf(value) is not { } choice)
            {
                continue;
            }

            if (found is not null)
            {
                return Cell.Bad("is not clear: the annotation has several choices; name the control with --label-key");
            }

            found = choice;
        }

        return found;
    }

    /// <summary>The one choice of a flat annotation.</summary>
    public Cell FlatChoice(JsonElement annotation)
    {
        foreach (var key in options.LabelKey is { } asked ? [asked] : new[] { "choice", Control })
        {
            if (annotation.TryGetProperty(key, out var value))
            {
                return value.ValueKind switch
                {
                    JsonValueKind.Object => ValueOf(value) ?? Cell.Bad("is no choice"),
                    JsonValueKind.Array => Single(value),
                    _ => Id(value),
                };
            }
        }

        var keys = string.Join(", ", annotation.EnumerateObject().Select(property => Header.Shorten(property.Name)).Take(20));
        return Cell.Bad($"is missing: name its key with --label-key; there are {keys}");
    }

    /// <summary>The first of these properties that is there and not null.</summary>
    public static Cell FirstOf(JsonElement element, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null)
            {
                return Id(value);
            }
        }

        return default;
    }

    private bool IsAsked(JsonElement entry) =>
        options.LabelKey is null
        || (entry.TryGetProperty("from_name", out var name) && name.ValueKind == JsonValueKind.String
            && string.Equals(name.GetString(), options.LabelKey, StringComparison.Ordinal));

    private static Cell? ValueOf(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        if (value.TryGetProperty("choices", out var choices))
        {
            return Single(choices);
        }

        return value.TryGetProperty("rating", out var rating) ? Id(rating) : null;
    }

    private static Cell Single(JsonElement choices) => choices.ValueKind == JsonValueKind.Array && choices.GetArrayLength() == 1
        ? Id(choices[0])
        : Cell.Bad(choices.ValueKind == JsonValueKind.Array && choices.GetArrayLength() > 1
            ? "is several choices at once; a label is one class" : "is no choice");

    private static Cell Id(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Null:
                return default;
            case JsonValueKind.String:
                try
                {
                    return Cell.Of(value.GetString());
                }
                catch (InvalidOperationException)
                {
                    return Cell.Bad("is not Unicode text");
                }

            case JsonValueKind.Number:
                return value.TryGetInt64(out var integer) ? Cell.Of(integer) : Cell.Of(value.GetDouble());
            case JsonValueKind.True or JsonValueKind.False:
                return Cell.Of(value.GetBoolean());
            default:
                return Cell.Bad(value.ValueKind == JsonValueKind.Array ? "is a list" : "is an object");
        }
    }
}
