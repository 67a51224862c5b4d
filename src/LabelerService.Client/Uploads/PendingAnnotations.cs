using System.Collections.Concurrent;
using LabelerService.Contracts.V1;

namespace LabelerService.Client;

/// <summary>Messages that are not acknowledged, in order, and what their refusals have taught.</summary>
internal sealed class PendingAnnotations<TRow>
{
    private const int MaximumRemembered = 100_000;

    private readonly LinkedList<Message> _messages = new();
    // Read while rows are read.
    private readonly ConcurrentDictionary<string, string> _unknownItems = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _unknownLabelers = new(StringComparer.Ordinal);
    private long _rows;
    private int _remembered;

    /// <summary>Number of messages.</summary>
    public int Count => _messages.Count;

    /// <summary>Makes a message of rows, behind the others.</summary>
    public LinkedListNode<Message> Add(List<(TRow Row, Annotation Annotation)> rows)
    {
        var node = _messages.AddLast(new Message(rows, _rows));
        _rows += rows.Count;
        return node;
    }

    /// <summary>A new stream begins: none is sent yet.</summary>
    /// <returns>The first to send.</returns>
    public LinkedListNode<Message>? Restart()
    {
        foreach (var message in _messages)
        {
            message.Index = -1;
        }

        return _messages.First;
    }

    /// <summary>Removes the messages that are committed.</summary>
    /// <returns>Their rows.</returns>
    public long Acknowledge(long sequence)
    {
        var rows = 0L;
        while (_messages.First is { Value: { Index: >= 0 } first } && first.Sequence <= sequence)
        {
            rows += first.Rows.Count;
            _messages.RemoveFirst();
        }

        return rows;
    }

    /// <summary>Takes out the rows that a refusal names, and those like them in the same message.</summary>
    /// <returns>The rows with the reasons; empty where the refusal names none.</returns>
    public IReadOnlyList<(TRow Row, string Reason)> TakeOut(ServiceError refusal)
    {
        var taken = new List<(TRow, string)>();
        var named = refusal.Violations.Select(violation => (Path: EntryPath.Of(violation.Field), violation.Description))
            .Where(entry => entry.Path is not null).Select(entry => (Path: entry.Path!.Value, entry.Description));
        foreach (var byMessage in named.GroupBy(entry => entry.Path.Message))
        {
            if (_messages.FirstOrDefault(candidate => candidate.Index == byMessage.Key) is not { } message)
            {
                continue;
            }

            var reasons = new Dictionary<int, string>();
            foreach (var (path, description) in byMessage.Where(entry => entry.Path.Entry < message.Rows.Count))
            {
                var reason = path.Field.Length == 0 ? description : $"{path.Field}: {description}";
                Remember(refusal, path.Field, reason, message.Rows[path.Entry].Annotation);
                reasons[path.Entry] = reasons.TryGetValue(path.Entry, out var other) ? $"{other}; {reason}" : reason;
            }

            var kept = new List<(TRow, Annotation)>(message.Rows.Count);
            for (var i = 0; i < message.Rows.Count; i++)
            {
                if ((reasons.GetValueOrDefault(i) ?? KnownProblem(message.Rows[i].Annotation)) is { } reason)
                {
                    taken.Add((message.Rows[i].Row, reason));
                }
                else
                {
                    kept.Add(message.Rows[i]);
                }
            }

            message.Replace(kept);
            if (kept.Count == 0)
            {
                _messages.Remove(message);
            }
        }

        return taken;
    }

    /// <summary>Why an annotation will be refused, as far as refusals before it tell; null if nothing is known against it.</summary>
    public string? KnownProblem(Annotation annotation) =>
        _unknownItems.GetValueOrDefault(annotation.ItemId) ?? _unknownLabelers.GetValueOrDefault(annotation.LabelerId);

    /// <summary>The row of the source, from 0, that a field belongs to; null if to none. Right as long as nothing was taken out.</summary>
    public long? RowOf(EntryPath path) =>
        _messages.FirstOrDefault(message => message.Index == path.Message) is { } found && path.Entry < found.Rows.Count
            ? found.FirstRow + path.Entry
            : null;

    /// <summary>A refusal names twenty rows at most: what is unknown once is unknown in all rows.</summary>
    private void Remember(ServiceError refusal, string field, string reason, Annotation annotation)
    {
        if (refusal.Status == Grpc.Core.StatusCode.NotFound && _remembered < MaximumRemembered)
        {
            if (field == "item_id")
            {
                _unknownItems[annotation.ItemId] = reason;
                _remembered++;
            }
            else if (field == "labeler_id")
            {
                _unknownLabelers[annotation.LabelerId] = reason;
                _remembered++;
            }
        }
    }

    /// <summary>Rows that are committed together.</summary>
    internal sealed class Message(List<(TRow Row, Annotation Annotation)> rows, long firstRow)
    {
        private string _requestId = ServiceConnection.NewRequestId();

        public IReadOnlyList<(TRow Row, Annotation Annotation)> Rows { get; private set; } = rows;

        /// <summary>Row of the source that it begins with.</summary>
        public long FirstRow => firstRow;

        /// <summary>Which message of the current stream it is; −1 before it is sent.</summary>
        public int Index { get; set; } = -1;

        public long Sequence { get; set; }

        /// <summary>Other rows are another request.</summary>
        public void Replace(List<(TRow Row, Annotation Annotation)> kept)
        {
            Rows = kept;
            _requestId = ServiceConnection.NewRequestId();
        }

        /// <summary>The message; with the parent it is the first of its stream.</summary>
        public IngestAnnotationsRequest ToRequest(string? parent, AnnotationUploadOptions options)
        {
            var request = new IngestAnnotationsRequest { Sequence = Sequence, RequestId = _requestId };
            if (parent is not null)
            {
                (request.Parent, request.UnknownLabelers, request.UnknownItems) = (parent, options.UnknownLabelers, options.UnknownItems);
            }

            request.Annotations.Add(Rows.Select(entry => entry.Annotation));
            return request;
        }
    }
}
