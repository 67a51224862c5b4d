namespace LabelerService.Cli.Client.Import;

/// <summary>Which rows of a batch a refusal names, and why.</summary>
internal static class RefusedRows
{
    /// <summary>Reads a refusal.</summary>
    /// <param name="failure">What the service said.</param>
    /// <returns>Entry within the batch, and reason.</returns>
    public static IReadOnlyList<(int Entry, string Reason)> Of(ServiceFailure failure) =>
    [
        .. from detail in failure.Details
           let path = EntryPath.Of(detail.Where)
           where path is not null
           select (path.Value.Entry, path.Value.Field.Length == 0 ? detail.What : $"{path.Value.Field}: {detail.What}"),
    ];
}
