using System.Threading.Tasks.Sources;
using LabelerService.Core.Encodings;

namespace LabelerService.Server.Inference.Batching;

/// <summary>
/// A request on its way through the <see cref="PredictionScheduler"/>. Pooled, and its own task: waiting for it allocates nothing. All
/// fields but the features, the items, the options and the answer are the scheduler's, under its lock.
/// </summary>
internal sealed class PendingPrediction(PredictionScheduler owner) : IValueTaskSource<PredictedItems>
{
    private ManualResetValueTaskSourceCore<PredictedItems> _source = new() { RunContinuationsAsynchronously = true };

    /// <summary>Features, row-major [Count, D]; where <see cref="Items"/> are given, those of the <see cref="Known"/>.</summary>
    public ReadOnlyMemory<float> Features { get; set; }

    /// <summary>The items, which the block they are in makes rows of; empty where the <see cref="Features"/> of all are given.</summary>
    public ReadOnlyMemory<RawItem> Items { get; set; }

    /// <summary>Whose features are there already, from the first item on; whoever comes after its end is not known.</summary>
    public ReadOnlyMemory<bool> Known { get; set; }

    /// <summary>Number of items.</summary>
    public int Count { get; set; }

    /// <summary>What is computed.</summary>
    public PredictionOptions Options { get; set; } = PredictionOptions.Default;

    /// <summary>Where results go.</summary>
    public PredictedItems Answer { get; set; } = null!;

    /// <summary>When it came, where it had to wait.</summary>
    internal long Received { get; set; }

    /// <summary>Where it waits.</summary>
    internal BatchLane? Lane { get; set; }

    /// <summary>First item that no block has taken yet.</summary>
    internal int Next { get; set; }

    /// <summary>Items that no block has taken yet.</summary>
    internal int Remaining => Count - Next;

    /// <summary>Blocks under way that have items of this request.</summary>
    internal int InFlight { get; set; }

    /// <summary>Whether it waits in its lane.</summary>
    internal bool Queued { get; set; }

    /// <summary>Why it failed; no more items are taken then.</summary>
    internal Exception? Failure { get; set; }

    /// <summary>Whether its waiter has been, or is being, told.</summary>
    internal bool Completed { get; set; }

    internal PendingPrediction? Previous { get; set; }

    internal PendingPrediction? Following { get; set; }

    internal CancellationToken Cancel { get; set; }

    internal CancellationTokenRegistration Registration { get; set; }

    /// <summary>What the caller waits for; to be awaited once.</summary>
    public ValueTask<PredictedItems> Task => new(this, _source.Version);

    /// <summary>The caller has gone.</summary>
    public void Abandon() => owner.Abandon(this);

    /// <summary>Tells the waiter.</summary>
    public void Complete()
    {
        if (Failure is { } failure)
        {
            _source.SetException(failure);
        }
        else
        {
            _source.SetResult(Answer);
        }
    }

    /// <summary>Ready for the next request.</summary>
    public void Reset()
    {
        _source.Reset();
        (Features, Items, Known, Count, Options, Answer, Lane) = (default, default, default, 0, PredictionOptions.Default, null!, null);
        (Next, InFlight, Queued, Failure, Completed, Cancel, Registration) = (0, 0, false, null, false, default, default);
    }

    PredictedItems IValueTaskSource<PredictedItems>.GetResult(short token)
    {
        // Waits for a cancellation under way on another thread: afterwards nobody knows this object.
        Registration.Dispose();
        try
        {
            return _source.GetResult(token);
        }
        finally
        {
            owner.Return(this);
        }
    }

    ValueTaskSourceStatus IValueTaskSource<PredictedItems>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<PredictedItems>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}
