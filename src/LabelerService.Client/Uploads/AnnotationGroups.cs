using System.Runtime.CompilerServices;
using LabelerService.Contracts.V1;

namespace LabelerService.Client;

/// <summary>Puts annotations into groups that fit a message. A group is closed early when no further row comes for a while.</summary>
/// <param name="rows">The rows.</param>
/// <param name="most">Most rows of a group.</param>
/// <param name="linger">How long an unfinished group waits for the next row.</param>
/// <param name="time">The clock.</param>
/// <param name="cancellationToken">Ends the reading of rows.</param>
internal sealed class AnnotationGroups<TRow>(
    IAsyncEnumerable<(TRow Row, Annotation Annotation)> rows, int most, TimeSpan linger, TimeProvider time, CancellationToken cancellationToken)
    : IAsyncDisposable
{
    // Tag and length of an entry.
    private const int Framing = 6;

    private readonly IAsyncEnumerator<(TRow Row, Annotation Annotation)> _rows = rows.GetAsyncEnumerator(cancellationToken);
    private Task<bool>? _moving;
    private bool _held;

    /// <summary>Whether all rows were given out.</summary>
    public bool Ended { get; private set; }

    /// <summary>The next group; null at the end. One call at a time.</summary>
    /// <exception cref="SourceFailure">The rows could not be read.</exception>
    public async Task<List<(TRow Row, Annotation Annotation)>?> ReadAsync()
    {
        var group = new List<(TRow, Annotation)>();
        var bytes = 0;
        try
        {
            while (_held || (await MoveAsync(group.Count > 0) is { } moved && Note(moved)))
            {
                var entry = _rows.Current;
                var size = entry.Annotation.CalculateSize() + Framing;
                _held = group.Count > 0 && (group.Count == most || bytes + size > ClientStream.MaximumMessage);
                if (_held)
                {
                    return group;
                }

                group.Add(entry);
                bytes += size;
            }
        }
        catch (Exception failure)
        {
            Ended = true;
            throw new SourceFailure(failure);
        }

        return group.Count > 0 ? group : null;
    }

    /// <summary>All groups, each as large as may be.</summary>
    public static async IAsyncEnumerable<List<(TRow Row, Annotation Annotation)>> AllAsync(
        IAsyncEnumerable<(TRow Row, Annotation Annotation)> rows, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var groups = new AnnotationGroups<TRow>(
            rows, ClientStream.MaximumEntries, Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        while (true)
        {
            List<(TRow, Annotation)>? group;
            try
            {
                group = await groups.ReadAsync();
            }
            catch (SourceFailure failure)
            {
                failure.Rethrow();
                throw;
            }

            if (group is null)
            {
                yield break;
            }

            yield return group;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_moving is { IsCompleted: false } moving)
        {
            // A sequence may not be disposed while it moves, and nobody may wait for one that does not listen to its token.
            _ = DisposeAfterAsync(moving);
            return;
        }

        await _rows.DisposeAsync();
    }

    private bool Note(bool moved)
    {
        Ended = !moved;
        return moved;
    }

    /// <summary>Moves to the next row.</summary>
    /// <returns>Whether there is one; null if it is not known yet and the group has waited long enough.</returns>
    private async ValueTask<bool?> MoveAsync(bool impatient)
    {
        if (_moving is null)
        {
            var next = _rows.MoveNextAsync();
            if (next.IsCompletedSuccessfully)
            {
                return next.Result;
            }

            _moving = next.AsTask();
        }

        try
        {
            var moved = impatient ? await _moving.WaitAsync(linger, time, CancellationToken.None) : await _moving;
            _moving = null;
            return moved;
        }
        catch (TimeoutException) when (_moving is { IsCompleted: false })
        {
            return null;
        }
    }

    private async Task DisposeAfterAsync(Task<bool> moving)
    {
        await ((Task)moving).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _rows.DisposeAsync();
    }
}
