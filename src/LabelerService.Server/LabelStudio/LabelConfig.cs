namespace LabelerService.Server.LabelStudio;

/// <summary>As much of a project's labelling interface as matters here.</summary>
/// <param name="Controls">The controls whose answer could be a label, in document order.</param>
/// <param name="Objects">What is shown, by name.</param>
internal sealed record LabelConfig(IReadOnlyList<StudioControl> Controls, IReadOnlyDictionary<string, StudioObject> Objects);

/// <summary>A control that lets a labeler choose.</summary>
/// <param name="Name">Its name.</param>
/// <param name="ToName">Name of the object that it is about.</param>
/// <param name="IsRating">Whether it gives a number of stars instead of choices.</param>
/// <param name="ManyReason">Why its answer is no one class of the whole task; null where it is.</param>
/// <param name="Choices">Its choices; empty for stars, and where they come from the task's data.</param>
internal sealed record StudioControl(string Name, string ToName, bool IsRating, string? ManyReason, IReadOnlyList<StudioChoice> Choices);

/// <summary>A choice.</summary>
/// <param name="Value">What is shown.</param>
/// <param name="Alias">What results say in its place; null for the value itself.</param>
internal sealed record StudioChoice(string Value, string? Alias)
{
    /// <summary>What results say.</summary>
    public string Token => Alias ?? Value;
}

/// <summary>Something that is shown.</summary>
/// <param name="Tag">Its tag, such as <c>Text</c> or <c>Image</c>.</param>
/// <param name="DataKey">Key of a task's data that it shows; null where it shows no such.</param>
/// <param name="IsAddress">Whether the data is an address of what is shown.</param>
internal sealed record StudioObject(string Tag, string? DataKey, bool IsAddress);
