using Grpc.Net.Client;
using LabelerService.Contracts.V1;
using LabelerService.EndToEnd.Security;
using LabelerService.Server.Hosting;
using LabelerService.Server.Inference.Batching;

namespace LabelerService.EndToEnd.Predictions;

/// <summary>The real server in the test's process, for callers without keys.</summary>
internal sealed class PredictionServer : IAsyncDisposable
{
    private readonly SecuredServer _server;
    private readonly GrpcChannel _channel;

    private PredictionServer(SecuredServer server)
    {
        _server = server;
        _channel = GrpcChannel.ForAddress(server.GrpcAddress, new GrpcChannelOptions { MaxReceiveMessageSize = null });
        Predictions = new PredictionService.PredictionServiceClient(_channel);
        Models = new ModelService.ModelServiceClient(_channel);
        Datasets = new DatasetService.DatasetServiceClient(_channel);
        Labelers = new LabelerRegistryService.LabelerRegistryServiceClient(_channel);
        GrpcAddress = server.GrpcAddress;
        HttpAddress = server.HttpAddress;
        Health = new Grpc.Health.V1.Health.HealthClient(_channel);
    }

    public PredictionService.PredictionServiceClient Predictions { get; }

    public ModelService.ModelServiceClient Models { get; }

    public DatasetService.DatasetServiceClient Datasets { get; }

    public LabelerRegistryService.LabelerRegistryServiceClient Labelers { get; }

    public string GrpcAddress { get; }

    public string HttpAddress { get; }

    public Grpc.Health.V1.Health.HealthClient Health { get; }

    public static async Task<PredictionServer> StartAsync(string database, Func<ServerOptions, ServerOptions>? configure = null) =>
        new(await SecuredServer.StartAsync(
            database,
            options =>
            {
                // On a machine that is busy with other tests, estimates say nothing: refusals are for the tests that want them.
                options = options with { RequireKeys = false, Predictions = new PredictionLimits { MaxWait = TimeSpan.FromMinutes(1) } };
                return configure?.Invoke(options) ?? options;
            }));

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await _server.DisposeAsync();
    }
}
