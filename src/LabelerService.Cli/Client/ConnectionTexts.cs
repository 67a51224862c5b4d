namespace LabelerService.Cli.Client;

/// <summary>Reads connection settings from a command line, and says what is wrong with them in its words.</summary>
internal static class ConnectionTexts
{
    extension(ConnectionSettings)
    {
        /// <summary>Reads a server's URL.</summary>
        /// <exception cref="UsageException">It is not an http or https URL of a host.</exception>
        public static Uri ParseServer(string text) =>
            Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.Host.Length > 0
                ? uri
                : throw new UsageException($"\"{text}\" is not the URL of a server; one looks like {ConnectionSettings.DefaultServer}");

        /// <summary>Reads the URLs of one server or, separated by commas, of several replicas.</summary>
        /// <exception cref="UsageException">One is no URL of a server, or they do not go together.</exception>
        public static IReadOnlyList<Uri> ParseServers(string text)
        {
            var servers = text.Split(',', StringSplitOptions.TrimEntries).Select(ConnectionSettings.ParseServer).ToArray();
            if (servers.Length > 1 && servers.Any(server => server.Scheme != "http" || server.AbsolutePath != "/"))
            {
                throw new UsageException(
                    "several servers are possible with plain http URLs only; for https, name the load balancer in front of them");
            }

            return servers;
        }

        /// <summary>Checks that a key can be sent at all. The message does not repeat it.</summary>
        /// <exception cref="UsageException">It has characters that no key has.</exception>
        public static string? CheckKey(string? key) =>
            key is null || key.All(c => c is > ' ' and < '\x7f') ? key
                : throw new UsageException("the API key has characters that no key has: check --api-key or LABELER_API_KEY for spaces and line ends");
    }

    /// <summary>Opens a connection; what is wrong with certificates is said of the options that name them.</summary>
    /// <exception cref="CommandException">A certificate cannot be used.</exception>
    public static ServiceConnection Open(this ConnectionSettings settings, TimeProvider time)
    {
        try
        {
            return new ServiceConnection(settings, time);
        }
        catch (ConnectionSettingsException error)
        {
            var option = error.Setting switch
            {
                nameof(ConnectionSettings.CaFile) => "--ca: ",
                nameof(ConnectionSettings.ClientCertificateFile) => "--client-cert and --client-key: ",
                _ => "",
            };
            throw new CommandException(option + error.Message);
        }
    }
}
