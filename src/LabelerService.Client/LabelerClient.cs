namespace LabelerService.Client;

/// <summary>
/// A client of LabelerService: datasets, uploads of items and annotations, training, predictions and insight. Thread-safe; one is enough for
/// a program, and keeps its connections until it is disposed.
/// </summary>
/// <remarks>
/// Calls that fail throw <see cref="LabelerException"/>, and <see cref="OperationCanceledException"/> where their cancellation token ended
/// them. What has no method here is reached through <see cref="Connection"/>, the generated clients with the same deadlines, keys and retries.
/// </remarks>
public sealed class LabelerClient : IDisposable
{
    private readonly bool _owned;

    /// <summary>Opens a client; the network is used with the first call.</summary>
    /// <param name="settings">Where the service is and how to speak to it.</param>
    /// <param name="time">The clock of deadlines and pauses; null for the system's.</param>
    /// <exception cref="ConnectionSettingsException">A setting is wrong, or a certificate cannot be read.</exception>
    public LabelerClient(ConnectionSettings settings, TimeProvider? time = null)
        : this(new ServiceConnection(settings, time ?? TimeProvider.System))
    {
        _owned = true;
    }

    /// <summary>Opens a client without key or certificates.</summary>
    /// <param name="server">URL of the gRPC port, http or https.</param>
    /// <exception cref="ConnectionSettingsException">It is not the URL of a server.</exception>
    public LabelerClient(Uri server)
        : this(new ConnectionSettings(server))
    {
    }

    /// <summary>Uses a connection that somebody else opened and closes.</summary>
    /// <param name="connection">The connection.</param>
    public LabelerClient(ServiceConnection connection)
    {
        Connection = connection;
        Datasets = new DatasetCalls(connection);
        Items = new ItemCalls(connection);
        Annotations = new AnnotationCalls(connection);
        Training = new TrainingCalls(connection);
        Predictions = new PredictionCalls(connection);
        Insight = new InsightCalls(connection);
    }

    /// <summary>The generated clients of the whole API.</summary>
    public ServiceConnection Connection { get; }

    /// <summary>Creates, reads and deletes datasets.</summary>
    public DatasetCalls Datasets { get; }

    /// <summary>Uploads and reads items and their gold classes.</summary>
    public ItemCalls Items { get; }

    /// <summary>Uploads and reads annotations.</summary>
    public AnnotationCalls Annotations { get; }

    /// <summary>Starts, watches and cancels training runs.</summary>
    public TrainingCalls Training { get; }

    /// <summary>Predicts items with trained models.</summary>
    public PredictionCalls Predictions { get; }

    /// <summary>Consensus, labelers, suspects, agreement, and what to annotate next.</summary>
    public InsightCalls Insight { get; }

    /// <summary>Closes the connections; calls under way end as cancelled.</summary>
    public void Dispose()
    {
        if (_owned)
        {
            Connection.Dispose();
        }
    }
}
