using LabelerService.Server.Hosting;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;

namespace LabelerService.Server.Security;

/// <summary>Authentication, authorization, and nothing mapped without them.</summary>
internal static class SecuritySetup
{
    /// <summary>Registers the schemes and the fallback policy.</summary>
    public static IServiceCollection AddLabelerSecurity(this IServiceCollection services, ServerOptions options)
    {
        services.AddHttpContextAccessor();
        services.AddSingleton<AnonymousCallers>();
        services.AddSingleton<KeyRing>();
        services.AddHostedService<KeyRingKeeper>();
        services.AddSingleton<IAuthorizationHandler, AccessHandler>();
        services.AddSingleton<IAuthorizationMiddlewareResultHandler, AccessDenial>();
        var authentication = services.AddAuthentication(CredentialHandler.Name).AddScheme<AuthenticationSchemeOptions, CredentialHandler>(
            CredentialHandler.Name,
            scheme => scheme.ForwardDefaultSelector = context =>
                options.Jwt is not null && Credential.Of(context.Request).Kind == CredentialKind.Token ? TokenSetup.Name : null);
        if (options.Jwt is { } jwt)
        {
            authentication.AddJwtBearer(TokenSetup.Name, TokenSetup.Configure(jwt));
        }

        services.AddAuthorizationBuilder().SetFallbackPolicy(
            new AuthorizationPolicyBuilder().RequireAuthenticatedUser().AddRequirements(new AccessRequirement()).Build());
        return services;
    }
}
