using System.Text.Encodings.Web;
using LabelerService.Core.Errors;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace LabelerService.Server.Security;

/// <summary>
/// The default authentication scheme: API keys, callers without a credential, and credentials that are neither key nor token. Tokens go
/// on to the JWT scheme where one is configured.
/// </summary>
internal sealed class CredentialHandler(
    AnonymousCallers anonymous, IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    /// <summary>Name of the scheme.</summary>
    public const string Name = "Labeler";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var credential = Credential.Of(Request);
        return Task.FromResult(credential.Kind switch
        {
            CredentialKind.None => anonymous.Admits(Request) ? Admit(Caller.Anonymous) : AuthenticateResult.NoResult(),
            _ => AuthenticateResult.Fail(Invalid),
        });
    }

    private static ServiceException Invalid { get; } = new(
        ErrorKind.Unauthenticated, "CREDENTIAL_INVALID", "The API key or token is not valid, or not any more. Use another, or send none where none is needed.");

    private AuthenticateResult Admit(Caller caller) =>
        AuthenticateResult.Success(new AuthenticationTicket(new CallerPrincipal(caller, Scheme.Name), Scheme.Name));
}
