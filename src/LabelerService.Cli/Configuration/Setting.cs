using LabelerService.Cli.Client;

namespace LabelerService.Cli.Configuration;

/// <summary>Something that options, environment variables and the settings file can say.</summary>
/// <param name="Name">Its name in the file, that of the option.</param>
/// <param name="Variable">Environment variable.</param>
/// <param name="Description">What it is, for help.</param>
/// <param name="Check">Gives the value to keep; throws <see cref="UsageException"/> for one that cannot be right.</param>
internal sealed record Setting(string Name, string Variable, string Description, Func<string, string> Check)
{
    public static readonly Setting Server = new(
        "server", "LABELER_SERVER", "URL of the service's gRPC port, or of several replicas", text =>
        {
            _ = ConnectionSettings.ParseServers(text);
            return text;
        });

    public static readonly Setting ApiKey = new(
        "api-key", "LABELER_API_KEY", "key to call that server with; goes to no other", text => ConnectionSettings.CheckKey(text)!);

    public static readonly Setting Ca = new("ca", "LABELER_CA", "PEM certificates to trust for an https server", FileThatIsThere);

    public static readonly Setting ClientCertificate = new("client-cert", "LABELER_CLIENT_CERT", "PEM certificate of this client", FileThatIsThere);

    public static readonly Setting ClientKey = new("client-key", "LABELER_CLIENT_KEY", "PEM private key of client-cert", FileThatIsThere);

    /// <summary>All of them.</summary>
    public static readonly IReadOnlyList<Setting> All = [Server, ApiKey, Ca, ClientCertificate, ClientKey];

    /// <summary>A setting by name; null for none of them.</summary>
    public static Setting? Find(string name) => All.FirstOrDefault(setting => setting.Name == name);

    /// <summary>A setting of a file by name.</summary>
    /// <exception cref="CommandException">There is none of that name.</exception>
    public static Setting Require(string name, string file) => Find(name)
        ?? throw new CommandException($"{file}: \"{name}\" is no setting; there are {string.Join(", ", All.Select(setting => setting.Name))}");

    // Commands run anywhere, so the file keeps the whole path.
    private static string FileThatIsThere(string path) => File.Exists(path)
        ? Path.GetFullPath(path)
        : throw new UsageException($"{path} does not exist");
}
