using Google.Protobuf.WellKnownTypes;
using LabelerService.Core.Errors;

namespace LabelerService.Server.Mapping;

/// <summary>Reads update masks (AIP-134): omitted means the populated fields, <c>*</c> means all that can change.</summary>
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
        foreach (var (field, populated) in changeable)
        {
            if (omitted ? populated : mask!.Paths.Contains("*") || mask.Paths.Contains(field))
            {
                fields.Add(field);
            }
        }

        if (!omitted)
        {
            foreach (var path in mask!.Paths)
            {
                if (path != "*" && !fields.Contains(path))
                {
                    throw ServiceException.InvalidField("update_mask", $"'{Shorten(path)}' is not a field that can change");
                }
            }
        }

        return fields;
    }

    private static string Shorten(string path) => path.Length <= 64 ? path : path[..64] + "…";
}
