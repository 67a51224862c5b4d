using System.CommandLine;
using System.Net;

namespace LabelerService.Server.Hosting;

/// <summary>The part of the server's command line that says who gets in and how.</summary>
internal sealed class SecurityArguments
{
    private readonly Option<bool> _allowAnonymous = Flag(
        "--allow-anonymous", "Serve callers without a key, as admins, on an address that other machines can reach.");

    private readonly Option<bool> _requireKeys = Flag("--require-keys", "Demand a key of callers on this machine too.");

    private readonly Option<bool> _allowClearText = Flag(
        "--allow-clear-text", "Listen without TLS on an address that other machines can reach: keys and data travel readable.");

    private readonly Option<string?> _certificate = Text("--tls-cert", "FILE", "PEM certificate (with intermediates): both ports speak TLS.");
    private readonly Option<string?> _certificateKey = Text("--tls-key", "FILE", "PEM private key of --tls-cert.");
    private readonly Option<string?> _clientCa = Text(
        "--tls-client-ca", "FILE", "PEM certificates of authorities: every client needs a certificate that one of them signed.");

    private readonly Option<string?> _adminKeyFile = Text(
        "--admin-key-file", "FILE", "The first admin key is taken from this file, or else written to it (mode 600) instead of to the console.");

    private readonly Option<bool> _resetAdminKey = new("--reset-admin-key")
    {
        Description = "Make one more admin key, show it (or write it to --admin-key-file), and exit.",
    };

    private readonly Option<string?> _jwtIssuer = Text("--jwt-issuer", "TEXT", "Accept bearer tokens (JWT) of this issuer beside API keys.");
    private readonly Option<string?> _jwtAudience = Text("--jwt-audience", "TEXT", "Audience that tokens must be made for.");
    private readonly Option<string?> _jwtKeys = Text("--jwt-keys", "FILE", "The issuer's public keys, JWKS or PEM.");
    private readonly Option<string?> _jwtAuthority = Text(
        "--jwt-authority", "URL", "HTTPS address of the issuer's OpenID Connect metadata, instead of --jwt-keys. The server calls it.");

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        Option[] all =
        [
            _allowAnonymous, _requireKeys, _allowClearText, _certificate, _certificateKey, _clientCa, _adminKeyFile, _resetAdminKey,
            _jwtIssuer, _jwtAudience, _jwtKeys, _jwtAuthority,
        ];
        foreach (var option in all)
        {
            command.Options.Add(option);
        }
    }

    /// <summary>Reads the options.</summary>
    /// <returns>The completed options, or what is wrong with the command line.</returns>
    public (ServerOptions Options, string? Problem) Read(ParseResult result, ServerOptions options)
    {
        string? certificate = result.GetValue(_certificate), key = result.GetValue(_certificateKey), clientCa = result.GetValue(_clientCa);
        string? issuer = result.GetValue(_jwtIssuer), audience = result.GetValue(_jwtAudience);
        string? keys = result.GetValue(_jwtKeys), authority = result.GetValue(_jwtAuthority);
        var wantsTokens = (issuer ?? audience ?? keys ?? authority) is not null;
        options = options with
        {
            AllowAnonymous = result.GetValue(_allowAnonymous),
            RequireKeys = result.GetValue(_requireKeys),
            AllowClearText = result.GetValue(_allowClearText),
            AdminKeyFile = result.GetValue(_adminKeyFile) is { } file ? Path.GetFullPath(file) : null,
            ResetAdminKey = result.GetValue(_resetAdminKey),
            Tls = certificate is not null && key is not null ? new TlsOptions(certificate, key, clientCa) : null,
            Jwt = wantsTokens ? new JwtOptions(issuer ?? "", audience ?? "", keys, authority) : null,
        };
        return (options, TlsProblem(certificate, key, clientCa) ?? AccessProblem(options) ?? TokenProblem(options.Jwt));
    }

    private static string? TlsProblem(string? certificate, string? key, string? clientCa) =>
        (certificate is null) != (key is null) ? "--tls-cert and --tls-key go together."
        : clientCa is not null && certificate is null ? "--tls-client-ca needs --tls-cert and --tls-key."
        : null;

    private static string? AccessProblem(ServerOptions options)
    {
        if (options is { RequireKeys: true, AllowAnonymous: true })
        {
            return "--require-keys and --allow-anonymous exclude each other.";
        }

        if (IPAddress.IsLoopback(options.Listen) || options.Tls is not null || options.AllowClearText || options.ResetAdminKey)
        {
            return null;
        }

        return $"On {options.Listen} other machines get in, and without TLS their keys and data can be read on the way. "
            + "Give --tls-cert and --tls-key, or say --allow-clear-text if something else protects the way, or leave --listen at 127.0.0.1. "
            + "Callers need an API key there unless you say --allow-anonymous.";
    }

    private static string? TokenProblem(JwtOptions? jwt)
    {
        if (jwt is null)
        {
            return null;
        }

        if (jwt.Issuer.Length == 0 || jwt.Audience.Length == 0 || (jwt.KeysFile is null) == (jwt.Authority is null))
        {
            return "Tokens need --jwt-issuer, --jwt-audience, and either --jwt-keys or --jwt-authority.";
        }

        return jwt.Authority is { } authority && !(Uri.TryCreate(authority, UriKind.Absolute, out var uri) && uri.Scheme == Uri.UriSchemeHttps)
            ? "--jwt-authority takes an https:// address."
            : null;
    }

    // --tls-cert is also LABELER_TLS_CERT.
    private static string Variable(string option) => "LABELER_" + option.TrimStart('-').Replace('-', '_').ToUpperInvariant();

    private static Option<bool> Flag(string name, string description) => new(name)
    {
        Description = description,
        DefaultValueFactory = _ => string.Equals(Environment.GetEnvironmentVariable(Variable(name)), "true", StringComparison.OrdinalIgnoreCase),
    };

    private static Option<string?> Text(string name, string form, string description) => new(name)
    {
        Description = description,
        HelpName = form,
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable(Variable(name)) is { Length: > 0 } value ? value : null,
    };
}
