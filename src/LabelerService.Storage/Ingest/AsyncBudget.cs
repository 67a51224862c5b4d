namespace LabelerService.Storage.Ingest;

/// <summary>An amount of something that is taken and given back; who finds too little waits, first come, first served.</summary>
/// <param name="capacity">The whole amount. A demand for more is met when nothing is taken.</param>
internal sealed class AsyncBudget(long capacity)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<(long Amount, TaskCompletionSource Granted)> _waiting = new();
    private long _taken;

    /// <summary>What is taken at the moment.</summary>
    public long Taken => Interlocked.Read(ref _taken);

    /// <exception cref="OperationCanceledException">Cancelled while it waited; nothing is taken.</exception>
    public async ValueTask TakeAsync(long amount, CancellationToken cancel)
    {
        LinkedListNode<(long, TaskCompletionSource Granted)> node;
        lock (_gate)
        {
            if (_waiting.Count == 0 && Fits(amount))
            {
                _taken += amount;
                return;
            }

            cancel.ThrowIfCancellationRequested();
            node = _waiting.AddLast((amount, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)));
        }

        await using (cancel.UnsafeRegister(_ => Cancel(node, cancel), null))
        {
            await node.Value.Granted.Task;
        }
    }

    public void GiveBack(long amount)
    {
        lock (_gate)
        {
            _taken -= amount;
            Grant();
        }
    }

    private bool Fits(long amount) => _taken == 0 || _taken + amount <= capacity;

    private void Grant()
    {
        while (_waiting.First is { } first && Fits(first.Value.Amount))
        {
            _waiting.RemoveFirst();
            _taken += first.Value.Amount;
            first.Value.Granted.SetResult();
        }
    }

    private void Cancel(LinkedListNode<(long, TaskCompletionSource Granted)> node, CancellationToken cancel)
    {
        lock (_gate)
        {
            // Not in the list any more: granted a moment ago, and the caller's to give back.
            if (node.List is null)
            {
                return;
            }

            _waiting.Remove(node);
            node.Value.Granted.SetCanceled(cancel);

            // What it kept from being granted may fit.
            Grant();
        }
    }
}
