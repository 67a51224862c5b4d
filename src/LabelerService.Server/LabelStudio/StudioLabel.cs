using System.Globalization;
using LabelerService.Core.Errors;

namespace LabelerService.Server.LabelStudio;

/// <summary>The control whose choice is the label, and which of its answers is which class of the dataset.</summary>
internal sealed class StudioLabel
{
    private readonly Dictionary<string, int> _classes = new(StringComparer.Ordinal);
    private readonly string[] _tokens;

    private StudioLabel(StudioControl control, StudioObject? shown, IReadOnlyList<string> classes)
    {
        Control = control;
        Shown = shown;
        _tokens = [.. classes];
        for (var k = 0; k < classes.Count; k++)
        {
            // A choice's alias is what results say; a class may be named by either.
            var choice = control.Choices.FirstOrDefault(choice => choice.Token == classes[k]) ?? control.Choices.FirstOrDefault(choice => choice.Value == classes[k]);
            _tokens[k] = choice?.Token ?? classes[k];
            _classes[_tokens[k]] = k;
        }
    }

    /// <summary>The control.</summary>
    public StudioControl Control { get; }

    /// <summary>What it is about; null where the config does not show it.</summary>
    public StudioObject? Shown { get; }

    /// <summary>Key of a task's data that holds the text that is labelled; null where something else is.</summary>
    public string? TextKey => Shown is { Tag: var tag, DataKey: { } key, IsAddress: false } && string.Equals(tag, "Text", StringComparison.OrdinalIgnoreCase) ? key : null;

    /// <summary>Chooses the control.</summary>
    /// <param name="config">The label config.</param>
    /// <param name="name">The control's name, where it was told; else the only one that could be meant is taken.</param>
    /// <param name="classes">The dataset's classes.</param>
    /// <param name="field">Path of the config in the request.</param>
    /// <exception cref="ServiceException">INVALID_ARGUMENT naming the field: no control, several, or one that does not have the dataset's classes.</exception>
    public static StudioLabel Choose(LabelConfig config, string? name, IReadOnlyList<string> classes, string field)
    {
        var candidates = config.Controls.Where(control => name is null ? control.ManyReason is null : control.Name == name).ToArray();
        if (name is null && candidates.Length > 1)
        {
            // Of several questions only one may be about the dataset's classes.
            var fitting = candidates.Where(control => Problem(control, classes) is null).ToArray();
            candidates = fitting.Length > 0 ? fitting : candidates;
        }

        var control = candidates switch
        {
            [var only] => only,
            [] => throw ServiceException.InvalidField(
                field, name is null ? "has no Choices (or Rating) that takes one answer for the whole task" : $"has no Choices (or Rating) named '{name}'"),
            _ => throw ServiceException.InvalidField(
                field, $"has several controls that could be the label ({string.Join(", ", candidates.Select(candidate => candidate.Name).Take(5))}); name it in the address: /labelstudio/{{dataset}}/label=NAME"),
        };
        return (control.ManyReason ?? Problem(control, classes)) is { } problem
            ? throw ServiceException.InvalidField(field, $"{(control.IsRating ? "Rating" : "Choices")} '{control.Name}' {problem}")
            : new StudioLabel(control, config.Objects.GetValueOrDefault(control.ToName), classes);
    }

    /// <summary>What results say for a class.</summary>
    public string TokenOf(int index) => _tokens[index];

    /// <summary>The class of what a result says; null for none.</summary>
    public int? ClassOf(string token) => _classes.TryGetValue(token, out var index) ? index : null;

    private static string? Problem(StudioControl control, IReadOnlyList<string> classes)
    {
        if (control.IsRating)
        {
            return classes.FirstOrDefault(name => !int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out _)) is { } word
                ? $"gives numbers, and the dataset has the class '{word}'"
                : null;
        }

        // Choices that come from the task's data are seen only in results.
        return control.Choices.Count == 0 ? null
            : classes.FirstOrDefault(name => !control.Choices.Any(choice => choice.Token == name || choice.Value == name)) is { } missing
                ? $"has no choice for the dataset's class '{missing}'"
            : control.Choices.FirstOrDefault(choice => !classes.Contains(choice.Token) && !classes.Contains(choice.Value)) is { } foreign
                ? $"has the choice '{foreign.Token}', which is no class of the dataset"
            : null;
    }
}
