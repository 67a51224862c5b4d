using System.CommandLine;
using LabelerService.Cli.Client;
using LabelerService.Cli.Rendering;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Commands;

/// <summary>One run of a command: its options, its terminal, and the connection to the service, opened when first used.</summary>
internal sealed class CommandRun(CommandHost host, ParseResult parsed, Terminal terminal, ConnectionSettings settings) : IDisposable
{
    private ServiceConnection? _connection;

    /// <summary>How the command ends if it does not fail.</summary>
    public int ExitCode { get; set; } = CommandHost.Done;

    public CommandHost Host => host;

    public Terminal Terminal => terminal;

    public TimeProvider Time => host.Time;

    public ServiceConnection Service
    {
        get
        {
            if (_connection is null && settings.ApiKey is not null
                && settings.Replicas.Prepend(settings.Server).FirstOrDefault(server => server is { Scheme: "http", IsLoopback: false }) is { } open)
            {
                terminal.Warn($"the API key goes to {open.Authority} unencrypted; use an https URL");
            }

            return _connection ??= new ServiceConnection(settings, host.Time);
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
