using System.Globalization;
using LabelerService.Core.Errors;

namespace LabelerService.Server.Mapping;

/// <summary>Etags: the quoted version of a row.</summary>
internal static class Etag
{
    /// <summary>The etag of a version.</summary>
    public static string Of(long version) => $"\"{version}\"";

    /// <summary>The version of an etag; null for an empty one, which guards nothing.</summary>
    /// <exception cref="ServiceException">INVALID_ARGUMENT for text that is no etag of this service.</exception>
    public static long? Read(string etag, string field)
    {
        if (etag.Length == 0)
        {
            return null;
        }

        return etag.Length > 2 && etag[0] == '"' && etag[^1] == '"'
            && long.TryParse(etag.AsSpan(1, etag.Length - 2), NumberStyles.None, CultureInfo.InvariantCulture, out var version)
            ? version
            : throw ServiceException.InvalidField(field, "must be the etag of an earlier answer, quotes included, or empty");
    }
}
