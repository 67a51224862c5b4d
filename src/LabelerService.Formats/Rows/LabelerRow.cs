namespace LabelerService.Formats.Rows;

/// <summary>A labeler.</summary>
/// <param name="Labeler">Key of the labeler.</param>
/// <param name="DisplayName">For people; empty if there is none.</param>
/// <param name="Tags">Free key–value pairs.</param>
public sealed record LabelerRow(string Labeler, string DisplayName, IReadOnlyDictionary<string, string> Tags);
