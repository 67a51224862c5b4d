using System.CommandLine;
using System.Globalization;
using Grpc.Core;
using LabelerService.Cli.Client;
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

    public TimeProvider Time => time;

    public Option<string?> Server { get; } = new("--server")
    {
        Description = "URL of the service's gRPC port, or those of several replicas, separated by commas "
            + $"[default: LABELER_SERVER or {ConnectionSettings.DefaultServer.OriginalString}]",
        HelpName = "URL[,URL…]",
        Recursive = true,
    };

    public Option<string?> ApiKey { get; } = new("--api-key")
    {
        Description = "Key to call the service with [default: LABELER_API_KEY]",
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
        Description = "Standard output carries exactly one JSON document; progress goes to standard error",
        Recursive = true,
    };

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

    /// <summary>Reads where the service is and how to call it.</summary>
    /// <exception cref="UsageException">An option or variable cannot be right.</exception>
    public ConnectionSettings Connection(ParseResult parsed)
    {
        var server = parsed.GetValue(Server) ?? Variable("LABELER_SERVER");
        var timeout = parsed.GetValue(Timeout) switch
        {
            null => (TimeSpan?)null,
            > 0 and <= 1_000_000 and { } seconds => TimeSpan.FromSeconds(seconds),
            { } other => throw new UsageException(
                string.Create(CultureInfo.InvariantCulture, $"--timeout {other} is not a number of seconds above 0")),
        };
        var servers = server is null ? [ConnectionSettings.DefaultServer] : ConnectionSettings.ParseServers(server);
        return new ConnectionSettings(
            servers[0], ConnectionSettings.CheckKey(parsed.GetValue(ApiKey) ?? Variable("LABELER_API_KEY")), timeout)
        {
            Replicas = [.. servers.Skip(1)],
            CaFile = parsed.GetValue(Ca) ?? Variable("LABELER_CA"),
            ClientCertificateFile = parsed.GetValue(ClientCertificate) ?? Variable("LABELER_CLIENT_CERT"),
            ClientKeyFile = parsed.GetValue(ClientKey) ?? Variable("LABELER_CLIENT_KEY"),
        };
    }

    private async Task<int> RunAsync(ParseResult parsed, Func<CommandRun, CancellationToken, Task> action, CancellationToken cancellationToken)
    {
        var terminal = new Terminal(output, error, parsed.GetValue(Json));
        var server = ConnectionSettings.DefaultServer;
        try
        {
            var settings = Connection(parsed);
            server = settings.Server;
            using var run = new CommandRun(this, parsed, terminal, settings);
            await action(run, cancellationToken);
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
        catch (RpcException exception)
        {
            var failure = ServiceFailure.Of(exception, server);
            terminal.Fail(failure.Code, failure.Message, failure.Details);
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
