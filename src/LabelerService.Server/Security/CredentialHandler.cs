using System.Text.Encodings.Web;
using LabelerService.Core.Errors;
using LabelerService.Server.Security.Sessions;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace LabelerService.Server.Security;

/// <summary>
/// The default authentication scheme: API keys, sessions, callers without a credential, and credentials that are neither key nor token. Tokens go
/// on to the JWT scheme where one is configured.
/// </summary>
internal sealed class CredentialHandler(
    AnonymousCallers anonymous, KeyRing ring, SessionCookies sessions, IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    /// <summary>Name of the scheme.</summary>
    public const string Name = "Labeler";

    /// <summary>What callers are told whose credential does not count.</summary>
    public static readonly ServiceException Invalid = new(
        ErrorKind.Unauthenticated, "CREDENTIAL_INVALID", "The API key or token is not valid, or not any more.");

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var credential = Credential.Of(Request);
        switch (credential.Kind)
        {
            case CredentialKind.None:
                try
                {
                    // Somebody who signed in is that caller, also where callers without a credential are let in.
                    return await sessions.FindAsync(Context) is { } signedIn ? Admit(signedIn)
                        : anonymous.Admits(Request) ? Admit(Caller.Anonymous) : AuthenticateResult.NoResult();
                }
                catch (ServiceException error)
                {
                    return AuthenticateResult.Fail(error);
                }

            case CredentialKind.ApiKey:
                try
                {
                    return await ring.FindAsync(credential.Text, Context.RequestAborted) is { } caller ? Admit(caller) : AuthenticateResult.Fail(Invalid);
                }
                catch (ServiceException error)
                {
                    // The database does not answer: whether the key counts is not known, and the caller is told so.
                    return AuthenticateResult.Fail(error);
                }

            default:
                return AuthenticateResult.Fail(Invalid);
        }
    }

    private AuthenticateResult Admit(Caller caller) =>
        AuthenticateResult.Success(new AuthenticationTicket(new CallerPrincipal(caller, Scheme.Name), Scheme.Name));
}
