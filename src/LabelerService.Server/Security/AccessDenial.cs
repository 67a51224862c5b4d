using LabelerService.Core.Errors;
using LabelerService.Server.Security.Audit;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;

namespace LabelerService.Server.Security;

/// <summary>
/// Answers refused requests in the caller's own protocol: gRPC callers get a status with details, others JSON of the same status. Without
/// this both would get a bare 401 or 403.
/// </summary>
internal sealed class AccessDenial(RefusalLog refusals) : IAuthorizationMiddlewareResultHandler
{
    private static readonly ServiceException Missing = new(
        ErrorKind.Unauthenticated, "CREDENTIAL_MISSING", "Calls need an API key or a token: send the header 'authorization: Bearer …' or 'x-api-key: …'.");

    private static readonly ServiceException Invalid = new(
        ErrorKind.Unauthenticated, "CREDENTIAL_INVALID", "The API key or token is not valid, or not any more.");

    private static readonly ServiceException Forbidden = new(
        ErrorKind.PermissionDenied, "ROLE_FORBIDDEN", "This credential's role may not make this call.");

    /// <inheritdoc/>
    public async Task HandleAsync(
        RequestDelegate next, HttpContext context, AuthorizationPolicy policy, PolicyAuthorizationResult authorizeResult)
    {
        if (authorizeResult.Succeeded)
        {
            await next(context);
            return;
        }

        // The scheme has looked at the credential already and remembers what was wrong with it.
        var error = authorizeResult.Forbidden ? Forbidden : (await context.AuthenticateAsync()).Failure switch
        {
            // What a scheme of ours says was written for callers; what a library throws was not.
            ServiceException known => known,
            null => Missing,
            _ => Invalid,
        };
        if (error.Kind != ErrorKind.Unavailable && !ReferenceEquals(error, Missing))
        {
            refusals.Note(Caller.Find(context), Access.MethodOf(context.GetEndpoint()) ?? "unknown", error.Reason);
        }

        await RefusedCall.AnswerAsync(context, error);
    }
}
