using System.Collections.Frozen;
using System.Security.Claims;
using LabelerService.Contracts;
using LabelerService.Core.Access;
using LabelerService.Core.Errors;
using LabelerService.Server.Hosting;
using LabelerService.Storage.Database;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.IdentityModel.Tokens;

namespace LabelerService.Server.Security;

/// <summary>
/// JSON Web Tokens as the second scheme. Besides <c>iss</c>, <c>aud</c> and <c>exp</c> a token needs <c>labeler_role</c> (admin, ingester,
/// labeler, reader) and, unless its role is admin, <c>labeler_datasets</c>: a list of dataset ids, or <c>*</c> for all. A labeler's token
/// names one dataset and its <c>labeler_id</c>. What a token does not say it does not grant.
/// </summary>
internal static class TokenSetup
{
    /// <summary>Name of the scheme.</summary>
    public const string Name = "Jwt";

    private const string RoleClaim = "labeler_role";
    private const string DatasetsClaim = "labeler_datasets";
    private const string LabelerClaim = "labeler_id";
    private const int LongestName = 128;

    private static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(30);

    // Signatures with a private key only: a shared secret, and a public key taken for one, sign nothing here; nor does "none".
    private static readonly string[] Algorithms =
    [
        SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha384, SecurityAlgorithms.RsaSha512,
        SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.RsaSsaPssSha384, SecurityAlgorithms.RsaSsaPssSha512,
        SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384, SecurityAlgorithms.EcdsaSha512,
    ];

    /// <summary>Configures the scheme.</summary>
    /// <exception cref="ServiceException">The file of keys cannot be used.</exception>
    public static Action<JwtBearerOptions> Configure(JwtOptions jwt)
    {
        var keys = jwt.KeysFile is { } file ? TokenKeys.Load(file) : null;
        return bearer =>
        {
            bearer.Authority = jwt.Authority;
            bearer.RequireHttpsMetadata = true;
            bearer.SaveToken = false;
            bearer.IncludeErrorDetails = false;
            bearer.MapInboundClaims = false;
            bearer.TokenValidationParameters = new TokenValidationParameters
            {
                ValidIssuer = jwt.Issuer,
                ValidAudience = jwt.Audience,
                IssuerSigningKeys = keys,
                ValidAlgorithms = Algorithms,
                RequireSignedTokens = true,
                RequireExpirationTime = true,
                ValidateIssuerSigningKey = true,
                ClockSkew = ClockSkew,
            };
            bearer.Events = new JwtBearerEvents
            {
                OnMessageReceived = context =>
                {
                    context.Token = Credential.Of(context.Request).Text;
                    return Task.CompletedTask;
                },
                OnTokenValidated = context =>
                {
                    if (context.Principal is { } principal && Read(principal, context.SecurityToken.ValidTo) is { } caller)
                    {
                        context.Principal = new CallerPrincipal(caller, Name);
                    }
                    else
                    {
                        context.Fail(Unfit);
                    }

                    return Task.CompletedTask;
                },
            };
        };
    }

    private static readonly ServiceException Unfit = new(
        ErrorKind.Unauthenticated, "TOKEN_CLAIMS",
        $"The token is valid but does not say what its bearer may do: it needs {RoleClaim} (admin, ingester, labeler, reader or trainer) and, except for admins, "
        + $"{DatasetsClaim} (a list of dataset ids, or *); for a labeler one dataset and {LabelerClaim}.");

    /// <summary>The caller that a valid token's claims describe; null if they describe none.</summary>
    internal static Caller? Read(ClaimsPrincipal principal, DateTime validTo)
    {
        var roles = principal.FindAll(RoleClaim).ToArray();
        var datasets = principal.FindAll(DatasetsClaim).Select(claim => claim.Value).ToArray();
        var labelers = principal.FindAll(LabelerClaim).Select(claim => claim.Value).ToArray();
        Role? role = roles.Length != 1 ? null : roles[0].Value switch
        {
            "admin" => Role.Admin,
            "ingester" => Role.Ingester,
            "labeler" => Role.Labeler,
            "reader" => Role.Reader,
            "trainer" => Role.Trainer,
            _ => null,
        };
        var everything = datasets is ["*"];
        var named = datasets.Length > 0 && Array.TrueForAll(datasets, ResourceName.IsId);
        var fits = role switch
        {
            Role.Admin => (datasets.Length == 0 || everything) && labelers.Length == 0,
            Role.Labeler => named && datasets.Length == 1 && labelers.Length == 1 && TextRules.ExternalIdProblem(labelers[0]) is null,
            null => false,
            _ => (everything || named) && labelers.Length == 0,
        };
        var subject = principal.FindFirstValue("sub") ?? "";
        return !fits ? null : new Caller
        {
            Name = $"token {subject[..Math.Min(subject.Length, LongestName)]}",
            Role = role!.Value,
            Datasets = named ? datasets.ToFrozenSet(StringComparer.Ordinal) : null,
            LabelerId = labelers.FirstOrDefault(),
            ExpireTime = new DateTimeOffset(DateTime.SpecifyKind(validTo, DateTimeKind.Utc)),
        };
    }
}
