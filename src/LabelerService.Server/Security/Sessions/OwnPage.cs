namespace LabelerService.Server.Security.Sessions;

/// <summary>
/// Whether a browser sends a request for a page of this service. A cookie goes along with whatever any page makes the browser send, so
/// what changes something also needs a header that pages from elsewhere cannot send, and the browser's own word where the page is from.
/// </summary>
internal static class OwnPage
{
    /// <summary>The header that the dashboard's calls carry.</summary>
    public const string Header = "x-labeler-dashboard";

    private const string FetchSite = "Sec-Fetch-Site";
    private const string Same = "same-origin";

    /// <summary>Whether the request says that it comes from a page of another origin; also one on this machine, on another port.</summary>
    public static bool IsForeign(HttpRequest request) =>
        HasForeignOrigin(request) || request.Headers[FetchSite].ToString() is not ("" or Same or "none");

    /// <summary>Whether a request may change something by its cookie alone.</summary>
    public static bool MayChange(HttpRequest request) =>
        !IsForeign(request) && request.Headers.ContainsKey(Header) && (request.Headers.Origin.Count == 1 || request.Headers[FetchSite] == Same);

    /// <summary>Whether <c>Origin</c> names another place than the request was sent to.</summary>
    public static bool HasForeignOrigin(HttpRequest request)
    {
        var origin = request.Headers.Origin.ToString();
        return origin.Length > 0
            && !(Uri.TryCreate(origin, UriKind.Absolute, out var page) && string.Equals(page.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase));
    }
}
