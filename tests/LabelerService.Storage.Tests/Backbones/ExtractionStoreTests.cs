using LabelerService.Core.Models;
using LabelerService.Storage.Backbones;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Items;
using LabelerService.TestKit.Postgres;
using Npgsql;

namespace LabelerService.Storage.Tests.Backbones;

// A database of its own: sweeping is about all datasets.
public sealed class ExtractionStoreTests : IAsyncLifetime
{
    private static readonly TimeSpan Long = TimeSpan.FromDays(30);
    private readonly PostgresFixture _database = new();
    private ExtractionStore _store = null!;

    public async Task InitializeAsync()
    {
        await _database.InitializeAsync();
        _store = _database.Get<ExtractionStore>();
    }

    public Task DisposeAsync() => _database.DisposeAsync();

    [Fact]
    public async Task Features_are_found_by_the_item_and_by_what_it_holds()
    {
        var dataset = await Some.DatasetAsync(_database, items: 3, labelers: 1);
        var items = await KeysAsync(dataset);
        Guid[] hashes = [Hash(1), Hash(2), Hash(3)];
        var extraction = await _store.OpenAsync(dataset.Key, [1], 2, default);
        Assert.Equal(3, await _store.WriteAsync(extraction, items, hashes, new float[] { 1, 2, 3, 4, 5, 6 }, default));
        Assert.Equal(0, await _store.WriteAsync(extraction, items, hashes, new float[] { 9, 9, 9, 9, 9, 9 }, default));

        var rows = new float[6];
        var found = await _store.ReadAsync(extraction, [items[2], items[0], items[1]], [hashes[2], Hash(7), hashes[1]], rows, default);
        Assert.Equal([true, false, true], found);
        Assert.Equal([5, 6, 0, 0, 3, 4], rows);

        // The item holds something else now: what was made of the old content makes room.
        Assert.Equal(1, await _store.WriteAsync(extraction, [items[0]], [Hash(7)], new float[] { 7, 8 }, default));
        Assert.False((await _store.ReadAsync(extraction, [items[0]], [hashes[0]], rows, default))[0]);

        var other = await _store.OpenAsync(dataset.Key, [2], 2, default);
        Assert.False((await _store.ReadAsync(other, [items[1]], [hashes[1]], rows, default))[0]);
        Assert.Equal(extraction.Key, (await _store.OpenAsync(dataset.Key, [1], 2, default)).Key);
    }

    [Fact]
    public void The_hash_begins_with_the_fingerprint_that_versions_keep()
    {
        float[] values = [1, 2, 3.5f];
        Assert.Equal(OutOfFoldTable.HashOf(values), Fingerprint(values));
        Assert.NotEqual(ExtractionStore.HashOf(values, out _), ExtractionStore.HashOf([1, 2, 3.25f], out _));
    }

    [Fact]
    public async Task Sweeping_removes_what_is_unused_too_much_or_of_items_that_are_gone()
    {
        var dataset = await Some.DatasetAsync(_database, items: 4, labelers: 1);
        var items = await KeysAsync(dataset);
        Guid[] hashes = [.. items.Select(key => Hash(key))];
        var first = await _store.OpenAsync(dataset.Key, [1], 2, default);
        await _store.WriteAsync(first, items, hashes, new float[8], default);
        var second = await _store.OpenAsync(dataset.Key, [2], 2, default);
        await _store.WriteAsync(second, items, hashes, new float[8], default);

        await _database.Get<ItemStore>().DeleteAsync(dataset, items[0], default);
        Assert.Equal(2, await _store.SweepAsync(Long, 1 << 20, default));
        Assert.Equal(0, await _store.SweepAsync(Long, 1 << 20, default));

        // Room for one of them: the one that was used last stays.
        await _store.OpenAsync(dataset.Key, [1], 2, default);
        Assert.Equal(3, await _store.SweepAsync(Long, 3 * 2 * sizeof(float), default));
        Assert.True((await _store.ReadAsync(first, [items[1]], [hashes[1]], new float[2], default))[0]);
        Assert.False((await _store.ReadAsync(second, [items[1]], [hashes[1]], new float[2], default))[0]);

        // Whoever still writes to what was swept away leaves nothing behind.
        Assert.Equal(0, await _store.WriteAsync(second, items[1..], hashes[1..], new float[6], default));

        // Whoever looks for features uses them: they are kept on.
        await using (var age = _database.Get<NpgsqlDataSource>().CreateCommand("UPDATE feature_extractions SET use_time = now() - interval '31 days'"))
        {
            await age.ExecuteNonQueryAsync();
        }

        Assert.Equal(first, await _store.FindAsync(dataset.Key, [1], 2, default));
        Assert.Null(await _store.FindAsync(dataset.Key, [2], 2, default));
        Assert.Equal(0, await _store.SweepAsync(Long, 1 << 20, default));
        Assert.Equal(3, await _store.SweepAsync(TimeSpan.Zero, 1 << 20, default));
        await _database.Get<DatasetStore>().DeleteAsync(dataset.Id, null, default);
    }

    private async Task<long[]> KeysAsync(DatasetRecord dataset) =>
        [.. (await _database.Get<ItemStore>().ListAsync(dataset, new ItemFilter(), 0, 100, default)).Select(item => item.Key).Order()];

    private static Guid Hash(long value) => new((int)value, 0, 0, new byte[8]);

    private static long Fingerprint(float[] values)
    {
        ExtractionStore.HashOf(values, out var fingerprint);
        return fingerprint;
    }
}
