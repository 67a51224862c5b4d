namespace LabelerService.Formats.Tables;

/// <summary>Numbers of one item: a vector, or a sequence of steps one after the other.</summary>
/// <param name="Values">The numbers; for a sequence row-major, step by step.</param>
/// <param name="Steps">Steps of a sequence; 0 where the file does not say (one flat list).</param>
public sealed record NumberBlock(float[] Values, int Steps = 0);
