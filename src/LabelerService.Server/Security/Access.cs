using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Authorization;

namespace LabelerService.Server.Security;

/// <summary>
/// The one rule of the fallback policy: a known caller, and for a method of the API a role that <see cref="MethodAccess"/> lists. It holds
/// for whatever is mapped without <c>AllowAnonymous</c>, which only probes are, and for paths that lead nowhere.
/// </summary>
internal sealed class AccessRequirement : IAuthorizationRequirement;

/// <summary>What an endpoint is to <see cref="MethodAccess"/>.</summary>
internal static class Access
{
    /// <summary>Full name of the method behind an endpoint, without the slash in front; null where there is none.</summary>
    public static string? MethodOf(Endpoint? endpoint) =>
        // JSON transcoding gives its routes the metadata of the method behind them.
        (endpoint?.Metadata.GetMetadata<GrpcMethodMetadata>()?.Method.FullName ?? endpoint?.Metadata.GetMetadata<TwinMethod>()?.FullName)?.TrimStart('/');
}

/// <summary>Decides the <see cref="AccessRequirement"/>.</summary>
internal sealed class AccessHandler : AuthorizationHandler<AccessRequirement>
{
    protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, AccessRequirement requirement)
    {
        if (context.Resource is HttpContext http && Caller.Find(http) is { } caller && MayCall(caller, http.GetEndpoint()))
        {
            context.Succeed(requirement);
        }

        return Task.CompletedTask;
    }

    private static bool MayCall(Caller caller, Endpoint? endpoint)
    {
        // A path or method that does not exist: whoever is known may be told so. Routing's own refusals (405, 415) are no routes.
        if (endpoint is not RouteEndpoint || IsUnimplemented(endpoint))
        {
            return true;
        }

        return Access.MethodOf(endpoint) is { } method && MethodAccess.RolesOf(method).Contains(caller.Role);
    }

    // gRPC maps a route for unknown services and one for each service's unknown methods; they answer UNIMPLEMENTED and nothing else.
    private static bool IsUnimplemented(Endpoint endpoint) =>
        endpoint is RouteEndpoint route && route.RoutePattern.Parameters.Any(parameter => parameter.Name == "unimplementedMethod");
}
