using LabelerService.Core.Errors;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Ingest;
using LabelerService.Storage.Labelers;
using LabelerService.TestKit.Postgres;
using Microsoft.Extensions.DependencyInjection;

namespace LabelerService.Storage.Tests.Ingest;

/// <summary>Keys that a process remembers never outvote the database.</summary>
public sealed class KeyResolutionTests(PostgresFixture database) : IClassFixture<PostgresFixture>
{
    private readonly AnnotationStore _store = database.Get<AnnotationStore>();
    private readonly LabelerStore _labelers = database.Get<LabelerStore>();

    [Fact]
    public async Task A_labeler_that_another_replica_deleted_is_unknown_and_can_come_back_as_a_new_one()
    {
        var dataset = await Some.DatasetAsync(database, items: 3, labelers: 2);
        await WriteAsync(dataset, UnknownLabelers.Reject, Some.Annotation(0, 0, 1), Some.Annotation(0, 1, 1));
        await using (var other = PostgresFixture.Storage(database.ConnectionString))
        {
            await other.GetRequiredService<LabelerStore>().DeleteAsync(dataset, "l0", withAnnotations: true, null, default);
        }

        var exception = await Some.FailsAsync(
            ErrorKind.NotFound, () => WriteAsync(dataset, UnknownLabelers.Reject, Some.Annotation(1, 1, 0), Some.Annotation(1, 0, 0)));
        Assert.Equal("annotations[1].labeler_id", Assert.Single(exception.Violations).Field);
        Assert.Equal(1, await _store.CountAsync(dataset, default));

        Assert.Equal(
            new AnnotationWriteResult(2, 0, 0), await WriteAsync(dataset, UnknownLabelers.Register, Some.Annotation(1, 1, 0), Some.Annotation(1, 0, 0)));
        Assert.Equal(1, (await _labelers.GetAsync(dataset, "l0", default)).AnnotationCount);
    }

    [Fact]
    public async Task Labelers_registered_by_a_stream_that_broke_are_unknown_afterwards()
    {
        var dataset = await Some.DatasetAsync(database, items: 2, labelers: 0);
        await Assert.ThrowsAsync<IOException>(() => _store.WriteAllAsync(dataset, Broken(), UnknownLabelers.Register, default));
        await Some.FailsAsync(
            ErrorKind.NotFound, "annotations[0].labeler_id", () => WriteAsync(dataset, UnknownLabelers.Reject, Some.Annotation(0, 7, 0)));
        Assert.Equal(0, await _store.CountAsync(dataset, default));

        static async IAsyncEnumerable<IReadOnlyList<AnnotationWrite>> Broken()
        {
            yield return [Some.Annotation(0, 7, 0)];
            await Task.Yield();

            // The second batch finds the labeler through the transaction's own eyes.
            yield return [Some.Annotation(1, 7, 0)];
            throw new IOException("The client went away.");
        }
    }

    [Fact]
    public async Task A_new_dataset_of_an_old_name_does_not_inherit_keys()
    {
        var datasets = database.Get<DatasetStore>();
        var old = await Some.DatasetAsync(database, items: 1, labelers: 1);
        await WriteAsync(old, UnknownLabelers.Reject, Some.Annotation(0, 0, 1));
        await datasets.DeleteAsync(old.Id, null, default);
        var renewed = await datasets.CreateAsync(new DatasetWrite(old.Id, Some.Schema()), null, default);
        await Some.FailsAsync(
            ErrorKind.NotFound, "annotations[0].item_id", () => WriteAsync(renewed, UnknownLabelers.Register, Some.Annotation(0, 0, 1)));
        Assert.Equal(new DatasetCounts(0, 0, 0, 0, 0, 0, 0, 0), await datasets.CountAsync(renewed, default));
    }

    [Fact]
    public async Task Entries_with_and_without_optional_fields_mix_in_a_batch()
    {
        var dataset = await Some.DatasetAsync(database, items: 3, labelers: 1);
        var at = DateTimeOffset.UnixEpoch.AddDays(1);
        AnnotationWrite[] batch =
        [
            Some.Annotation(2, 0, 0) with { DurationMs = 5 }, Some.Annotation(0, 0, 1), Some.Annotation(1, 0, 2) with { Confidence = 0.5f, AnnotatedAt = at },
        ];
        foreach (var expected in (AnnotationWriteResult[])[new(3, 0, 0), new(0, 0, 3)])
        {
            Assert.Equal(expected, await WriteAsync(dataset, UnknownLabelers.Reject, batch));
            var stored = await _store.ListAsync(dataset, new AnnotationFilter(), default, 10, default);
            Assert.Equal(
                [(1, null, null, null), (2, 0.5f, null, at), (0, null, 5, (DateTimeOffset?)null)],
                stored.Select(a => (a.ClassIndex!.Value, a.Confidence, a.DurationMs, a.AnnotatedAt)));
        }
    }

    [Fact]
    public void The_cache_keeps_what_is_used_and_stays_within_its_capacity()
    {
        var cache = new KeyCache(capacity: 100);
        cache.Of(1, 0).Add("used", 42);
        for (var i = 0; i < 10_000; i++)
        {
            cache.Of(1, 0).Add($"once {i}", i);
            if (i % 20 == 0)
            {
                Assert.True(cache.Of(1, 0).TryGet("used", out var key));
                Assert.Equal(42, key);
            }
        }

        Assert.InRange(Enumerable.Range(0, 10_000).Count(i => cache.Of(1, 0).TryGet($"once {i}", out _)), 1, 100);
        Assert.False(cache.Of(2, 0).TryGet("used", out _));
        Assert.False(cache.Of(1, 1).TryGet("used", out _));
    }

    [Fact]
    public async Task What_another_process_deleted_is_never_written_by_a_key_of_before()
    {
        var dataset = await Some.DatasetAsync(database, items: 3, labelers: 2);
        await using var other = PostgresFixture.Storage(database.ConnectionString);
        var store = other.GetRequiredService<AnnotationStore>();
        foreach (var each in (AnnotationStore[])[_store, store])
        {
            await each.WriteAsync(dataset, [Some.Annotation(0, 0, 1), Some.Annotation(1, 0, 1)], UnknownLabelers.Reject, null, default);
        }

        await using (var hold = await DatasetHold.TakeAsync(database, dataset))
        {
            await hold.DeleteItemAsync(dataset, "i1");
        }

        var exception = await Some.FailsAsync(
            ErrorKind.NotFound, () => store.WriteAsync(dataset, [Some.Annotation(2, 0, 0), Some.Annotation(1, 0, 0)], UnknownLabelers.Reject, null, default));
        Assert.Equal("annotations[1].item_id", Assert.Single(exception.Violations).Field);

        // The same key, remembered by both, after the item has come back as a new one.
        await database.Get<Storage.Items.ItemStore>().UpsertAsync(dataset, [Some.Item("i1")], null, default);
        Assert.Equal(new AnnotationWriteResult(1, 0, 0), await WriteAsync(dataset, UnknownLabelers.Reject, Some.Annotation(1, 0, 2)));
        Assert.Equal(new AnnotationWriteResult(0, 0, 1), await store.WriteAsync(dataset, [Some.Annotation(1, 0, 2)], UnknownLabelers.Reject, null, default));
        await Usage.AgreesAsync(database, dataset);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(1500)]
    public async Task A_writer_that_waits_while_an_item_is_deleted_does_not_write_by_its_key(int items)
    {
        var dataset = await Some.DatasetAsync(database, items, labelers: 2);
        await _store.WriteAsync(dataset, [.. Enumerable.Range(0, items).Select(i => Some.Annotation(i, 0, 1))], UnknownLabelers.Reject, null, default);
        await _store.WriteAsync(dataset, [Some.Annotation(0, 1, 1)], UnknownLabelers.Reject, null, default);
        await using var hold = await DatasetHold.TakeAsync(database, dataset);
        var waiting = _store.WriteAsync(
            dataset, [.. Enumerable.Range(1, items - 1).Select(i => Some.Annotation(i, 1, 2))], UnknownLabelers.Reject, null, default);
        await hold.UntilWaitingAsync(1);
        await hold.DeleteItemAsync(dataset, "i2");
        var error = await Some.FailsAsync(ErrorKind.NotFound, () => waiting);
        Assert.Equal("annotations[1].item_id", Assert.Single(error.Violations).Field);
        Assert.Equal(items, await _store.CountAsync(dataset, default));
        await Usage.AgreesAsync(database, dataset);
    }

    private Task<AnnotationWriteResult> WriteAsync(DatasetRecord dataset, UnknownLabelers unknown, params AnnotationWrite[] batch) =>
        _store.WriteAsync(dataset, batch, unknown, null, default);
}
