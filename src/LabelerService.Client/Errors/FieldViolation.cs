namespace LabelerService.Client;

/// <summary>One field of a request that the service refused.</summary>
/// <param name="Field">Its path, <c>classes[2]</c>.</param>
/// <param name="Description">What is wrong with it.</param>
public sealed record FieldViolation(string Field, string Description);
