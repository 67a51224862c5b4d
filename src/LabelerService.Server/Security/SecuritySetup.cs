using LabelerService.Server.Hosting;
using LabelerService.Server.Security.Limits;
using LabelerService.Server.Security.Sessions;
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
        services.AddSingleton<SessionCookies>();
        services.AddSingleton<SignInLimiter>();
        services.AddSingleton<CallLimitMetrics>();
        services.AddSingleton<CallLimiter>();
        services.AddHostedService<KeyRingKeeper>();
        services.AddSingleton<IAuthorizationHandler, AccessHandler>();
        services.AddSingleton<IAuthorizationMiddlewareResultHandler, AccessDenial>();

        // Not AddAuthentication: it brings data protection with it, which writes key files that nothing here uses.
        services.AddAuthenticationCore(authentication => authentication.DefaultScheme = CredentialHandler.Name);
        services.AddWebEncoders();
        services.AddSingleton<IAuthenticationConfigurationProvider, NoSchemeConfiguration>();
        var authentication = new AuthenticationBuilder(services).AddScheme<AuthenticationSchemeOptions, CredentialHandler>(
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

    /// <summary>Schemes are configured by the command line, not by configuration files.</summary>
    private sealed class NoSchemeConfiguration : IAuthenticationConfigurationProvider
    {
        public IConfiguration AuthenticationConfiguration { get; } = new ConfigurationBuilder().Build();
    }
}
