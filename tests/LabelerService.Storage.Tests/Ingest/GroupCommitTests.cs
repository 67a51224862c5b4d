using CsCheck;
using LabelerService.Core.Errors;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Ingest;
using LabelerService.TestKit.Postgres;

namespace LabelerService.Storage.Tests.Ingest;

/// <summary>Messages of many streams share transactions, and nobody can tell from the table.</summary>
public sealed class GroupCommitTests(PostgresFixture database) : IClassFixture<PostgresFixture>
{
    private const int Items = 4;
    private const int Streams = 4;
    private const int OutOfSchema = 3;

    /// <summary>What a stream's labeler says of each item: a class, −1 to take it back, −2 for nothing.</summary>
    private static readonly Gen<int[]> Message = Gen.Int[-2, 2].Array[Items];

    /// <summary>The messages of each stream, and which of them names an item that does not exist (if there are so many).</summary>
    private static readonly Gen<(int[][] Messages, int Wrong)[]> Load = Gen.Select(Message.Array[0, 8], Gen.Int[0, 30]).Array[1, Streams];

    private readonly AnnotationStore _store = database.Get<AnnotationStore>();

    [Fact]
    public async Task Any_interleaving_of_streams_gives_the_table_and_the_history_of_each_stream_by_itself() =>
        await Load.SampleAsync(
            async load =>
            {
                var dataset = await Some.DatasetAsync(database, items: Items, labelers: Streams);
                await Task.WhenAll(load.Select((stream, index) => Task.Run(() => SendAsync(dataset, index, stream.Messages, stream.Wrong))));
                for (var labeler = 0; labeler < load.Length; labeler++)
                {
                    for (var item = 0; item < Items; item++)
                    {
                        var history = await _store.HistoryAsync(dataset, $"i{item}", $"l{labeler}", default);
                        Assert.Equal(Expected(load[labeler].Messages, load[labeler].Wrong, item), history.Select(revision => revision.ClassIndex));
                        Assert.Equal(Enumerable.Range(1, history.Count), history.Select(revision => revision.Revision));
                    }
                }

                await Usage.AgreesAsync(database, dataset);
            },
            iter: 60, threads: 1);

    [Fact]
    public async Task Streams_that_say_different_things_of_the_same_pair_leave_every_revision()
    {
        var dataset = await Some.DatasetAsync(database, items: 1, labelers: 1);
        var committed = new List<Task<AnnotationWriteResult>>();
        await using (await DatasetHold.TakeAsync(database, dataset))
        {
            for (var stream = 0; stream < 8; stream++)
            {
                using var writes = _store.OpenStream(dataset, UnknownLabelers.Reject);
                for (var message = 0; message < 3; message++)
                {
                    committed.Add(_store.WriteAsync(dataset, [Some.Annotation(0, 0, (stream + message) % 3)], UnknownLabelers.Reject, null, default));
                }
            }
        }

        var results = await Task.WhenAll(committed);
        var history = await _store.HistoryAsync(dataset, "i0", "l0", default);
        Assert.Equal(1, results.Sum(result => result.Created));
        Assert.Equal(history.Count - 1, results.Sum(result => result.Revised));
        Assert.Equal(24 - history.Count, results.Sum(result => result.Unchanged));
        Assert.All(history.Zip(history.Skip(1)), pair => Assert.NotEqual(pair.First.ClassIndex, pair.Second.ClassIndex));
    }

    [Fact]
    public async Task A_wrong_message_does_not_fail_the_others_of_its_group()
    {
        var dataset = await Some.DatasetAsync(database, items: 10, labelers: 2);
        var hold = await DatasetHold.TakeAsync(database, dataset);
        var first = await hold.TakeLanesAsync(_store, dataset, "i8", "i9");

        // Both lanes are taken: these wait and are written together.
        var good = WriteAsync(dataset, Some.Annotation(0, 0, 1));
        var unknown = WriteAsync(dataset, Some.Annotation(1, 0, 1), Some.Annotation(77, 0, 1), Some.Annotation(2, 55, 1));
        using var stream = _store.OpenStream(dataset, UnknownLabelers.Reject);
        var before = await stream.SendAsync([Some.Annotation(3, 0, 1)], null, default);
        var wrong = await stream.SendAsync([Some.Annotation(78, 0, 1)], null, default);
        var after = await stream.SendAsync([Some.Annotation(4, 0, 1)], null, default);
        var late = WriteAsync(dataset, Some.Annotation(5, 1, 1), Some.Annotation(0, 0, 1));
        await hold.DisposeAsync();

        await Task.WhenAll(first);
        Assert.Equal(new AnnotationWriteResult(1, 0, 0), await good);
        var refusal = await Some.FailsAsync(ErrorKind.NotFound, () => unknown);
        Assert.Equal(["annotations[1].item_id", "annotations[2].labeler_id"], refusal.Violations.Select(violation => violation.Field));
        Assert.Equal(new AnnotationWriteResult(1, 0, 0), await before.Committed);
        await Some.FailsAsync(ErrorKind.NotFound, "annotations[0].item_id", () => wrong.Committed);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => after.Committed);
        Assert.Equal(new AnnotationWriteResult(1, 0, 1), await late);
        Assert.Equal(5, await _store.CountAsync(dataset, default));
    }

    [Fact]
    public async Task Messages_with_request_ids_are_answered_alike_and_a_reused_id_fails_only_itself()
    {
        var dataset = await Some.DatasetAsync(database, items: 4, labelers: 1);
        var request = Some.Request("first");
        var hold = await DatasetHold.TakeAsync(database, dataset);
        var lanes = await hold.TakeLanesAsync(_store, dataset, "i2", "i3");
        var once = _store.WriteAsync(dataset, [Some.Annotation(0, 0, 1)], UnknownLabelers.Reject, request, default);
        var twice = _store.WriteAsync(dataset, [Some.Annotation(0, 0, 1)], UnknownLabelers.Reject, request, default);
        var other = _store.WriteAsync(
            dataset, [Some.Annotation(1, 0, 1)], UnknownLabelers.Reject, Some.Request("second", request.Id), default);
        var free = WriteAsync(dataset, Some.Annotation(1, 0, 2));
        await hold.DisposeAsync();

        await Task.WhenAll(lanes);
        Assert.Equal(new AnnotationWriteResult(1, 0, 0), await once);
        Assert.Equal(new AnnotationWriteResult(1, 0, 0), await twice);
        await Some.FailsAsync(ErrorKind.InvalidArgument, "request_id", () => other);
        Assert.Equal(new AnnotationWriteResult(1, 0, 0), await free);

        // After a revision the first answer still stands, and changes nothing.
        await WriteAsync(dataset, Some.Annotation(0, 0, 2));
        Assert.Equal(
            new AnnotationWriteResult(1, 0, 0), await _store.WriteAsync(dataset, [Some.Annotation(0, 0, 1)], UnknownLabelers.Reject, request, default));
        Assert.Equal(2, (await _store.HistoryAsync(dataset, "i0", "l0", default)).Count);
    }

    [Fact]
    public async Task Large_groups_that_are_all_new_keep_every_field()
    {
        const int Count = 3_000;
        var dataset = await Some.DatasetAsync(database, items: Count, labelers: 1);
        var start = new DateTimeOffset(1999, 12, 31, 23, 59, 0, TimeSpan.FromHours(2));
        AnnotationWrite[] batch =
        [
            .. Enumerable.Range(0, Count).Select(i => Some.Annotation(Count - 1 - i, 0, i % 3) with
            {
                Confidence = i % 2 == 0 ? i / (float)Count : null,
                DurationMs = i % 3 == 0 ? i : null,
                AnnotatedAt = i % 5 == 0 ? start.AddSeconds(i).AddMicroseconds(i) : null,
            }),
        ];
        Assert.Equal(new AnnotationWriteResult(Count, 0, 0), await WriteAsync(dataset, batch));
        Assert.Equal(new AnnotationWriteResult(0, 0, Count), await WriteAsync(dataset, batch));
        var stored = await _store.ListAsync(dataset, new AnnotationFilter(), default, Count, default);
        Assert.Equal(
            batch.Reverse().Select(a => (a.ItemId, a.ClassIndex, a.Confidence, a.DurationMs, a.AnnotatedAt?.ToUniversalTime())),
            stored.Select(a => (a.ItemId, a.ClassIndex, a.Confidence, a.DurationMs, a.AnnotatedAt)));
        Assert.All(stored, annotation => Assert.Equal(1, annotation.Revision));
        await Usage.AgreesAsync(database, dataset);
    }

    [Fact]
    public async Task Processes_that_write_the_same_new_pairs_in_large_groups_at_once_create_each_once()
    {
        const int Count = 2_500, Writers = 6;
        await using var other = PostgresFixture.Storage(database.ConnectionString);
        var stores = new[] { _store, (AnnotationStore)other.GetService(typeof(AnnotationStore))! };
        for (var round = 0; round < 3; round++)
        {
            var dataset = await Some.DatasetAsync(database, items: Count, labelers: 1);
            var results = await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(() => stores[writer % 2].WriteAsync(
                dataset, [.. Enumerable.Range(0, Count).Select(i => Some.Annotation(writer % 3 == 0 ? i : Count - 1 - i, 0, writer % 3))],
                UnknownLabelers.Reject, null, default))));
            Assert.Equal(Count, results.Sum(result => result.Created));
            var revisions = (await _store.ListAsync(dataset, new AnnotationFilter(), default, Count, default)).Sum(annotation => annotation.Revision - 1L);
            Assert.Equal(revisions, results.Sum(result => result.Revised));
            Assert.Equal((long)Count * Writers, results.Sum(Total));
            await Usage.AgreesAsync(database, dataset);
        }
    }

    [Fact]
    public async Task A_message_that_is_wrong_by_itself_is_not_queued()
    {
        var dataset = await Some.DatasetAsync(database, items: 1, labelers: 1);
        using var stream = _store.OpenStream(dataset, UnknownLabelers.Reject);
        await Some.FailsAsync(
            ErrorKind.InvalidArgument, "annotations[0].class_index",
            () => stream.SendAsync([Some.Annotation(0, 0, OutOfSchema)], null, default).AsTask());
        Assert.Equal(0, _store.QueuedBytes);
    }

    private async Task SendAsync(DatasetRecord dataset, int labeler, int[][] messages, int wrong)
    {
        using var stream = _store.OpenStream(dataset, UnknownLabelers.Reject);
        var committed = new List<Task<AnnotationWriteResult>>();
        for (var m = 0; m < messages.Length; m++)
        {
            var batch = messages[m].Select((said, item) => (said, item)).Where(entry => entry.said > -2)
                .Select(entry => entry.said < 0
                    ? AnnotationWrite.Retraction($"i{entry.item}", $"l{labeler}")
                    : Some.Annotation(entry.item, labeler, entry.said)).ToList();
            if (m == wrong)
            {
                batch.Add(Some.Annotation(99, labeler, 0));
            }

            committed.Add((await stream.SendAsync(batch, null, default)).Committed);
        }

        for (var m = 0; m < messages.Length; m++)
        {
            if (m < wrong)
            {
                Assert.Equal(messages[m].Count(said => said > -2), Total(await committed[m]));
            }
            else if (m == wrong)
            {
                await Some.FailsAsync(ErrorKind.NotFound, () => committed[m]);
            }
            else
            {
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => committed[m]);
            }
        }
    }

    private static long Total(AnnotationWriteResult result) => result.Created + result.Revised + result.Unchanged + result.Retracted;

    /// <summary>The classes that a pair goes through when its stream's messages are applied one by one.</summary>
    private static List<int?> Expected(int[][] messages, int wrong, int item)
    {
        List<int?> history = [];
        foreach (var said in messages.Take(wrong).Select(message => message[item]))
        {
            int? next = said < 0 ? null : said;
            if (said > -2 && (history.Count == 0 ? next is not null : history[^1] != next))
            {
                history.Add(next);
            }
        }

        return history;
    }

    private Task<AnnotationWriteResult> WriteAsync(DatasetRecord dataset, params AnnotationWrite[] batch) =>
        _store.WriteAsync(dataset, batch, UnknownLabelers.Reject, null, default);
}
