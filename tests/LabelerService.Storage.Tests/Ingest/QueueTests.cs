using LabelerService.Core.Errors;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Ingest;
using LabelerService.TestKit.Postgres;

namespace LabelerService.Storage.Tests.Ingest;

/// <summary>What waits is bounded, can be taken back, and is all there in the end.</summary>
public sealed class QueueTests(PostgresFixture database) : IClassFixture<PostgresFixture>
{
    private const long Bound = 64L * 1024 * 1024;
    private static readonly UnknownIds RegisterAll = new(UnknownLabelers.Register, UnknownItems.Register);

    private readonly AnnotationStore _store = database.Get<AnnotationStore>();

    [Fact]
    public async Task Two_hundred_megabytes_against_a_locked_dataset_stay_within_the_bound_and_are_all_stored_afterwards()
    {
        const int Streams = 10, Messages = 40, Rows = 700;
        var dataset = await Some.DatasetAsync(database, items: 0, labelers: 0);
        var hold = await DatasetHold.TakeAsync(database, dataset);
        long given = 0, sent = 0, highest = 0;
        var senders = Enumerable.Range(0, Streams).Select(index => Task.Run(async () =>
        {
            using var stream = _store.OpenStream(dataset, RegisterAll);
            var committed = new List<Task<AnnotationWriteResult>>();
            var labeler = $"labeler-{index}-{new string('x', 200)}";
            for (var m = 0; m < Messages; m++)
            {
                AnnotationWrite[] batch =
                [
                    .. Enumerable.Range(m * Rows, Rows).Select(i => new AnnotationWrite($"item-{i}-{new string('y', 200)}", labeler, i % 3)),
                ];
                Interlocked.Add(ref sent, batch.Sum(row => 120L + (2 * (row.ItemId.Length + row.LabelerId.Length))));
                committed.Add((await stream.SendAsync(batch, null, default)).Committed);
                Interlocked.Increment(ref given);
                Max(ref highest, _store.QueuedBytes);
            }

            return (await Task.WhenAll(committed)).Sum(result => result.Created);
        })).ToArray();
        await hold.UntilWaitingAsync(1);
        while (_store.QueuedBytes < Streams * 3L * 1024 * 1024)
        {
            await Task.Yield();
        }

        // Each stream has what it may give, and not a message more, however long the lock lasts.
        Assert.InRange(Interlocked.Read(ref given), Streams, Streams * 16);
        await hold.DisposeAsync();
        Assert.Equal(Streams * Messages * Rows, (await Task.WhenAll(senders)).Sum());
        Assert.InRange(sent, 200_000_000, 400_000_000);
        Assert.InRange(highest, 1, Bound);
        Assert.Equal(0, _store.QueuedBytes);
        Assert.Equal(Streams * Messages * Rows, await _store.CountAsync(dataset, default));
        await Usage.AgreesAsync(database, dataset);
    }

    [Fact]
    public async Task A_call_that_finds_no_room_is_refused_when_its_patience_ends()
    {
        var dataset = await Some.DatasetAsync(database, items: 1, labelers: 1);
        var room = new AsyncBudget(100);
        await room.TakeAsync(100, default);
        using var patience = new CancellationTokenSource();
        var waiting = room.TakeAsync(1, patience.Token).AsTask();
        Assert.False(waiting.IsCompleted);
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Equal(100, room.Taken);

        var hold = await DatasetHold.TakeAsync(database, dataset);
        AnnotationWrite[] large = [.. Enumerable.Range(0, 300_000).Select(i => new AnnotationWrite($"i{i}", "l0", 0))];
        using var cancel = new CancellationTokenSource();
        Task[] fill = [.. Enumerable.Range(0, 2).Select(_ => _store.WriteAsync(dataset, large, UnknownLabelers.Reject, null, cancel.Token))];
        var error = await Some.FailsAsync(
            ErrorKind.ResourceExhausted,
            () => _store.WriteAsync(dataset, [Some.Annotation(0, 0, 0)], UnknownLabelers.Reject, null, default, TimeSpan.Zero));
        Assert.Equal("INGESTION_QUEUE_FULL", error.Reason);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => fill[0]);
        await hold.DisposeAsync();
        while (_store.QueuedBytes > 0)
        {
            await Task.Yield();
        }
    }

    [Fact]
    public async Task A_cancelled_call_that_no_lane_has_taken_is_not_stored()
    {
        var dataset = await Some.DatasetAsync(database, items: 10, labelers: 1);
        var hold = await DatasetHold.TakeAsync(database, dataset);
        var lanes = await hold.TakeLanesAsync(_store, dataset, "i0", "i1");
        using var cancel = new CancellationTokenSource();
        var cancelled = WriteAsync(dataset, 2, cancel.Token);
        var closed = _store.OpenStream(dataset, UnknownLabelers.Reject);
        var dropped = await closed.SendAsync([Some.Annotation(3, 0, 1)], null, default);
        var stays = WriteAsync(dataset, 4, default);
        await cancel.CancelAsync();
        closed.Dispose();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => dropped.Committed);
        await hold.DisposeAsync();
        await Task.WhenAll([.. lanes, stays]);
        Assert.Equal(
            ["i0", "i1", "i4"], (await _store.ListAsync(dataset, new AnnotationFilter(), default, 10, default)).Select(annotation => annotation.ItemId));
        Assert.Equal(0, _store.QueuedBytes);
    }

    [Fact]
    public async Task A_locked_dataset_does_not_hold_up_another()
    {
        var locked = await Some.DatasetAsync(database, items: 5, labelers: 1);
        var free = await Some.DatasetAsync(database, items: 5, labelers: 1);
        var hold = await DatasetHold.TakeAsync(database, locked);
        var waiting = Enumerable.Range(0, 5).Select(item => WriteAsync(locked, item, default)).ToArray();
        Assert.Equal(new AnnotationWriteResult(1, 0, 0), await WriteAsync(free, 0, default));
        await hold.DisposeAsync();
        await Task.WhenAll(waiting);
        Assert.Equal(5, await _store.CountAsync(locked, default));
    }

    private Task<AnnotationWriteResult> WriteAsync(DatasetRecord dataset, int item, CancellationToken cancel) =>
        _store.WriteAsync(dataset, [Some.Annotation(item, 0, 1)], UnknownLabelers.Reject, null, cancel);

    private static void Max(ref long highest, long value)
    {
        for (var seen = Interlocked.Read(ref highest); value > seen; seen = Interlocked.Read(ref highest))
        {
            Interlocked.CompareExchange(ref highest, value, seen);
        }
    }
}
