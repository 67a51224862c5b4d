using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Client;

/// <summary>A channel to the service and the clients of its API, with deadlines, retries and the API key in place.</summary>
internal sealed class ServiceConnection : IDisposable
{
    private readonly GrpcChannel _channel;

    public ServiceConnection(ConnectionSettings settings, TimeProvider time)
    {
        Settings = settings;
        _channel = ServiceChannel.Open(settings);
        var invoker = _channel.Intercept(new CallDefaults(settings, time));
        Datasets = new DatasetService.DatasetServiceClient(invoker);
        Items = new ItemService.ItemServiceClient(invoker);
        Labelers = new LabelerRegistryService.LabelerRegistryServiceClient(invoker);
        Annotations = new AnnotationService.AnnotationServiceClient(invoker);
        Training = new TrainingService.TrainingServiceClient(invoker);
        Retraining = new RetrainingService.RetrainingServiceClient(invoker);
        Models = new ModelService.ModelServiceClient(invoker);
        Predictions = new PredictionService.PredictionServiceClient(invoker);
        PredictionJobs = new PredictionJobService.PredictionJobServiceClient(invoker);
        Insight = new InsightService.InsightServiceClient(invoker);
        ApiKeys = new ApiKeyService.ApiKeyServiceClient(invoker);
    }

    public ConnectionSettings Settings { get; }

    public DatasetService.DatasetServiceClient Datasets { get; }

    public ItemService.ItemServiceClient Items { get; }

    public LabelerRegistryService.LabelerRegistryServiceClient Labelers { get; }

    public AnnotationService.AnnotationServiceClient Annotations { get; }

    public TrainingService.TrainingServiceClient Training { get; }

    public RetrainingService.RetrainingServiceClient Retraining { get; }

    public ModelService.ModelServiceClient Models { get; }

    public PredictionService.PredictionServiceClient Predictions { get; }

    public PredictionJobService.PredictionJobServiceClient PredictionJobs { get; }

    public InsightService.InsightServiceClient Insight { get; }

    public ApiKeyService.ApiKeyServiceClient ApiKeys { get; }

    /// <summary>A fresh <c>request_id</c>, which makes a create safe to repeat.</summary>
    public static string NewRequestId() => Guid.NewGuid().ToString();

    public void Dispose() => _channel.Dispose();
}
