using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using LabelerService.Contracts.Inference;
using LabelerService.Contracts.V1;

namespace LabelerService.Client;

/// <summary>A channel to the service and the clients of its API, with deadlines, retries and the API key in place.</summary>
public sealed class ServiceConnection : IDisposable
{
    private readonly GrpcChannel _channel;

    /// <summary>Opens a connection; the network is used with the first call.</summary>
    /// <param name="settings">Where the service is and how to speak to it.</param>
    /// <param name="time">The clock of deadlines and pauses.</param>
    /// <exception cref="ConnectionSettingsException">A setting is wrong.</exception>
    public ServiceConnection(ConnectionSettings settings, TimeProvider time)
    {
        Settings = settings;
        _channel = ServiceChannel.Open(settings);
        Time = time;
        var invoker = _channel.Intercept(new CallRetries(settings.Retries, time)).Intercept(new CallDefaults(settings, time));
        Invoker = invoker;
        Datasets = new DatasetService.DatasetServiceClient(invoker);
        Items = new ItemService.ItemServiceClient(invoker);
        Labelers = new LabelerRegistryService.LabelerRegistryServiceClient(invoker);
        Annotations = new AnnotationService.AnnotationServiceClient(invoker);
        Training = new TrainingService.TrainingServiceClient(invoker);
        Retraining = new RetrainingService.RetrainingServiceClient(invoker);
        Curves = new CurveService.CurveServiceClient(invoker);
        Models = new ModelService.ModelServiceClient(invoker);
        Backbones = new BackboneService.BackboneServiceClient(invoker);
        Predictions = new PredictionService.PredictionServiceClient(invoker);
        PredictionJobs = new PredictionJobService.PredictionJobServiceClient(invoker);
        Insight = new InsightService.InsightServiceClient(invoker);
        ApiKeys = new ApiKeyService.ApiKeyServiceClient(invoker);
        Audit = new AuditService.AuditServiceClient(invoker);
        Inference = new GRPCInferenceService.GRPCInferenceServiceClient(invoker);
    }

    /// <summary>Where the service is and how it is spoken to.</summary>
    public ConnectionSettings Settings { get; }

    /// <summary>Datasets.</summary>
    public DatasetService.DatasetServiceClient Datasets { get; }

    /// <summary>Items and their gold classes.</summary>
    public ItemService.ItemServiceClient Items { get; }

    /// <summary>Labelers.</summary>
    public LabelerRegistryService.LabelerRegistryServiceClient Labelers { get; }

    /// <summary>Annotations.</summary>
    public AnnotationService.AnnotationServiceClient Annotations { get; }

    /// <summary>Training runs.</summary>
    public TrainingService.TrainingServiceClient Training { get; }

    /// <summary>Policies that start runs and promote.</summary>
    public RetrainingService.RetrainingServiceClient Retraining { get; }

    /// <summary>Learning curves.</summary>
    public CurveService.CurveServiceClient Curves { get; }

    /// <summary>Models and their versions.</summary>
    public ModelService.ModelServiceClient Models { get; }

    /// <summary>Backbones.</summary>
    public BackboneService.BackboneServiceClient Backbones { get; }

    /// <summary>Predictions.</summary>
    public PredictionService.PredictionServiceClient Predictions { get; }

    /// <summary>Predictions of whole datasets.</summary>
    public PredictionJobService.PredictionJobServiceClient PredictionJobs { get; }

    /// <summary>Consensus, labelers, suspects, agreement, what to annotate next.</summary>
    public InsightService.InsightServiceClient Insight { get; }

    /// <summary>API keys.</summary>
    public ApiKeyService.ApiKeyServiceClient ApiKeys { get; }

    /// <summary>The audit log.</summary>
    public AuditService.AuditServiceClient Audit { get; }

    /// <summary>The Open Inference Protocol, version 2.</summary>
    public GRPCInferenceService.GRPCInferenceServiceClient Inference { get; }

    /// <summary>For clients of other services on the same channel.</summary>
    public CallInvoker Invoker { get; }

    /// <summary>The clock of deadlines and pauses.</summary>
    public TimeProvider Time { get; }

    /// <summary>A fresh <c>request_id</c>, which makes a create safe to repeat.</summary>
    public static string NewRequestId() => Guid.NewGuid().ToString();

    /// <summary>Closes the connection; calls under way end as cancelled.</summary>
    public void Dispose() => _channel.Dispose();
}
