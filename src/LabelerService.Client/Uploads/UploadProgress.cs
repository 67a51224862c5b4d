namespace LabelerService.Client;

/// <summary>How far an upload is.</summary>
/// <param name="Stored">Rows that are committed: acknowledged by the service.</param>
/// <param name="Refused">Rows that the service refused and that were left out.</param>
/// <param name="Breaks">How often the connection broke and was taken up again.</param>
public sealed record UploadProgress(long Stored, long Refused, int Breaks);
