using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace LabelerService.Server.LabelStudio;

/// <summary>
/// HTTP's Basic authentication, which is all that Label Studio can do, on its paths only: the password is an API key, the name is free. Elsewhere it
/// stays refused, so that no browser remembers a key and sends it along.
/// </summary>
internal static class BasicCredential
{
    private const string Basic = "Basic ";

    // A key has fewer than 100 characters; names are short.
    private const int LongestText = 1_024;

    /// <summary>Reads the password of a request on a path of Label Studio's.</summary>
    public static bool TryRead(HttpRequest request, [NotNullWhen(true)] out string? password)
    {
        password = null;
        var text = request.Headers.Authorization.ToString();
        if (!request.Path.StartsWithSegments(LabelStudioHttp.Root, StringComparison.Ordinal)
            || !text.StartsWith(Basic, StringComparison.OrdinalIgnoreCase) || text.Length > LongestText)
        {
            return false;
        }

        var bytes = new byte[text.Length];
        if (!Convert.TryFromBase64String(text[Basic.Length..].Trim(), bytes, out var length))
        {
            return false;
        }

        var pair = Encoding.UTF8.GetString(bytes, 0, length);
        var colon = pair.IndexOf(':', StringComparison.Ordinal);
        password = colon < 0 ? null : pair[(colon + 1)..];
        return password is not null;
    }
}
