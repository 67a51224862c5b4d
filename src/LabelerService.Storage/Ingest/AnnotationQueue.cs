using System.Diagnostics;
using LabelerService.Core.Errors;

namespace LabelerService.Storage.Ingest;

/// <summary>
/// Group commit. Messages of many streams and calls wait here; a few lanes take what waits for one dataset together and write it as one
/// transaction. A lane that is free takes a message at once: groups grow only as large as the load makes them.
/// </summary>
/// <param name="write">Writes a group: an outcome for each message.</param>
/// <param name="lanes">Groups in the database at a time.</param>
/// <param name="lanesEach">Of these, for the same dataset: one that is locked must not hold up the others.</param>
/// <param name="groupRows">Rows of a group at most, unless a single message has more.</param>
internal sealed class AnnotationQueue(
    Func<AnnotationSource, IReadOnlyList<AnnotationMessage>, int[], Task<MessageOutcome[]>> write, int lanes, int lanesEach, int groupRows)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(long Dataset, UnknownIds Unknown), Line> _lines = [];
    private readonly Queue<Line> _turns = new();
    private readonly ExceededKeys _exceeded = new();
    private int _running;

    /// <summary>Puts a message behind the others of its source.</summary>
    public void Add(QueuedMessage message)
    {
        lock (_gate)
        {
            if (message.Source.IsBroken)
            {
                message.Drop();
                return;
            }

            message.Source.Pending.AddLast(message);
            MakeReady(message.Source);
        }
    }

    /// <summary>Takes a message out, unless a lane is writing it or it is settled.</summary>
    /// <returns>Whether it was taken out; it will not be stored.</returns>
    public bool TryRemove(QueuedMessage message)
    {
        lock (_gate)
        {
            if (message.IsInFlight || !message.Source.Pending.Remove(message))
            {
                return false;
            }
        }

        message.Drop();
        return true;
    }

    /// <summary>Takes out what waits of a source. What a lane is writing may still be stored.</summary>
    public void Close(AnnotationSource source)
    {
        List<QueuedMessage> waiting;
        lock (_gate)
        {
            source.IsBroken = true;
            waiting = [.. source.Pending.Where(message => !message.IsInFlight)];
            foreach (var message in waiting)
            {
                source.Pending.Remove(message);
            }
        }

        waiting.ForEach(message => message.Drop());
    }

    private void MakeReady(AnnotationSource source)
    {
        if (source.IsReady || source.InFlight > 0 || source.Pending.Count == 0)
        {
            return;
        }

        var key = (source.Dataset.Key, source.Unknown);
        if (!_lines.TryGetValue(key, out var line))
        {
            _lines.Add(key, line = new Line(key));
        }

        source.IsReady = true;
        line.Ready.Enqueue(source);
        TakeTurn(line);
    }

    private void TakeTurn(Line line)
    {
        if (line.HasTurn || line.IsEmpty || line.InFlight >= lanesEach)
        {
            return;
        }

        line.HasTurn = true;
        _turns.Enqueue(line);
        if (_running < lanes)
        {
            _running++;
            _ = Task.Run(RunLaneAsync);
        }
    }

    private async Task RunLaneAsync()
    {
        // A lane was started by one call and works for all: what it writes belongs to the traces of the messages in it.
        Activity.Current = null;
        while (TakeGroup() is { } group)
        {
            using var activity = IngestTrace.Start(group.Messages);
            await WriteAsync(group);
        }
    }

    private Group? TakeGroup()
    {
        lock (_gate)
        {
            while (_turns.TryDequeue(out var line))
            {
                line.HasTurn = false;
                var group = Collect(line);
                if (group.Messages.Count > 0)
                {
                    line.InFlight++;
                    TakeTurn(line);
                    return group;
                }

                Forget(line);
            }

            _running--;
            return null;
        }
    }

    private Group Collect(Line line)
    {
        var group = new Group(line);
        if (line.IsAsideNext)
        {
            CollectAside(group);
            if (group.Messages.Count > 0)
            {
                return group;
            }
        }

        // By turns: neither holds up the other.
        line.IsAsideNext = true;
        var requests = new HashSet<Guid>();
        var rows = 0;
        while (rows < groupRows && line.Ready.TryPeek(out var source))
        {
            if (_exceeded.Contains(source.Pending.First?.Value.Message.Key))
            {
                line.Aside.Enqueue(line.Ready.Dequeue());
                continue;
            }

            var before = -1;
            foreach (var message in source.Pending)
            {
                var size = message.Message.Batch.Count;
                if ((group.Messages.Count > 0 && rows + size > groupRows)
                    || (message.Message.Request is { } request && !requests.Add(request.Id)))
                {
                    // The second of two with the same request id gets the first one's answer, once that is committed.
                    rows = groupRows;
                    break;
                }

                message.IsInFlight = true;
                source.InFlight++;
                rows += size;
                group.DependsOn.Add(before);
                before = group.Messages.Count;
                group.Messages.Add(message);
            }

            if (source.InFlight == 0 && source.Pending.Count > 0)
            {
                break;
            }

            line.Ready.Dequeue();
            source.IsReady = false;
        }

        if (group.Messages.Count == 0)
        {
            CollectAside(group);
        }

        return group;
    }

    // One message by itself, of a source whose key is likely to be refused.
    private static void CollectAside(Group group)
    {
        group.Line.IsAsideNext = false;
        while (group.Messages.Count == 0 && group.Line.Aside.TryDequeue(out var source))
        {
            source.IsReady = false;
            if (source.Pending.First is { Value: var message })
            {
                message.IsInFlight = true;
                source.InFlight++;
                group.DependsOn.Add(-1);
                group.Messages.Add(message);
            }
        }
    }

    private async Task WriteAsync(Group group)
    {
        var outcomes = await TryWriteAsync(group.Messages, [.. group.DependsOn]);
        if (outcomes is null)
        {
            // Something in the group is wrong: by themselves, only that is refused.
            outcomes = new MessageOutcome[group.Messages.Count];
            var broken = new HashSet<AnnotationSource>();
            for (var m = 0; m < outcomes.Length; m++)
            {
                if (!broken.Contains(group.Messages[m].Source))
                {
                    outcomes[m] = (await TryWriteAsync([group.Messages[m]], [-1]))![0];
                    if (outcomes[m].Error is not null)
                    {
                        broken.Add(group.Messages[m].Source);
                    }
                }
            }
        }

        Settle(group, outcomes);
    }

    /// <summary>Null: something in a group of several is wrong, and nothing of it is stored.</summary>
    private async Task<MessageOutcome[]?> TryWriteAsync(List<QueuedMessage> messages, int[] dependsOn)
    {
        try
        {
            return await write(messages[0].Source, [.. messages.Select(message => message.Message)], dependsOn);
        }
        catch (ServiceException error) when (messages.Count == 1 || error.Kind == ErrorKind.Unavailable)
        {
            return [.. messages.Select(_ => new MessageOutcome(null, error))];
        }
        catch (Exception error)
        {
            return messages.Count > 1 ? null : [new MessageOutcome(null, error)];
        }
    }

    private void Settle(Group group, MessageOutcome[] outcomes)
    {
        List<(QueuedMessage Message, MessageOutcome Outcome)> settled = [];
        List<QueuedMessage> dropped = [];
        lock (_gate)
        {
            for (var m = 0; m < outcomes.Length; m++)
            {
                var message = group.Messages[m];
                message.IsInFlight = false;
                message.Source.InFlight--;
                _exceeded.Note(message.Message.Key, outcomes[m]);
                if (!outcomes[m].IsPostponed)
                {
                    message.Source.Pending.Remove(message);
                    message.Source.IsBroken |= outcomes[m].Error is not null;
                    settled.Add((message, outcomes[m]));
                }
            }

            foreach (var source in group.Messages.Select(message => message.Source).Distinct())
            {
                if (source.IsBroken)
                {
                    dropped.AddRange(source.Pending);
                    source.Pending.Clear();
                }

                MakeReady(source);
            }

            group.Line.InFlight--;
            TakeTurn(group.Line);
            Forget(group.Line);
        }

        foreach (var (message, outcome) in settled)
        {
            if (outcome.Result is { } result)
            {
                message.Settle(result);
            }
            else
            {
                message.Refuse(outcome.Error!);
            }
        }

        dropped.ForEach(message => message.Drop());
    }

    private void Forget(Line line)
    {
        if (line.InFlight == 0 && line.IsEmpty)
        {
            _lines.Remove(line.Key);
        }
    }

    /// <summary>The sources that wait for one dataset.</summary>
    private sealed class Line((long Dataset, UnknownIds Unknown) key)
    {
        public (long Dataset, UnknownIds Unknown) Key { get; } = key;

        public Queue<AnnotationSource> Ready { get; } = new();

        /// <summary>Sources of <see cref="ExceededKeys"/>, which are written alone.</summary>
        public Queue<AnnotationSource> Aside { get; } = new();

        /// <summary>Whether it is their turn.</summary>
        public bool IsAsideNext { get; set; }

        public bool IsEmpty => Ready.Count == 0 && Aside.Count == 0;

        /// <summary>Whether it is among the turns.</summary>
        public bool HasTurn { get; set; }

        /// <summary>Lanes at work on it.</summary>
        public int InFlight { get; set; }
    }

    private sealed class Group(Line line)
    {
        public Line Line { get; } = line;

        public List<QueuedMessage> Messages { get; } = [];

        public List<int> DependsOn { get; } = [];
    }
}
