using LabelerService.Core.Access;
using LabelerService.Core.Errors;
using LabelerService.Storage.Notifications;
using LabelerService.Storage.Security;
using LabelerService.TestKit.Postgres;

namespace LabelerService.Storage.Tests.Security;

public sealed class ApiKeyStoreTests(PostgresFixture database) : IClassFixture<PostgresFixture>
{
    private static int _count;

    private readonly ApiKeyStore _store = database.Get<ApiKeyStore>();

    [Fact]
    public async Task A_key_reads_back_as_it_was_stored()
    {
        var ends = new DateTimeOffset(2030, 1, 2, 3, 4, 5, TimeSpan.Zero);
        var write = Key(Role.Labeler) with { Datasets = ["d"], LabelerId = "annä", DisplayName = "é'", ExpireTime = ends };
        await _store.CreateAsync(write, default);
        var read = (await _store.FindAsync(write.Id, default))!;
        Assert.Equal((Role.Labeler, "annä", "é'", ends), (read.Role, read.LabelerId, read.DisplayName, read.ExpireTime));
        Assert.Equal("d", Assert.Single(read.Datasets!));
        Assert.Equal(write.SecretHash, read.SecretHash);
        Assert.Null(await _store.FindAsync("no-such-key", default));
        Assert.Equal(ErrorKind.AlreadyExists, (await Assert.ThrowsAsync<ServiceException>(() => _store.CreateAsync(write, default))).Kind);
    }

    [Fact]
    public async Task Of_many_servers_that_start_at_once_one_makes_the_first_key()
    {
        var empty = await PostgresFixture.CreateDatabaseAsync(migrated: true);
        await using var storage = PostgresFixture.Storage(empty);
        var store = (ApiKeyStore)storage.GetService(typeof(ApiKeyStore))!;
        var made = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => store.CreateFirstAsync(Key(Role.Admin), default)));
        Assert.Single(made, true);
        Assert.Single(await store.ListAsync(0, 10, default));

        // That one is the last admin key; a second makes it replaceable, one that expires does not.
        var first = (await store.ListAsync(0, 10, default))[0].Id;
        await store.CreateAsync(Key(Role.Admin) with { ExpireTime = DateTimeOffset.UtcNow.AddYears(1) }, default);
        var error = await Assert.ThrowsAsync<ServiceException>(() => store.DeleteAsync(first, default));
        Assert.Equal((ErrorKind.FailedPrecondition, "LAST_ADMIN_KEY"), (error.Kind, error.Reason));
        Assert.NotNull(await store.FindAsync(first, default));
        await store.CreateAsync(Key(Role.Admin), default);
        await store.DeleteAsync(first, default);
        Assert.Null(await store.FindAsync(first, default));
    }

    [Fact]
    public async Task Two_admins_who_revoke_each_others_last_key_at_once_do_not_both_succeed()
    {
        var empty = await PostgresFixture.CreateDatabaseAsync(migrated: true);
        await using var storage = PostgresFixture.Storage(empty);
        var store = (ApiKeyStore)storage.GetService(typeof(ApiKeyStore))!;
        var (one, other) = (Key(Role.Admin), Key(Role.Admin));
        await store.CreateAsync(one, default);
        await store.CreateAsync(other, default);
        var results = await Task.WhenAll(TryAsync(one.Id), TryAsync(other.Id));
        Assert.Single(results, true);
        Assert.Single(await store.ListAsync(0, 10, default));

        async Task<bool> TryAsync(string id)
        {
            try
            {
                await store.DeleteAsync(id, default);
                return true;
            }
            catch (ServiceException error) when (error.Reason == "LAST_ADMIN_KEY")
            {
                return false;
            }
        }
    }

    [Fact]
    public async Task Every_change_is_announced_and_seen_and_nothing_else_is_read_again()
    {
        using var heard = database.Get<NotificationListener>().Subscribe(NotificationChannel.ApiKeys);
        await heard.WaitAsync(TimeSpan.FromSeconds(60), default);
        var (stays, goes) = (Key(Role.Reader), Key(Role.Reader));
        await _store.CreateAsync(stays, default);
        await _store.CreateAsync(goes, default);
        Assert.True(await heard.WaitAsync(TimeSpan.FromSeconds(60), default));
        var loaded = await _store.LoadAsync(null, default);
        Assert.Same(loaded, await _store.LoadAsync(loaded, default));

        await _store.TouchAsync(new Dictionary<string, DateTimeOffset> { [stays.Id] = new(2027, 1, 1, 0, 0, 0, TimeSpan.Zero), ["gone"] = default }, default);
        await _store.TouchAsync(new Dictionary<string, DateTimeOffset> { [stays.Id] = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero) }, default);
        Assert.Equal(2027, (await _store.FindAsync(stays.Id, default))!.LastUseTime!.Value.Year);
        Assert.Same(loaded, await _store.LoadAsync(loaded, default));

        // One goes and one comes: as many as before, yet others.
        await _store.DeleteAsync(goes.Id, default);
        await _store.CreateAsync(Key(Role.Reader), default);
        var again = await _store.LoadAsync(loaded, default);
        Assert.Equal(loaded.Count, again.Count);
        Assert.DoesNotContain(again.Keys, key => key.Id == goes.Id);
        Assert.Equal(ErrorKind.NotFound, (await Assert.ThrowsAsync<ServiceException>(() => _store.DeleteAsync(goes.Id, default))).Kind);
    }

    private static ApiKeyWrite Key(Role role) =>
        new($"key-{Interlocked.Increment(ref _count)}", System.Security.Cryptography.SHA256.HashData(BitConverter.GetBytes(_count)), role);
}
