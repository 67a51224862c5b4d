using Google.Protobuf.WellKnownTypes;
using LabelerService.Core.Errors;

namespace LabelerService.Server.Mapping;

/// <summary>
/// Reads update masks (AIP-134): omitted means the populated fields, <c>*</c> means all that can change. A mask in a query arrives as it was
/// written, in the camelCase of JSON, where one in a JSON body has been translated; so both forms are taken.
/// </summary>
internal static class UpdateMask
{
    /// <summary>The fields to change.</summary>
    /// <param name="mask">The mask, null where the request has none.</param>
    /// <param name="changeable">Fields that can change, and whether the request populates each.</param>
    /// <exception cref="ServiceException">INVALID_ARGUMENT for a field that cannot change or does not exist.</exception>
    public static HashSet<string> Read(FieldMask? mask, params ReadOnlySpan<(string Field, bool Populated)> changeable)
    {
        var fields = new HashSet<string>(StringComparer.Ordinal);
        var omitted = mask is null || mask.Paths.Count == 0;
        string[] paths = omitted ? [] : [.. mask!.Paths.Select(ProtoName)];
        foreach (var (field, populated) in changeable)
        {
            if (omitted ? populated : paths.Contains("*") || paths.Contains(field))
            {
                fields.Add(field);
            }
        }

        foreach (var path in paths)
        {
            if (path != "*" && !fields.Contains(path))
            {
                throw ServiceException.InvalidField("update_mask", $"'{Shorten(path)}' is not a field that can change");
            }
        }

        return fields;
    }

    // displayName → display_name
    private static string ProtoName(string path) =>
        path.Any(char.IsAsciiLetterUpper) ? string.Concat(path.Select(c => char.IsAsciiLetterUpper(c) ? $"_{char.ToLowerInvariant(c)}" : $"{c}")) : path;

    private static string Shorten(string path) => path.Length <= 64 ? path : path[..64] + "…";
}
