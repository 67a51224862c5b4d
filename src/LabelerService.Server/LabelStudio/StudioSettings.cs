using LabelerService.Contracts;
using LabelerService.Core.Errors;
using LabelerService.Storage.LabelStudio;

namespace LabelerService.Server.LabelStudio;

/// <summary>
/// What cannot be told from Label Studio's requests. It is a segment of the path, <c>item=key,label=control</c>: Label Studio appends
/// <c>/predict</c> or <c>/webhook</c> to the address it was given, behind a query string if there is one, and so loses it.
/// </summary>
/// <param name="ItemKey">Key of a task's data that is the item; null takes <c>item_id</c> where a task has it, else the task's number.</param>
/// <param name="Label">Name of the control whose choice is the label; null takes the only one that fits.</param>
/// <param name="Model">Id of the model that predicts; null takes the one that changed last.</param>
/// <param name="Alias">Alias of the version that predicts; null takes the champion.</param>
/// <param name="LabelerPrefix">Put before Label Studio's number (or e-mail) of a labeler.</param>
/// <param name="Source">Tells several Label Studios apart, whose numbers of annotations are the same.</param>
internal sealed record StudioSettings(
    string? ItemKey = null, string? Label = null, string? Model = null, string? Alias = null, string LabelerPrefix = "", string Source = "")
{
    private const string Field = "settings";
    private const string Known = "item, label, model, alias, labelers and source";

    /// <summary>Reads the segment of a path; none is no settings.</summary>
    /// <exception cref="ServiceException">INVALID_ARGUMENT naming <c>settings</c>.</exception>
    public static StudioSettings Parse(string? segment)
    {
        var settings = new StudioSettings();
        if (segment is null)
        {
            return settings;
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var part in segment.Split(','))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || equals == part.Length - 1)
            {
                throw Invalid($"'{Shorten(part)}' is no key=value; a path is /labelstudio/{{dataset}}/item=key,label=control/predict, with {Known}");
            }

            var (key, value) = (part[..equals], part[(equals + 1)..]);
            if (!seen.Add(key))
            {
                throw Invalid($"{Shorten(key)} stands there twice");
            }

            settings = key switch
            {
                "item" => settings with { ItemKey = value },
                "label" => settings with { Label = value },
                "model" => settings with { Model = Id(value, key) },
                "alias" => settings with { Alias = Id(value, key) },
                "labelers" => settings with { LabelerPrefix = value },
                "source" => settings with { Source = value.Length <= StudioAnnotationStore.MaxSourceBytes ? Id(value, key) : throw Invalid("source is too long") },
                _ => throw Invalid($"'{Shorten(key)}' is not known; there are {Known}"),
            };
        }

        return settings;
    }

    private static string Id(string value, string key) =>
        ResourceName.IsId(value) ? value : throw Invalid($"{key} must match [a-z0-9-]{{1,63}}");

    private static string Shorten(string text) => text.Length <= 40 ? text : text[..40] + "…";

    private static ServiceException Invalid(string description) => ServiceException.InvalidField(Field, description);
}
