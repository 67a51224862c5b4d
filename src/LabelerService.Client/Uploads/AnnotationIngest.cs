using System.Runtime.CompilerServices;
using Grpc.Core;
using LabelerService.Contracts.V1;

namespace LabelerService.Client;

/// <summary>
/// Streams annotations message by message, each committed by itself. After a break everything that was not acknowledged is sent again; its
/// <c>request_id</c> makes the service answer as the first time where it was stored already. Rows that the service refuses are taken out and
/// the rest of their message is sent again.
/// </summary>
/// <param name="connection">The service.</param>
/// <param name="options">How.</param>
/// <param name="refused">
/// Told of each row that is left out, and why, possibly of two at once; null ends the upload at the first.
/// </param>
internal sealed class AnnotationIngest<TRow>(
    ServiceConnection connection, AnnotationUploadOptions options, Func<TRow, string, CancellationToken, Task>? refused)
{
    private readonly AnnotationWriteCounts _counts = new();
    private readonly Outage _outage = new(connection);
    private readonly PendingAnnotations<TRow> _pending = new();
    private Task<List<(TRow Row, Annotation Annotation)>?>? _reading;
    private long _sequence;

    /// <summary>How far it is.</summary>
    public UploadProgress Progress { get; private set; } = new(0, 0, 0);

    /// <summary>Sends rows.</summary>
    /// <param name="parent"><c>datasets/{dataset}</c>.</param>
    /// <param name="rows">The rows; read no further than the window allows.</param>
    /// <param name="progress">Told after each acknowledgement.</param>
    /// <param name="cancellationToken">Ends it; what was acknowledged stays stored.</param>
    /// <returns>What it did.</returns>
    /// <exception cref="RpcException">The service refused or failed, or stayed away for too long; see <see cref="Progress"/>.</exception>
    public async Task<AnnotationWriteCounts> SendAsync(
        string parent, IAsyncEnumerable<(TRow Row, Annotation Annotation)> rows, Action<UploadProgress>? progress,
        CancellationToken cancellationToken)
    {
        options.Check();
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using var groups = new AnnotationGroups<TRow>(
            UsableAsync(rows, ended.Token), options.MessageRows, options.Linger, connection.Time, ended.Token);
        try
        {
            while (!groups.Ended || _pending.Count > 0 || _reading is not null)
            {
                try
                {
                    await StreamAsync(parent, groups, progress, cancellationToken);
                }
                catch (Exception failure) when (IsOfTheCall(failure) && !cancellationToken.IsCancellationRequested)
                {
                    await RecoverAsync(failure, cancellationToken);
                }
            }

            return _counts;
        }
        catch (SourceFailure failure)
        {
            failure.Rethrow();
            throw;
        }
        finally
        {
            await ended.CancelAsync();
        }
    }

    /// <summary>One stream, until everything is acknowledged.</summary>
    private async Task StreamAsync(
        string parent, AnnotationGroups<TRow> groups, Action<UploadProgress>? progress, CancellationToken cancellationToken)
    {
        using var call = connection.Annotations.IngestAnnotations(cancellationToken: cancellationToken);
        var seen = new AnnotationWriteCounts();
        var next = _pending.Restart();
        var (index, open) = (0, true);
        Task<bool>? answer = null;
        while (true)
        {
            if (next is not null && open)
            {
                (next.Value.Index, next.Value.Sequence) = (index, ++_sequence);
                open = await TryWriteAsync(call, next.Value.ToRequest(index++ == 0 ? parent : null, options), cancellationToken);
                next = next.Next;
                continue;
            }

            var room = open && _pending.Count < options.Window;
            if (room && !groups.Ended)
            {
                _reading ??= groups.ReadAsync();
            }

            if (_reading is { IsCompleted: true } && room)
            {
                var group = await _reading;
                _reading = null;
                next = group is null ? null : _pending.Add(group);
                continue;
            }

            if (_pending.Count == 0 && _reading is null && groups.Ended)
            {
                await TryCompleteAsync(call, answer, cancellationToken);
                return;
            }

            answer ??= call.ResponseStream.MoveNext(cancellationToken);
            await Task.WhenAny(_reading is not null && room ? [_reading, answer] : new Task[] { answer });
            if (answer.IsCompleted)
            {
                if (!await answer)
                {
                    throw new RpcException(new Status(StatusCode.Unavailable, "the service ended the stream"));
                }

                answer = null;
                Acknowledge(call.ResponseStream.Current, seen);
                progress?.Invoke(Progress);
            }
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
        catch (Exception exception) when (ClientStream.IsOver(exception) && !cancellationToken.IsCancellationRequested)
        {
            // The call is over already; why, its answers say.
            return false;
        }
    }

    // Everything is acknowledged: how the stream ends changes nothing any more.
    private static async Task TryCompleteAsync(
        AsyncDuplexStreamingCall<IngestAnnotationsRequest, IngestAnnotationsResponse> call, Task<bool>? answer, CancellationToken cancellationToken)
    {
        try
        {
            await call.RequestStream.CompleteAsync();
            while (await (answer ?? call.ResponseStream.MoveNext(cancellationToken)))
            {
                answer = null;
            }
        }
        catch (Exception exception) when (ClientStream.IsOver(exception) && !cancellationToken.IsCancellationRequested)
        {
            // It broke instead.
        }
    }

    private void Acknowledge(IngestAnnotationsResponse answer, AnnotationWriteCounts seen)
    {
        if (_pending.Acknowledge(answer.AcknowledgedSequence) is > 0 and var rows)
        {
            Note(progress => progress with { Stored = progress.Stored + rows });
            _outage.End();
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

    private static bool IsOfTheCall(Exception failure) => failure is RpcException || Breaks.IsTransport(failure);

    private async Task RecoverAsync(Exception failure, CancellationToken cancellationToken)
    {
        if (_pending.Count == 0)
        {
            _outage.Rest();
        }

        if (await _outage.WaitAsync(failure, cancellationToken))
        {
            Note(progress => progress with { Breaks = progress.Breaks + 1 });
            return;
        }

        var known = failure as RpcException ?? new RpcException(new Status(StatusCode.Unavailable, failure.Message, failure));
        var taken = refused is null ? [] : _pending.TakeOut(ServiceError.Of(known));
        foreach (var (row, reason) in taken)
        {
            await LeaveOutAsync(row, reason, cancellationToken);
        }

        if (taken.Count == 0)
        {
            throw known;
        }
    }

    // Rows are left out while others are read, and while others are acknowledged.
    private void Note(Func<UploadProgress, UploadProgress> news)
    {
        lock (_counts)
        {
            Progress = news(Progress);
        }
    }

    private async Task LeaveOutAsync(TRow row, string reason, CancellationToken cancellationToken)
    {
        Note(progress => progress with { Refused = progress.Refused + 1 });
        await refused!(row, reason, cancellationToken);
    }

    private async IAsyncEnumerable<(TRow Row, Annotation Annotation)> UsableAsync(
        IAsyncEnumerable<(TRow Row, Annotation Annotation)> rows, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var (row, annotation) in rows.WithCancellation(cancellationToken))
        {
            if (_pending.KnownProblem(annotation) is { } problem)
            {
                await LeaveOutAsync(row, problem, cancellationToken);
            }
            else
            {
                yield return (row, annotation);
            }
        }
    }

    /// <summary>The row of the source, from 0, that a field of the refusal that ended the upload belongs to; null if to none.</summary>
    public long? RowOf(EntryPath path) => _pending.RowOf(path);
}
