using System.Text.Json;
using System.Text.Json.Serialization;
using LabelerService.Core.Errors;
using LabelerService.Server.Errors;
using LabelerService.Server.Hosting;
using LabelerService.Server.Security;
using LabelerService.Server.Security.Audit;
using LabelerService.Server.Security.Sessions;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http.Features;

namespace LabelerService.Server.Dashboard;

/// <summary><c>/session</c>: who the dashboard's user is; signing in with an API key or token, and out.</summary>
internal sealed partial class SessionEndpoints(SessionCookies sessions, KeyRing ring, SignInLimiter limiter, RefusalLog refusals, ServerOptions options)
{
    /// <summary>Where it is.</summary>
    public const string Path = "/session";

    // A token has 8,192 characters at most, see Credential.
    private const int BodyBytes = 32_768;

    private static readonly ServiceException Foreign = new(
        ErrorKind.PermissionDenied, "SESSION_FOREIGN",
        $"Only pages of this service sign in and out: send the header {OwnPage.Header} from its own origin. Programs send the key with each call.");

    /// <summary>
    /// Maps it. It is open to strangers: who signs in is one, the answer to a stranger is that nobody is signed in, and anybody may forget a
    /// session.
    /// </summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        var endpoints = routes.ServiceProvider.GetRequiredService<SessionEndpoints>();
        routes.MapGet(Path, ReadAsync).AllowAnonymous().WithMetadata(new AsksWhoCalls());
        routes.MapPost(Path, endpoints.SignInAsync).AllowAnonymous();
        routes.MapDelete(Path, SignOutAsync).AllowAnonymous();
    }

    private static async Task ReadAsync(HttpContext http)
    {
        var result = await http.AuthenticateAsync();
        if (result.Failure is ServiceException { Kind: ErrorKind.Unavailable } away)
        {
            await HttpErrorWriter.WriteAsync(http, away);
            return;
        }

        // Nothing is taken away here: this answer may arrive after that of a sign-in that came later, whose cookie it would take. What is left
        // of an ended session is refused with every call, so whoever starts with one signs out.
        var view = Describe((result.Principal as CallerPrincipal)?.Caller);
        await WriteAsync(http, ReferenceEquals(result.Failure, SessionCookies.Ended) ? view with { Ended = true } : view);
    }

    private async Task SignInAsync(HttpContext http)
    {
        try
        {
            if (!OwnPage.MayChange(http.Request))
            {
                throw Foreign;
            }

            limiter.Check(http.Connection.RemoteIpAddress);
            var caller = await FindAsync(http, await ReadCredentialAsync(http));
            if (caller is null)
            {
                limiter.NoteFailure(http.Connection.RemoteIpAddress);
                throw CredentialHandler.Invalid;
            }

            await WriteAsync(http, Describe(await sessions.SignInAsync(http, caller)));
        }
        catch (ServiceException error)
        {
            if (error.Kind is ErrorKind.Unauthenticated or ErrorKind.ResourceExhausted)
            {
                refusals.Note(null, "sign-in", error.Reason);
            }

            if (error.Kind == ErrorKind.Unauthenticated)
            {
                http.Response.Headers.WWWAuthenticate = "Bearer";
            }

            await HttpErrorWriter.WriteAsync(http, error);
        }
    }

    private static Task SignOutAsync(HttpContext http)
    {
        if (!OwnPage.MayChange(http.Request))
        {
            return HttpErrorWriter.WriteAsync(http, Foreign);
        }

        SessionCookies.SignOut(http);
        http.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    private static async Task<Credential> ReadCredentialAsync(HttpContext http)
    {
        if (Credential.Of(http.Request).Kind != CredentialKind.None)
        {
            throw ServiceException.InvalidField("credential", "must be the only one: send neither authorization nor x-api-key with it");
        }

        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = BodyBytes;
        }

        try
        {
            if (http.Request.HasJsonContentType()
                && await JsonSerializer.DeserializeAsync(http.Request.Body, SessionJson.Default.SignInRequest, http.RequestAborted) is { Credential: { } text })
            {
                return Credential.OfSignIn(text);
            }
        }
        catch (Exception error) when (error is JsonException or BadHttpRequestException)
        {
            // Not JSON, or too much of it: said below.
        }

        throw ServiceException.InvalidField("credential", "must be an API key or token: send {\"credential\": \"…\"} as application/json");
    }

    private async Task<Caller?> FindAsync(HttpContext http, Credential credential)
    {
        switch (credential.Kind)
        {
            case CredentialKind.ApiKey:
                return await ring.FindAsync(credential.Text, http.RequestAborted);
            case CredentialKind.Token when options.Jwt is not null:
                // As if the token had come with the call.
                http.Request.Headers.Authorization = $"Bearer {credential.Text}";
                var result = await http.AuthenticateAsync(TokenSetup.Name);
                http.Request.Headers.Remove("Authorization");
                return (result.Principal as CallerPrincipal)?.Caller;
            default:
                return null;
        }
    }

    private static Task WriteAsync(HttpContext http, SessionView view) =>
        http.Response.WriteAsJsonAsync(view, SessionJson.Default.SessionView, cancellationToken: http.RequestAborted);

    private static SessionView Describe(Caller? caller) => caller is null
        ? new SessionView { Authenticated = false }
        : new SessionView
        {
            Authenticated = true,
            Name = caller.Name,
            Role = caller.Role.ToString().ToUpperInvariant(),
            LabelerId = caller.LabelerId,
            Datasets = caller.Datasets?.Order(StringComparer.Ordinal).ToArray(),
            Anonymous = ReferenceEquals(caller, Caller.Anonymous),
            ExpireTime = caller.ExpireTime,
        };

    /// <summary>What is sent to sign in. Secret: never log it.</summary>
    internal sealed class SignInRequest
    {
        public string? Credential { get; init; }
    }

    /// <summary>What the dashboard is told of its user.</summary>
    internal sealed record SessionView
    {
        public required bool Authenticated { get; init; }

        /// <summary>Whether the request carried a session that has ended; absent where it did not.</summary>
        public bool? Ended { get; init; }

        public string? Name { get; init; }

        public string? Role { get; init; }

        public string? LabelerId { get; init; }

        public string[]? Datasets { get; init; }

        public bool Anonymous { get; init; }

        public DateTimeOffset? ExpireTime { get; init; }
    }

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonSerializable(typeof(SessionView))]
    [JsonSerializable(typeof(SignInRequest))]
    private sealed partial class SessionJson : JsonSerializerContext;
}
