using System.Text;
using System.Text.Json;
using LabelerService.Core.Errors;
using LabelerService.Formats.LabelStudio;
using LabelerService.Formats.Tables;
using LabelerService.Storage.Database;
using LabelerService.Storage.Items;

namespace LabelerService.Server.LabelStudio;

/// <summary>A task of Label Studio's as an item.</summary>
/// <param name="ItemId">Its item.</param>
/// <param name="Text">Its text; null where it shows something else, or nothing that can be stored.</param>
/// <param name="Path">Where it stands in the request.</param>
internal sealed record StudioTask(string ItemId, string? Text, string Path);

/// <summary>Reads tasks.</summary>
/// <param name="settings">Settings of the path.</param>
/// <param name="textKey">Key of their data that holds a text; null where they have none.</param>
internal sealed class StudioTasks(StudioSettings settings, string? textKey)
{
    // Strict: half a surrogate pair must not become another text.
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly LabelStudioFields _fields = new(new ReadOptions(settings.ItemKey));

    /// <summary>Reads a task.</summary>
    /// <exception cref="ServiceException">INVALID_ARGUMENT naming what is missing or of another type.</exception>
    public StudioTask Read(JsonElement task, string path) => new(Item(task, path), Text(task, path), path);

    private string Item(JsonElement task, string path)
    {
        var field = settings.ItemKey is { } key ? $"{path}.data.{key}" : $"{path}.id";
        var id = Key(_fields.TaskItem(task), field);
        return TextRules.ExternalIdProblem(id) is { } problem ? throw ServiceException.InvalidField(field, problem) : id;
    }

    private string? Text(JsonElement task, string path)
    {
        if (textKey is null || StudioJson.Find(task, "data") is not { } data || StudioJson.Find(data, textKey) is not { ValueKind: JsonValueKind.String } value)
        {
            return null;
        }

        var text = StudioJson.Text(value, $"{path}.data.{textKey}");
        return ItemRules.TextProblem(Utf8.GetBytes(text)) is null ? text : null;
    }

    /// <summary>A key of an item or labeler.</summary>
    /// <exception cref="ServiceException">INVALID_ARGUMENT naming the field.</exception>
    public static string Key(Cell cell, string field) => cell.Kind switch
    {
        CellKind.Bad => throw ServiceException.InvalidField(field, cell.Text),
        CellKind.Text or CellKind.Integer when !cell.IsEmpty => cell.ToString(),
        CellKind.None or CellKind.Text => throw ServiceException.InvalidField(field, "is missing"),
        _ => throw ServiceException.InvalidField(field, "must be text or a whole number"),
    };
}
