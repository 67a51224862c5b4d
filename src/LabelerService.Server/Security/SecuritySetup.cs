using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;

namespace LabelerService.Server.Security;

/// <summary>Authentication, authorization, and nothing mapped without them.</summary>
internal static class SecuritySetup
{
    /// <summary>Registers the schemes and the fallback policy.</summary>
    public static IServiceCollection AddLabelerSecurity(this IServiceCollection services)
    {
        services.AddHttpContextAccessor();
        services.AddSingleton<AnonymousCallers>();
        services.AddSingleton<IAuthorizationHandler, AccessHandler>();
        services.AddSingleton<IAuthorizationMiddlewareResultHandler, AccessDenial>();
        services.AddAuthentication(CredentialHandler.Name).AddScheme<AuthenticationSchemeOptions, CredentialHandler>(CredentialHandler.Name, null);
        services.AddAuthorizationBuilder().SetFallbackPolicy(
            new AuthorizationPolicyBuilder().RequireAuthenticatedUser().AddRequirements(new AccessRequirement()).Build());
        return services;
    }
}
