using System.CommandLine;
using LabelerService.Cli.Client;
using LabelerService.Cli.Configuration;
using LabelerService.Cli.Rendering;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Commands;

/// <summary>One run of a command: its options, its terminal, and the connection to the service, opened when first used.</summary>
/// <param name="host">What all commands share.</param>
/// <param name="parsed">The command line.</param>
/// <param name="terminal">Where output goes.</param>
/// <param name="settings">What options, environment and settings file say.</param>
/// <param name="connection">The same as where the service is and how to call it.</param>
internal sealed class CommandRun(
    CommandHost host, ParseResult parsed, Terminal terminal, ResolvedSettings settings, ConnectionSettings connection) : IDisposable
{
    private ServiceConnection? _connection;

    /// <summary>How the command ends if it does not fail.</summary>
    public int ExitCode { get; set; } = CommandHost.Done;

    public CommandHost Host => host;

    public Terminal Terminal => terminal;

    /// <summary>What options, environment and settings file say.</summary>
    public ResolvedSettings Settings => settings;

    /// <summary>Where the service is and how to call it.</summary>
    public ConnectionSettings Connection => connection;

    public TimeProvider Time => host.Time;

    public ServiceConnection Service
    {
        get
        {
            if (_connection is null && settings.File.Warning is { } warning)
            {
                terminal.Warn(warning);
            }

            if (_connection is null && connection.ApiKey is not null
                && connection.Replicas.Prepend(connection.Server).FirstOrDefault(server => server is { Scheme: "http", IsLoopback: false }) is { } open)
            {
                terminal.Warn($"the API key goes to {open.Authority} unencrypted; use an https URL");
            }

            return _connection ??= connection.Open(host.Time);
        }
    }

    /// <summary>Value of an option or argument that has one, by default or because it is required.</summary>
    public T Get<T>(Option<T> option) => parsed.GetValue(option)!;

    /// <summary>Value of an argument.</summary>
    public T Get<T>(Argument<T> argument) => parsed.GetValue(argument)!;

    /// <summary>Whether an option was given.</summary>
    public bool Has(Option option) => parsed.GetResult(option) is { Implicit: false };

    /// <summary>Reads a dataset.</summary>
    public async Task<Dataset> DatasetAsync(string name, CancellationToken cancellationToken) =>
        await Service.Datasets.GetDatasetAsync(new GetDatasetRequest { Name = name }, cancellationToken: cancellationToken);

    public void Dispose() => _connection?.Dispose();
}
