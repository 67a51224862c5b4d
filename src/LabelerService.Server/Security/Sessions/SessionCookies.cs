using System.Collections.Frozen;
using LabelerService.Core.Access;
using LabelerService.Core.Errors;
using LabelerService.Server.Hosting;
using Microsoft.AspNetCore.Authorization;

namespace LabelerService.Server.Security.Sessions;

/// <summary>
/// Sessions of people with browsers. Nothing is kept of them here: the cookie says whose session it is and until when, and each request asks
/// the <see cref="KeyRing"/> whether the key is still there. Signing out makes the browser forget the cookie; whoever has copied it from
/// there before can use it until it ends, or until the key is revoked.
/// </summary>
internal sealed class SessionCookies(SessionTokens tokens, KeyRing ring, ServerOptions options, TimeProvider time)
{
    /// <summary>Name of the cookie.</summary>
    public const string Name = "labeler-session";

    /// <summary>How long a session lasts, unless its key or token ends before.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(12);

    /// <summary>What callers are told whose session is over.</summary>
    public static readonly ServiceException Ended = new(
        ErrorKind.Unauthenticated, "SESSION_ENDED", "The session has ended, or its key was revoked. Sign in again.");

    private static readonly ServiceException Foreign = new(
        ErrorKind.PermissionDenied, "SESSION_FOREIGN",
        $"A session counts for requests of this service's own pages only. Programs send an API key; pages send the header {OwnPage.Header} to their own origin.");

    private static readonly ServiceException TooLong = new(
        ErrorKind.InvalidArgument, "SESSION_TOO_LONG", "The token names more datasets than fit into a session. Use one with fewer, or with *.");

    /// <summary>The caller whose session a request carries; null where it carries none that was made here.</summary>
    /// <exception cref="ServiceException">UNAUTHENTICATED: it has ended. PERMISSION_DENIED: the request is not of an own page. UNAVAILABLE: nobody knows.</exception>
    public async ValueTask<Caller?> FindAsync(HttpContext http)
    {
        // What is open to everybody does not ask: probes and the dashboard's files answer without the database.
        if (http.GetEndpoint()?.Metadata is { } metadata && metadata.GetMetadata<IAllowAnonymous>() is not null && metadata.GetMetadata<AsksWhoCalls>() is null)
        {
            return null;
        }

        // gRPC clients are programs: they have keys.
        if (http.Connection.LocalPort != options.Port || http.Request.Cookies[Name] is not { Length: > 0 } text || tokens.Read(text) is not { } session)
        {
            return null;
        }

        var request = http.Request;
        if (OwnPage.IsForeign(request) || !(HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || OwnPage.MayChange(request)))
        {
            throw Foreign;
        }

        var ends = DateTimeOffset.FromUnixTimeSeconds(session.ExpireTime);
        if (ends <= time.GetUtcNow())
        {
            throw Ended;
        }

        if (session.KeyId is null)
        {
            return CallerOf(session, ends);
        }

        return await ring.FindByIdAsync(session.KeyId, http.RequestAborted) is var (caller, hash) && tokens.Fingerprint(hash) == session.KeyFingerprint
            ? caller with { ExpireTime = ends }
            : throw Ended;
    }

    /// <summary>Signs a caller in: the answer sets the cookie.</summary>
    /// <returns>The caller, as the session's requests will have it.</returns>
    /// <exception cref="ServiceException">The session does not fit into a cookie.</exception>
    public async Task<Caller> SignInAsync(HttpContext http, Caller caller)
    {
        var now = time.GetUtcNow();
        var ends = now + Lifetime;
        ends = caller.ExpireTime < ends ? caller.ExpireTime.Value : ends;
        var session = new Session
        {
            Nonce = SessionTokens.NewNonce(),
            IssueTime = now.ToUnixTimeSeconds(),
            ExpireTime = ends.ToUnixTimeSeconds(),
        };
        if (caller.KeyId is { } id)
        {
            var (_, hash) = await ring.FindByIdAsync(id, http.RequestAborted) ?? throw Ended;
            session = session with { KeyId = id, KeyFingerprint = tokens.Fingerprint(hash) };
        }
        else
        {
            session = session with
            {
                Name = caller.Name,
                Role = (int)caller.Role,
                Datasets = caller.Datasets?.Order(StringComparer.Ordinal).ToArray(),
                LabelerId = caller.LabelerId,
            };
        }

        var text = tokens.Create(session);
        if (text.Length > SessionTokens.LongestText)
        {
            throw TooLong;
        }

        // Without an end of its own it goes with the browser, too.
        http.Response.Cookies.Append(Name, text, Attributes(http));
        return caller with { ExpireTime = DateTimeOffset.FromUnixTimeSeconds(session.ExpireTime) };
    }

    /// <summary>The answer makes the browser forget the session.</summary>
    public static void SignOut(HttpContext http) => http.Response.Cookies.Delete(Name, Attributes(http));

    private static CookieOptions Attributes(HttpContext http) => new()
    {
        Path = "/",
        HttpOnly = true,
        SameSite = SameSiteMode.Strict,
        Secure = http.Request.IsHttps,
        IsEssential = true,
    };

    private static Caller CallerOf(Session session, DateTimeOffset ends) => new()
    {
        Name = session.Name!,
        Role = (Role)session.Role!.Value,
        Datasets = session.Datasets?.ToFrozenSet(StringComparer.Ordinal),
        LabelerId = session.LabelerId,
        ExpireTime = ends,
    };
}

/// <summary>Metadata of an endpoint that is open to everybody and yet asks whose session it is.</summary>
internal sealed record AsksWhoCalls;
