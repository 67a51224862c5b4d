using LabelerService.Core.Access;
using LabelerService.Core.Errors;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Ingest;
using LabelerService.Storage.Items;
using LabelerService.Storage.Security;
using LabelerService.TestKit.Postgres;
using Npgsql;

namespace LabelerService.Storage.Tests.Ingest;

/// <summary>What a key may have stored a day: counted where it is stored, exactly, and never beyond its quota.</summary>
public sealed class KeyQuotaTests(PostgresFixture database) : IClassFixture<PostgresFixture>
{
    private static readonly UnknownIds RegisterAll = new(UnknownLabelers.Register, UnknownItems.Register);
    private static int _keys;

    private readonly AnnotationStore _store = database.Get<AnnotationStore>();
    private readonly ItemStore _items = database.Get<ItemStore>();
    private readonly ApiKeyStore _keyStore = database.Get<ApiKeyStore>();

    [Fact]
    public async Task What_changed_counts_and_what_is_repeated_or_refused_does_not()
    {
        var dataset = await Some.DatasetAsync(database, items: 10, labelers: 1);
        var key = await KeyAsync(annotations: 5);
        await WriteAsync(dataset, key, Some.Annotation(0, 0, 0), Some.Annotation(1, 0, 0));
        await WriteAsync(dataset, key, Some.Annotation(0, 0, 0), Some.Annotation(1, 0, 0));
        Assert.Equal(2, (await TodayAsync(key)).Annotations);
        await WriteAsync(dataset, key, Some.Annotation(0, 0, 1), AnnotationWrite.Retraction("i1", "l0"), AnnotationWrite.Retraction("i2", "l0"));
        Assert.Equal(4, (await TodayAsync(key)).Annotations);
        await Some.FailsAsync(ErrorKind.NotFound, () => _store.WriteAsync(dataset, [Some.Annotation(3, 9, 0)], UnknownLabelers.Reject, null, default, key: key));

        var refused = await Some.FailsAsync(
            ErrorKind.ResourceExhausted, $"apiKeys/{key.KeyId}", () => WriteAsync(dataset, key, Some.Annotation(3, 0, 0), Some.Annotation(4, 0, 0)));
        Assert.Equal(ServiceException.KeyQuotaExceeded, refused.Reason);
        Assert.InRange(refused.RetryAfter!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1));

        // One of the two is taken back.
        Assert.Equal((4, 1), ((await TodayAsync(key)).Annotations, await TotalAsync(dataset)));

        await WriteAsync(dataset, key, Some.Annotation(3, 0, 0));
        await Some.FailsAsync(ErrorKind.ResourceExhausted, () => WriteAsync(dataset, key, Some.Annotation(4, 0, 0)));

        // What is there already needs no room, and another key has its own.
        await WriteAsync(dataset, key, Some.Annotation(3, 0, 0));
        await WriteAsync(dataset, await KeyAsync(annotations: 1), Some.Annotation(4, 0, 0));
        Assert.Equal(new KeyUse(5, 0), await TodayAsync(key));
    }

    [Fact]
    public async Task The_same_request_counts_once()
    {
        var dataset = await Some.DatasetAsync(database, items: 3, labelers: 1);
        var key = await KeyAsync(annotations: 3, items: 1);
        var request = Some.Request();
        var item = Some.Request("item");
        for (var time = 0; time < 3; time++)
        {
            Assert.Equal(1, (await _store.WriteAsync(dataset, [Some.Annotation(0, 0, 0)], RegisterAll, request, default, key: key)).Created);
            Assert.Equal(1, (await _items.UpsertAsync(dataset, [Some.Item("new")], item, default, key)).Created);
        }

        // Somebody else revises it; the repetition still is what it was.
        await _store.WriteAsync(dataset, [Some.Annotation(0, 0, 2)], RegisterAll, null, default);
        await _store.WriteAsync(dataset, [Some.Annotation(0, 0, 0)], RegisterAll, request, default, key: key);
        Assert.Equal(new KeyUse(1, 1), await TodayAsync(key));
    }

    [Fact]
    public async Task Items_count_however_they_come()
    {
        var dataset = await Some.DatasetAsync(database);
        var key = await KeyAsync(items: 6);
        await _items.UpsertAsync(dataset, [Some.Item("a"), Some.Item("b")], null, default, key);
        await _items.UpsertAsync(dataset, [Some.Item("a"), Some.Item("b", features: [7, 7])], null, default, key);
        Assert.Equal(3, (await TodayAsync(key)).Items);
        await database.Get<GoldStore>().SetAsync(dataset, [new GoldWrite("a", 1), new GoldWrite("b", null)], null, default, key);
        Assert.Equal(4, (await TodayAsync(key)).Items);

        // Registered by an annotation, beside one that is there.
        await WriteAsync(dataset, key, new AnnotationWrite("a", "l0", 0), new AnnotationWrite("c", "l0", 0));
        Assert.Equal(new KeyUse(2, 5), await TodayAsync(key));
        Assert.Equal(1, (await _items.UpsertAllAsync(dataset, ItemsAsync("d"), default, key)).Created);

        await Some.FailsAsync(ErrorKind.ResourceExhausted, () => _items.UpsertAsync(dataset, [Some.Item("e")], null, default, key));
        await Some.FailsAsync(ErrorKind.ResourceExhausted, () => _items.UpsertAllAsync(dataset, ItemsAsync("e", "f"), default, key));
        await Some.FailsAsync(ErrorKind.ResourceExhausted, () => WriteAsync(dataset, key, new AnnotationWrite("e", "l0", 0)));
        await Some.FailsAsync(
            ErrorKind.ResourceExhausted, () => database.Get<GoldStore>().SetAsync(dataset, [new GoldWrite("b", 0)], null, default, key));
        Assert.Equal(new KeyUse(2, 6), await TodayAsync(key));
        Assert.Empty(await _items.ExistingAsync(dataset, ["e", "f"], default));
    }

    [Fact]
    public async Task A_stream_of_all_or_none_counts_at_its_end_and_an_acknowledged_one_by_message()
    {
        var dataset = await Some.DatasetAsync(database, items: 10, labelers: 1);
        var key = await KeyAsync(annotations: 5);
        await Some.FailsAsync(ErrorKind.ResourceExhausted, () => _store.WriteAllAsync(dataset, MessagesAsync(6), RegisterAll, null, default, key));
        Assert.Equal((default, 0L), (await TodayAsync(key), await TotalAsync(dataset)));
        await _store.WriteAllAsync(dataset, MessagesAsync(3), RegisterAll, null, default, key);
        Assert.Equal(3, (await TodayAsync(key)).Annotations);

        using var stream = _store.OpenStream(dataset, RegisterAll, key);
        var first = await stream.SendAsync([Some.Annotation(3, 0, 0)], null, default);
        var second = await stream.SendAsync([Some.Annotation(4, 0, 0)], null, default);
        var beyond = await stream.SendAsync([Some.Annotation(5, 0, 0)], null, default);
        Assert.Equal(2, (await first.Committed).Created + (await second.Committed).Created);
        Assert.Equal(ServiceException.KeyQuotaExceeded, (await Some.FailsAsync(ErrorKind.ResourceExhausted, () => beyond.Committed)).Reason);
        Assert.Equal((5, 5L), ((await TodayAsync(key)).Annotations, await TotalAsync(dataset)));
    }

    [Fact]
    public async Task A_key_beyond_its_quota_does_not_fail_the_others_of_its_group()
    {
        var dataset = await Some.DatasetAsync(database, items: 10, labelers: 1);
        var (full, other) = (await KeyAsync(annotations: 1), await KeyAsync(annotations: 3));
        var hold = await DatasetHold.TakeAsync(database, dataset);
        var first = await hold.TakeLanesAsync(_store, dataset, "i8", "i9");

        // Both lanes are taken: these wait and are written together.
        var beyond = WriteAsync(dataset, full, Some.Annotation(0, 0, 1), Some.Annotation(1, 0, 1));
        var good = WriteAsync(dataset, other, Some.Annotation(2, 0, 1), Some.Annotation(3, 0, 1));
        var free = WriteAsync(dataset, null, Some.Annotation(4, 0, 1));
        await hold.DisposeAsync();
        await Task.WhenAll(first);

        Assert.Equal(ServiceException.KeyQuotaExceeded, (await Some.FailsAsync(ErrorKind.ResourceExhausted, () => beyond)).Reason);
        Assert.Equal((2, 1), ((await good).Created, (await free).Created));
        Assert.Equal((default, new KeyUse(2, 0)), (await TodayAsync(full), await TodayAsync(other)));
        Assert.Equal(5, await TotalAsync(dataset));
    }

    [Fact]
    public async Task Messages_of_two_keys_in_one_transaction_count_for_each()
    {
        var dataset = await Some.DatasetAsync(database, items: 10, labelers: 1);
        var (one, two) = (await KeyAsync(annotations: 10, items: 10), await KeyAsync(annotations: 10, items: 10));
        var hold = await DatasetHold.TakeAsync(database, dataset);
        var first = await hold.TakeLanesAsync(_store, dataset, "i8", "i9");
        var writes = new[]
        {
            WriteAsync(dataset, two, Some.Annotation(0, 0, 1), Some.Annotation(20, 0, 1)),
            WriteAsync(dataset, one, Some.Annotation(0, 0, 1), Some.Annotation(20, 0, 1), Some.Annotation(21, 0, 1)),
            WriteAsync(dataset, two, Some.Annotation(2, 0, 1)),
        };
        await hold.DisposeAsync();
        await Task.WhenAll(first);
        await Task.WhenAll(writes);

        // Who said it first has it.
        Assert.Equal((new KeyUse(1, 1), new KeyUse(3, 1)), (await TodayAsync(one), await TodayAsync(two)));
    }

    [Fact]
    public async Task Days_are_counted_by_themselves_and_old_ones_forgotten()
    {
        var dataset = await Some.DatasetAsync(database, items: 3, labelers: 1);
        var key = await KeyAsync(annotations: 1, items: 1);
        await ExecuteAsync(
            """
            INSERT INTO api_key_usage (key_id, day, annotations, items)
            SELECT $1, (now() AT TIME ZONE 'UTC')::date - d, 1, 1 FROM unnest(ARRAY[1, 30, 40]) AS t(d)
            """,
            key.KeyId);
        Assert.Equal(default, await TodayAsync(key));
        await WriteAsync(dataset, key, Some.Annotation(0, 0, 0));
        await Some.FailsAsync(ErrorKind.ResourceExhausted, () => WriteAsync(dataset, key, Some.Annotation(1, 0, 0)));
        Assert.Equal(new KeyUse(1, 0), await TodayAsync(key));

        Assert.Equal(1, await _keyStore.PruneUsesAsync(TimeSpan.FromDays(31), default));
        Assert.Equal(3L, await ExecuteAsync("SELECT count(*) FROM api_key_usage WHERE key_id = $1", key.KeyId));

        // The next day: today becomes yesterday.
        await ExecuteAsync("DELETE FROM api_key_usage WHERE key_id = $1 AND day < (now() AT TIME ZONE 'UTC')::date", key.KeyId);
        await ExecuteAsync("UPDATE api_key_usage SET day = day - 1 WHERE key_id = $1", key.KeyId);
        await WriteAsync(dataset, key, Some.Annotation(1, 0, 0));
        Assert.Equal(new KeyUse(1, 0), await TodayAsync(key));
    }

    [Fact]
    public async Task Who_has_no_quota_is_not_counted()
    {
        Assert.Null(KeyAllowance.Of("k", default));
        Assert.Null(KeyAllowance.Of("k", new KeyQuota { AnnotationsPerDay = 0, ItemsPerDay = 0 }));
        Assert.Equal(new KeyAllowance("k", 0, 3), KeyAllowance.Of("k", new KeyQuota { ItemsPerDay = 3 }));
        var before = await ExecuteAsync("SELECT coalesce(sum(annotations + items), 0)::bigint FROM api_key_usage WHERE key_id <> $1", "");
        var dataset = await Some.DatasetAsync(database, items: 3, labelers: 1);
        await WriteAsync(dataset, null, Some.Annotation(0, 0, 0), Some.Annotation(9, 0, 0));
        Assert.Equal(before, await ExecuteAsync("SELECT coalesce(sum(annotations + items), 0)::bigint FROM api_key_usage WHERE key_id <> $1", ""));
    }

    private static async IAsyncEnumerable<IReadOnlyList<AnnotationWrite>> MessagesAsync(int count)
    {
        for (var i = 0; i < count; i++)
        {
            await Task.Yield();
            yield return [Some.Annotation(i, 0, 0)];
        }
    }

    private static async IAsyncEnumerable<IReadOnlyList<ItemWrite>> ItemsAsync(params string[] ids)
    {
        foreach (var id in ids)
        {
            await Task.Yield();
            yield return [Some.Item(id)];
        }
    }

    private Task<AnnotationWriteResult> WriteAsync(DatasetRecord dataset, KeyAllowance? key, params AnnotationWrite[] batch) =>
        _store.WriteAsync(dataset, batch, RegisterAll, null, default, key: key);

    private async Task<KeyAllowance> KeyAsync(long? annotations = null, long? items = null)
    {
        var quota = new KeyQuota { AnnotationsPerDay = annotations, ItemsPerDay = items };
        var key = new ApiKeyWrite($"quota-{Interlocked.Increment(ref _keys)}", new byte[32], Role.Ingester) { Quota = quota };
        Assert.Equal(quota, (await _keyStore.CreateAsync(key, default)).Quota);
        return KeyAllowance.Of(key.Id, quota)!;
    }

    private async Task<KeyUse> TodayAsync(KeyAllowance key) => (await _keyStore.FindAsync(key.KeyId, default))!.Today;

    private async Task<long> TotalAsync(DatasetRecord dataset) => await _store.CountAsync(dataset, default);

    private async Task<object?> ExecuteAsync(string statement, string key)
    {
        await using var command = database.Get<NpgsqlDataSource>().CreateCommand(statement);
        command.Parameters.Add(new NpgsqlParameter { Value = key });
        return await command.ExecuteScalarAsync();
    }
}
