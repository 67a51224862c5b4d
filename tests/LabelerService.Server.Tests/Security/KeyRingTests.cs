using System.Diagnostics;
using LabelerService.Core.Access;
using LabelerService.Core.Errors;
using LabelerService.Server.Hosting;
using LabelerService.Server.Security;
using LabelerService.Storage.Security;
using LabelerService.TestKit.Postgres;
using Microsoft.Extensions.Time.Testing;
using Npgsql;

namespace LabelerService.Server.Tests.Security;

[Trait("Suite", "security")]
public sealed class KeyRingTests(PostgresFixture database) : IClassFixture<PostgresFixture>
{
    private readonly ApiKeyStore _store = database.Get<ApiKeyStore>();
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);

    [Fact]
    public async Task Only_the_right_secret_of_a_key_that_is_there_and_lasts_counts()
    {
        using var ring = new KeyRing(_store, new ServerOptions(), _time);
        var (id, text) = await CreateAsync(ends: _time.GetUtcNow().AddMinutes(10));
        var caller = await ring.FindAsync(text, default);
        Assert.Equal((Role.Reader, $"apiKeys/{id}"), (caller!.Role, caller.Name));
        Assert.True(ring.IsLive(caller));
        Assert.Null(await ring.FindAsync(text[..^3] + "AAA", default));
        Assert.Null(await ring.FindAsync("no key at all", default));
        _time.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal("CREDENTIAL_EXPIRED", (await Assert.ThrowsAsync<ServiceException>(() => ring.FindAsync(text, default).AsTask())).Reason);
        Assert.Null(await ring.FindAsync(text[..^3] + "AAA", default));
        Assert.False(ring.IsLive(caller));
    }

    [Fact]
    public async Task Without_any_notification_a_deleted_key_counts_for_five_seconds_at_most()
    {
        using var ring = new KeyRing(_store, new ServerOptions(), _time);
        var (id, text) = await CreateAsync();
        var caller = (await ring.FindAsync(text, default))!;
        await _store.DeleteAsync(id, default);
        _time.Advance(TimeSpan.FromSeconds(5) + TimeSpan.FromMilliseconds(1));
        var found = ring.FindAsync(text, default).AsTask();
        while (!found.IsCompleted)
        {
            // It may begin to wait at any moment.
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Null(await found);
        Assert.False(ring.IsLive(caller));
    }

    [Fact]
    public async Task A_flood_of_unknown_keys_reads_the_table_once_and_a_new_key_is_found_all_the_same()
    {
        using var ring = new KeyRing(_store, new ServerOptions(), _time);
        var (_, known) = await CreateAsync();
        Assert.NotNull(await ring.FindAsync(known, default));
        var (_, fresh) = await CreateAsync();
        var statements = 0;
        var name = new NpgsqlConnectionStringBuilder(database.ConnectionString).Database;
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Npgsql",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                // Other tests' databases are none of this one's business.
                if (activity.GetTagItem("db.namespace") as string == name)
                {
                    Interlocked.Increment(ref statements);
                }
            },
        };
        ActivitySource.AddActivityListener(listener);

        // Only statements that belong to somebody's call are told of.
        using var call = new Activity("call").Start();
        var unknown = Enumerable.Range(0, 2_000).Select(_ => ring.FindAsync(ApiKeyText.Create().Text, default).AsTask()).ToArray();
        var found = ring.FindAsync(fresh, default).AsTask();

        // They all wait for one look, which is due a moment after the last; the known key does not.
        Assert.NotNull(await ring.FindAsync(known, default));
        _time.Advance(TimeSpan.FromMilliseconds(251));
        Assert.All(await Task.WhenAll(unknown), Assert.Null);
        Assert.NotNull(await found);

        // Whether something changed, and what it is now.
        Assert.InRange(statements, 1, 4);
    }

    [Fact]
    public async Task The_last_use_is_stored_to_the_minute()
    {
        using var ring = new KeyRing(_store, new ServerOptions(), _time);
        var (id, text) = await CreateAsync();
        await ring.FindAsync(text, default);
        Assert.Null((await _store.FindAsync(id, default))!.LastUseTime);
        await ring.StoreUsesAsync(default);
        var stored = (await _store.FindAsync(id, default))!.LastUseTime!.Value;
        Assert.Equal(0, stored.Second);
        Assert.InRange(_time.GetUtcNow() - stored, TimeSpan.Zero, TimeSpan.FromMinutes(1));
    }

    private async Task<(string Id, string Text)> CreateAsync(DateTimeOffset? ends = null)
    {
        var (id, text, hash) = ApiKeyText.Create();
        await _store.CreateAsync(new ApiKeyWrite(id, hash, Role.Reader, ExpireTime: ends), default);
        return (id, text);
    }
}
