using System.CommandLine;
using System.Globalization;
using Grpc.Core;
using LabelerService.Cli.Client;
using LabelerService.Cli.Configuration;
using LabelerService.Cli.Diagnosis;
using LabelerService.Cli.Rendering;

namespace LabelerService.Cli.Commands;

/// <summary>
/// What all commands share: the global options, where output goes, and how failures become messages and exit codes.
/// </summary>
/// <param name="output">Standard output.</param>
/// <param name="error">Standard error.</param>
/// <param name="time">The clock.</param>
/// <param name="environment">Reads environment variables.</param>
internal sealed class CommandHost(TextWriter output, TextWriter error, TimeProvider time, Func<string, string?> environment)
{
    /// <summary>Exit code: done.</summary>
    public const int Done = 0;

    /// <summary>Exit code: failed; the message on standard error says what to do.</summary>
    public const int Failed = 1;

    /// <summary>Exit code: the command line is wrong.</summary>
    public const int WrongUsage = 2;

    /// <summary>Exit code: done, but rows that could not be used were left out, as <c>--on-error skip</c> allows.</summary>
    public const int RowsLeftOut = 3;

    public TextWriter Output => output;

    public TextWriter ErrorOutput => error;

    /// <summary>Standard input, for what is not to stand on the command line; opening it prepares a terminal for keys, so it is opened when it is read.</summary>
    public Func<TextReader> Input { get; init; } = () => TextReader.Null;

    public TimeProvider Time => time;

    public Option<string?> Server { get; } = new("--server")
    {
        Description = "URL of the service's gRPC port, or those of several replicas, separated by commas "
            + $"[default: LABELER_SERVER, `labeler config`, {ConnectionSettings.DefaultServer.OriginalString}]",
        HelpName = "URL[,URL…]",
        Recursive = true,
    };

    public Option<string?> ApiKey { get; } = new("--api-key")
    {
        Description = "Key to call the service with [default: LABELER_API_KEY, `labeler config`]",
        HelpName = "KEY",
        Recursive = true,
    };

    public Option<string?> Ca { get; } = new("--ca")
    {
        Description = "PEM certificates to trust for an https server, instead of the system's [default: LABELER_CA]",
        HelpName = "FILE",
        Recursive = true,
    };

    public Option<string?> ClientCertificate { get; } = new("--client-cert")
    {
        Description = "PEM certificate of this client, for servers that want one [default: LABELER_CLIENT_CERT]",
        HelpName = "FILE",
        Recursive = true,
    };

    public Option<string?> ClientKey { get; } = new("--client-key")
    {
        Description = "PEM private key of --client-cert [default: LABELER_CLIENT_KEY]",
        HelpName = "FILE",
        Recursive = true,
    };

    public Option<bool> Json { get; } = new("--json")
    {
        Description = "Standard output carries exactly one JSON document, also of failures; no progress is shown",
        Recursive = true,
    };

    public Option<bool> Color { get; } = new("--color") { Description = "Colours also in files and pipes", Recursive = true };

    public Option<bool> NoColor { get; } = new("--no-color") { Description = "No colours [default: on terminals, unless NO_COLOR is set]", Recursive = true };

    public Option<double?> Timeout { get; } = new("--timeout")
    {
        Description = "Seconds that each call to the service may take [default: 120, streams 6 hours]",
        HelpName = "SECONDS",
        Recursive = true,
    };

    /// <summary>Reads an environment variable; null where it is not set or empty.</summary>
    public string? Variable(string name) => environment(name) is { Length: > 0 } value ? value : null;

    /// <summary>Gives a command its action.</summary>
    public void Handle(Command command, Func<CommandRun, CancellationToken, Task> action) =>
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed, action, cancellationToken));

    /// <summary>The terminal of a command line, which may be wrong: then <paramref name="json"/> is what its text says.</summary>
    public Terminal Terminal(ParseResult parsed, bool json) => new(output, error, json, Colour(parsed), environment);

    /// <summary>What options, environment and settings file say together.</summary>
    /// <exception cref="CommandException">The file cannot be read.</exception>
    public ResolvedSettings Settings(ParseResult parsed) => new(
        setting => parsed.GetValue(
            setting == Setting.Server ? Server : setting == Setting.ApiKey ? ApiKey : setting == Setting.Ca ? Ca
            : setting == Setting.ClientCertificate ? ClientCertificate : ClientKey),
        Variable, SettingsFile.Read(Variable));

    /// <summary>Reads where the service is and how to call it.</summary>
    /// <exception cref="UsageException">An option or variable cannot be right.</exception>
    public ConnectionSettings Connection(ParseResult parsed, ResolvedSettings settings)
    {
        var timeout = parsed.GetValue(Timeout) switch
        {
            null => (TimeSpan?)null,
            > 0 and <= 1_000_000 and { } seconds => TimeSpan.FromSeconds(seconds),
            { } other => throw new UsageException(
                string.Create(CultureInfo.InvariantCulture, $"--timeout {other} is not a number of seconds above 0")),
        };
        IReadOnlyList<Uri> servers = settings[Setting.Server] is { } text ? ConnectionSettings.ParseServers(text) : [ConnectionSettings.DefaultServer];
        return new ConnectionSettings(servers[0], ConnectionSettings.CheckKey(settings[Setting.ApiKey]), timeout)
        {
            Replicas = [.. servers.Skip(1)],
            CaFile = settings[Setting.Ca],
            ClientCertificateFile = settings[Setting.ClientCertificate],
            ClientKeyFile = settings[Setting.ClientKey],
        };
    }

    // Looked for in the text, since it counts also for a command line that is wrong elsewhere.
    private ColourChoice Colour(ParseResult parsed)
    {
        bool Given(Option option) => parsed.Tokens.Any(token => token.Value == option.Name);
        return Given(NoColor) ? ColourChoice.Never : Given(Color) ? ColourChoice.Always : ColourChoice.Automatic;
    }

    private async Task<int> RunAsync(ParseResult parsed, Func<CommandRun, CancellationToken, Task> action, CancellationToken cancellationToken)
    {
        var terminal = Terminal(parsed, parsed.GetValue(Json));
        try
        {
            var settings = Settings(parsed);
            using var run = new CommandRun(this, parsed, terminal, settings, Connection(parsed, settings));
            try
            {
                await action(run, cancellationToken);
            }
            catch (RpcException exception) when (!cancellationToken.IsCancellationRequested)
            {
                throw new ServiceFailureException(await FailureAdvice.OfAsync(exception, run, cancellationToken), exception);
            }

            return run.ExitCode;
        }
        catch (UsageException exception)
        {
            terminal.Fail("WRONG_USAGE", exception.Message, []);
            return WrongUsage;
        }
        catch (Exception exception) when (cancellationToken.IsCancellationRequested && exception is OperationCanceledException or RpcException)
        {
            terminal.Fail("CANCELLED", "cancelled", []);
        }
        catch (CommandException exception)
        {
            terminal.Fail("FAILED", exception.Message, exception.Details);
        }
        catch (ServiceFailureException exception)
        {
            terminal.Fail(exception.Failure.Code, exception.Failure.Message, exception.Failure.Details);
        }
        catch (IOException exception)
        {
            terminal.Fail("FAILED", exception.Message, []);
        }
        catch (Exception exception)
        {
            // A mistake of ours: everything that helps to find it goes out, and scripts still see a failure and not a crash.
            terminal.Fail("INTERNAL", $"this should not happen; please report it with the lines below\n{exception}", []);
        }

        return Failed;
    }
}
