using LabelerService.Core.Errors;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Ingest;
using LabelerService.Storage.Items;
using LabelerService.Storage.Security;
using LabelerService.TestKit.Postgres;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace LabelerService.Storage.Tests.Ingest;

/// <summary>Quotas of keys under writers at once, in several processes.</summary>
public sealed class KeyQuotaConcurrencyTests(PostgresFixture database) : IClassFixture<PostgresFixture>
{
    private static readonly UnknownIds RegisterAll = new(UnknownLabelers.Register, UnknownItems.Register);

    [Fact]
    public async Task Two_processes_at_once_store_exactly_the_quota()
    {
        const int Quota = 40, Writers = 120;
        var dataset = await Some.DatasetAsync(database, items: 1, labelers: 1);
        var key = new KeyAllowance("both", Quota, Quota);
        await using var other = PostgresFixture.Storage(database.ConnectionString);
        var stores = new[] { database.Get<AnnotationStore>(), other.GetRequiredService<AnnotationStore>() };
        var stored = await Task.WhenAll(Enumerable.Range(0, Writers).Select(i => Task.Run(
            () => StoredAsync(() => stores[i % 2].WriteAsync(dataset, [Some.Annotation(1 + i, 0, 0)], RegisterAll, null, default, key: key)))));
        Assert.Equal(Quota, stored.Count(was => was));
        Assert.Equal(Quota, await stores[0].CountAsync(dataset, default));

        // An item that was registered, and an annotation of it: either both or none.
        await using var command = database.Get<NpgsqlDataSource>().CreateCommand("SELECT annotations, items FROM api_key_usage WHERE key_id = 'both'");
        await using var row = await command.ExecuteReaderAsync();
        Assert.True(await row.ReadAsync());
        Assert.Equal((Quota, Quota), (row.GetInt64(0), row.GetInt64(1)));
    }

    [Fact]
    public async Task Streams_of_two_keys_into_two_datasets_with_quotas_never_wait_for_each_other_in_a_circle()
    {
        const int Streams = 32, Messages = 15;
        var own = await PostgresFixture.CreateDatabaseAsync(migrated: true);
        var results = new long[2];
        await using (var first = PostgresFixture.Storage(own))
        await using (var second = PostgresFixture.Storage(own))
        {
            // With quotas of their own, so that the datasets' locks are taken, too.
            var datasets = new List<DatasetRecord>();
            foreach (var id in new[] { "one", "two" })
            {
                datasets.Add(await first.GetRequiredService<DatasetStore>().CreateAsync(
                    new DatasetWrite(id, Some.Schema(), Quota: new DatasetQuota(MaxAnnotations: 1_000_000, MaxItems: 1_000_000)), null, default));
            }

            KeyAllowance[] keys = [new("a", 1_000_000, 1_000_000), new("b", 1_000_000, 1_000_000)];
            // Each waits for its commit before its next message: what the others give meanwhile is a group with messages of both keys.
            await Task.WhenAll(Enumerable.Range(0, Streams).Select(stream => Task.Run(async () =>
            {
                var (dataset, key) = (datasets[stream % 2], stream / 2 % 2);
                var storage = stream < Streams / 2 ? first : second;
                using var writes = storage.GetRequiredService<AnnotationStore>().OpenStream(dataset, RegisterAll, keys[key]);
                var changed = 0L;
                for (var message = 0; message < Messages; message++)
                {
                    var queued = await writes.SendAsync(
                        [.. Enumerable.Range(0, 5).Select(i => Some.Annotation((message * 3) + i, stream, (message + i) % 3))], null, default);
                    var result = await queued.Committed;
                    changed += result.Created + result.Revised + result.Retracted;
                    if (stream % 8 < 4)
                    {
                        await storage.GetRequiredService<ItemStore>().UpsertAsync(dataset, [Some.Item($"s{stream}-{message}")], null, default, keys[key]);
                    }
                }

                Interlocked.Add(ref results[key], changed);
            })));
        }

        var builder = new NpgsqlConnectionStringBuilder(own);
        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        await using var left = source.CreateCommand("SELECT count(*) FROM pg_stat_activity WHERE datname = $1");
        left.Parameters.Add(new NpgsqlParameter { Value = builder.Database! });
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));

        // A session tells what it has counted when it ends at the latest.
        while ((long)(await left.ExecuteScalarAsync(patience.Token))! > 0)
        {
            await Task.Yield();
        }

        await using var deadlocks = source.CreateCommand("SELECT deadlocks FROM pg_stat_database WHERE datname = $1");
        deadlocks.Parameters.Add(new NpgsqlParameter { Value = builder.Database! });
        Assert.Equal(0L, await deadlocks.ExecuteScalarAsync());

        await using var after = NpgsqlDataSource.Create(own);
        await using var counted = after.CreateCommand("SELECT annotations FROM api_key_usage ORDER BY key_id");
        await using var rows = await counted.ExecuteReaderAsync();
        var found = new List<long>();
        while (await rows.ReadAsync())
        {
            found.Add(rows.GetInt64(0));
        }

        Assert.Equal(results, found);
    }

    private static async Task<bool> StoredAsync(Func<Task<AnnotationWriteResult>> write)
    {
        try
        {
            return (await write()).Created == 1;
        }
        catch (ServiceException error) when (error.Reason == ServiceException.KeyQuotaExceeded)
        {
            return false;
        }
    }
}
