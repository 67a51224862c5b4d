using System.Runtime.CompilerServices;
using Grpc.Core;
using LabelerService.Cli.Files.Import;
using LabelerService.Contracts.V1;
using LabelerService.Formats.Rows;

namespace LabelerService.Cli.Client.Import;

/// <summary>
/// Streams annotations message by message, each committed by itself. Rows that the service refuses are taken out and the rest of their message
/// is sent again; after a break everything that was not acknowledged is sent again, which changes nothing where it was stored already.
/// </summary>
internal sealed class AnnotationIngest(ServiceConnection connection, AnnotationMessages messages, TimeProvider time)
{
    private const int Window = 4;
    private const int MaximumTries = 8;
    private const int MaximumRemembered = 100_000;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly LinkedList<Message> _pending = new();
    private readonly Dictionary<string, string> _unknownItems = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _unknownLabelers = new(StringComparer.Ordinal);
    private readonly AnnotationWriteCounts _counts = new();
    private long _sequence;
    private int _triesLeft = MaximumTries;

    /// <summary>Rows that are committed.</summary>
    public long Stored { get; private set; }

    /// <summary>Sends the rows of a file that can be used.</summary>
    /// <param name="parent"><c>datasets/{dataset}</c>.</param>
    /// <param name="file">The file.</param>
    /// <param name="unknown">What to do with unknown labelers and items.</param>
    /// <param name="rejects">Takes the rows that are left out.</param>
    /// <param name="read">Told how many bytes of the file were read.</param>
    /// <param name="cancellationToken">Ends it; what was acknowledged stays stored.</param>
    /// <returns>What it did.</returns>
    /// <exception cref="ServiceFailureException">The service failed for another reason than rows.</exception>
    public async Task<AnnotationWriteCounts> SendAsync(
        string parent, ImportFile<LabelRow> file, UnknownKeys unknown, RejectedRows rejects, Action<long> read, CancellationToken cancellationToken)
    {
        var groups = AnnotationMessages.GroupAsync(UsableAsync(file, rejects, read, cancellationToken)).GetAsyncEnumerator(cancellationToken);
        await using (groups)
        {
            var more = true;
            while (more || _pending.Count > 0)
            {
                try
                {
                    more = await StreamAsync(parent, unknown, groups, cancellationToken);
                }
                catch (RpcException exception) when (!cancellationToken.IsCancellationRequested)
                {
                    await RecoverAsync(exception, rejects, cancellationToken);
                }
            }
        }

        return _counts;
    }

    /// <summary>One stream, until everything is acknowledged.</summary>
    /// <returns>Whether the file may have more rows: only where the stream broke, which is an exception.</returns>
    private async Task<bool> StreamAsync(
        string parent, UnknownKeys unknown, IAsyncEnumerator<List<(FileRow<LabelRow> Row, Annotation Annotation)>> groups,
        CancellationToken cancellationToken)
    {
        using var call = connection.Annotations.IngestAnnotations(cancellationToken: cancellationToken);
        var first = true;
        var seen = new AnnotationWriteCounts();
        foreach (var message in _pending)
        {
            message.Index = -1;
        }

        var next = _pending.First;
        var index = 0;
        while (true)
        {
            if (next is null && _pending.Count < Window && await groups.MoveNextAsync())
            {
                next = _pending.AddLast(new Message(groups.Current));
            }

            if (next is not null)
            {
                next.Value.Index = index++;
                next.Value.Sequence = ++_sequence;
                var request = first
                    ? new IngestAnnotationsRequest { Parent = parent, UnknownLabelers = unknown.Labelers, UnknownItems = unknown.Items }
                    : new IngestAnnotationsRequest();
                first = false;
                request.Sequence = next.Value.Sequence;
                request.Annotations.Add(next.Value.Rows.Select(entry => entry.Annotation));
                next = next.Next;
                if (await TryWriteAsync(call, request, cancellationToken) && (next is not null || _pending.Count < Window))
                {
                    continue;
                }
            }
            else if (_pending.Count == 0)
            {
                await call.RequestStream.CompleteAsync();
                await call.ResponseStream.MoveNext(cancellationToken);
                return false;
            }

            if (!await call.ResponseStream.MoveNext(cancellationToken))
            {
                throw new RpcException(new Status(StatusCode.Unavailable, "the service ended the stream"));
            }

            Acknowledge(call.ResponseStream.Current, seen);
        }
    }

    private static async Task<bool> TryWriteAsync(
        AsyncDuplexStreamingCall<IngestAnnotationsRequest, IngestAnnotationsResponse> call, IngestAnnotationsRequest request,
        CancellationToken cancellationToken)
    {
        try
        {
            await call.RequestStream.WriteAsync(request, cancellationToken);
            return true;
        }
        catch (Exception exception) when (exception is RpcException or InvalidOperationException && !cancellationToken.IsCancellationRequested)
        {
            // The call is over already; why, its answers say.
            return false;
        }
    }

    private void Acknowledge(IngestAnnotationsResponse answer, AnnotationWriteCounts seen)
    {
        while (_pending.First is { } first && first.Value.Index >= 0 && first.Value.Sequence <= answer.AcknowledgedSequence)
        {
            Stored += first.Value.Rows.Count;
            _pending.RemoveFirst();
            _triesLeft = MaximumTries;
        }

        if (answer.Counts is { } counts)
        {
            // The service sums over a stream; this sums over streams.
            _counts.Created += counts.Created - seen.Created;
            _counts.Revised += counts.Revised - seen.Revised;
            _counts.Unchanged += counts.Unchanged - seen.Unchanged;
            _counts.Retracted += counts.Retracted - seen.Retracted;
            (seen.Created, seen.Revised, seen.Unchanged, seen.Retracted) = (counts.Created, counts.Revised, counts.Unchanged, counts.Retracted);
        }
    }

    private async Task RecoverAsync(RpcException exception, RejectedRows rejects, CancellationToken cancellationToken)
    {
        var failure = ServiceFailure.Of(exception, connection.Settings.Server);
        if (exception.StatusCode == StatusCode.Unavailable && _triesLeft-- > 0)
        {
            var pause = FirstPause * Math.Pow(2, MaximumTries - _triesLeft - 1);
            await Task.Delay(pause < LongestPause ? pause : LongestPause, time, cancellationToken);
            return;
        }

        if (!await TakeOutAsync(failure, rejects, cancellationToken))
        {
            throw new ServiceFailureException(
                Stored == 0 ? failure : failure with { Message = $"{failure.Message} ({Stored:N0} rows before are stored; the same import again goes on)" },
                exception);
        }
    }

    /// <summary>Takes the rows out that a refusal names.</summary>
    private async Task<bool> TakeOutAsync(ServiceFailure failure, RejectedRows rejects, CancellationToken cancellationToken)
    {
        var refused = RefusedRows.Of(failure);
        var taken = false;
        foreach (var byMessage in refused.GroupBy(row => row.Message))
        {
            var message = _pending.FirstOrDefault(candidate => candidate.Index == byMessage.Key);
            if (message is null)
            {
                continue;
            }

            var reasons = byMessage.GroupBy(row => row.Entry).ToDictionary(rows => rows.Key, rows => string.Join("; ", rows.Select(row => row.Reason)));
            foreach (var (_, entry, field, reason) in byMessage.Where(row => row.Entry < message.Rows.Count))
            {
                Remember(failure.Code, field, reason, message.Rows[entry].Annotation);
            }

            var kept = new List<(FileRow<LabelRow>, Annotation)>(message.Rows.Count);
            for (var i = 0; i < message.Rows.Count; i++)
            {
                if ((reasons.GetValueOrDefault(i) ?? KnownProblem(message.Rows[i].Annotation)) is { } reason)
                {
                    await rejects.AddAsync(message.Rows[i].Row, reason, cancellationToken);
                    taken = true;
                }
                else
                {
                    kept.Add(message.Rows[i]);
                }
            }

            message.Rows = kept;
            if (kept.Count == 0)
            {
                _pending.Remove(message);
            }
        }

        return taken;
    }

    /// <summary>A refusal names twenty rows at most: what is unknown once is unknown in all rows.</summary>
    private void Remember(string code, string field, string reason, Annotation annotation)
    {
        if (code == "NOT_FOUND" && _unknownItems.Count + _unknownLabelers.Count < MaximumRemembered)
        {
            if (field == "item_id")
            {
                _unknownItems[annotation.ItemId] = reason;
            }
            else if (field == "labeler_id")
            {
                _unknownLabelers[annotation.LabelerId] = reason;
            }
        }
    }

    private string? KnownProblem(Annotation annotation) =>
        _unknownItems.GetValueOrDefault(annotation.ItemId) ?? _unknownLabelers.GetValueOrDefault(annotation.LabelerId);

    private async IAsyncEnumerable<(FileRow<LabelRow> Row, Annotation Annotation)> UsableAsync(
        ImportFile<LabelRow> file, RejectedRows rejects, Action<long> read, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var row in file.ReadAsync(keepCells: true, read, cancellationToken))
        {
            if (row.Value is null)
            {
                await rejects.AddAsync(row, row.Problem!, cancellationToken);
                continue;
            }

            var annotation = messages.ToAnnotation(row.Value);
            if (KnownProblem(annotation) is { } problem)
            {
                await rejects.AddAsync(row, problem, cancellationToken);
            }
            else
            {
                yield return (row, annotation);
            }
        }
    }

    private sealed class Message(List<(FileRow<LabelRow> Row, Annotation Annotation)> rows)
    {
        public List<(FileRow<LabelRow> Row, Annotation Annotation)> Rows { get; set; } = rows;

        /// <summary>Which message of the current stream it is; −1 before it is sent.</summary>
        public int Index { get; set; } = -1;

        public long Sequence { get; set; }
    }
}
