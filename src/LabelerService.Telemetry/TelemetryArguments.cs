using System.CommandLine;
using System.Globalization;
using System.Net;

namespace LabelerService.Telemetry;

/// <summary>The part of a command line that says how the process tells what it does.</summary>
public sealed class TelemetryArguments
{
    /// <summary>Environment variable of <c>--admin-port</c>.</summary>
    public const string PortVariable = "LABELER_ADMIN_PORT";

    /// <summary>Environment variable of <c>--admin-listen</c>.</summary>
    public const string ListenVariable = "LABELER_ADMIN_LISTEN";

    /// <summary>Environment variable of <c>--log-format</c>.</summary>
    public const string LogFormatVariable = "LABELER_LOG_FORMAT";

    private readonly Option<string?> _port = Text("--admin-port", "PORT", "Port for /metrics (Prometheus), which asks for no key. Off by default", PortVariable);
    private readonly Option<string?> _listen = Text("--admin-listen", "ADDRESS", "Address of the admin port. Default: 127.0.0.1", ListenVariable);
    private readonly Option<string?> _logFormat = Text("--log-format", "FORMAT", "Lines of the log: text, or json for one object a line. Default: text", LogFormatVariable);

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        ArgumentNullException.ThrowIfNull(command);
        command.Options.Add(_port);
        command.Options.Add(_listen);
        command.Options.Add(_logFormat);
    }

    /// <summary>Reads the options.</summary>
    /// <returns>The options, or what is wrong with them.</returns>
    public (TelemetryOptions Options, string? Problem) Read(ParseResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        var options = new TelemetryOptions();
        if (result.GetValue(_port) is { } text)
        {
            if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port is < 1 or > 65535)
            {
                return (options, $"--admin-port takes a number from 1 to 65535, not '{text}'.");
            }

            options = options with { AdminPort = port };
        }

        if (result.GetValue(_listen) is { } listen)
        {
            if (!IPAddress.TryParse(listen, out var address))
            {
                return (options, $"--admin-listen takes an IP address such as 127.0.0.1 or 0.0.0.0, not '{listen}'.");
            }

            options = options with { AdminListen = address };
        }

        return result.GetValue(_logFormat) switch
        {
            null or "text" => (options, null),
            "json" => (options with { LogFormat = LogFormat.Json }, null),
            var other => (options, $"--log-format takes text or json, not '{other}'."),
        };
    }

    private static Option<string?> Text(string name, string form, string description, string variable) => new(name)
    {
        Description = $"{description} (also {variable}).",
        HelpName = form,
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : null,
    };
}
