using LabelerService.Core.Access;
using LabelerService.Core.Errors;
using LabelerService.Storage.Audit;
using LabelerService.Storage.Backups;
using LabelerService.TestKit.Postgres;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace LabelerService.Storage.Tests.Audit;

/// <summary>The chain, and who tampers with it.</summary>
[Trait("Suite", "security")]
public sealed class AuditStoreTests(PostgresFixture database) : IClassFixture<PostgresFixture>
{
    private const int Events = 10;

    [Fact]
    public async Task Servers_that_append_at_once_write_one_chain()
    {
        var shared = await PostgresFixture.CreateDatabaseAsync(migrated: true);
        await using var one = PostgresFixture.Storage(shared);
        await using var other = PostgresFixture.Storage(shared);
        AuditStore[] servers = [one.GetRequiredService<AuditStore>(), other.GetRequiredService<AuditStore>()];
        await Task.WhenAll(Enumerable.Range(0, 20).Select(async writer =>
        {
            for (var i = 0; i < 10; i++)
            {
                await servers[writer % 2].AppendAsync([Event($"apiKeys/writer-{writer}", $"{i}")], default);
            }
        }));

        var found = await servers[0].VerifyAsync(null, default);
        Assert.Equal((200, 0), (found.Events, found.Findings.Count));
        var rows = await servers[0].ListAsync(0, null, 1_000, default);
        Assert.Equal(Enumerable.Range(1, 200).Select(i => (long)i), rows.Select(row => row.Sequence));
        Assert.Equal(rows.Select(row => row.Time).Order(), rows.Select(row => row.Time));
        foreach (var writer in rows.GroupBy(row => row.Actor))
        {
            Assert.Equal(Enumerable.Range(0, 10).Select(i => $"{i}"), writer.Select(row => row.Method));
        }
    }

    [Fact]
    public async Task An_event_reads_back_as_it_was_written_and_what_cannot_be_stored_is_replaced()
    {
        var store = database.Get<AuditStore>();
        var digest = new byte[32];
        digest[0] = 7;
        var begun = await store.AppendAsync([Event("apiKeys/a", "labeler.v1.DatasetService/DeleteDataset") with { RequestDigest = digest }], default);
        var ended = await store.AppendAsync(
            [new AuditWrite("sub\0ject\uD800" + new string('x', 600), null, "m", "RESOURCE_NOT_FOUND", "datasets/d") { Begun = begun.Sequence, Count = 3 }], default);
        var read = await store.ListAsync(begun.Sequence - 1, begun.Time, 2, default);
        Assert.Equal(("apiKeys/a", Role.Admin, AuditStore.Begun, 1), (read[0].Actor, read[0].Role, read[0].Outcome, read[0].Count));
        Assert.Equal(digest, read[0].RequestDigest);
        Assert.Equal(begun.Hash, read[1].PreviousHash);
        Assert.Equal((ended.Sequence, begun.Sequence, 3, "datasets/d"), (read[1].Sequence, read[1].Begun, read[1].Count, read[1].Resource));
        Assert.Equal(("sub?ject?", 512), (read[1].Actor[..9], read[1].Actor.Length));
        Assert.Empty(await store.ListAsync(0, ended.Time.AddHours(1), 10, default));
        Assert.Empty((await store.VerifyAsync(begun.Hash, default)).Findings);
    }

    [Theory]
    [InlineData("UPDATE audit_log SET actor = 'nobody' WHERE sequence = 1")]
    [InlineData("DELETE FROM audit_log WHERE sequence = 1")]
    [InlineData("DELETE FROM audit_log WHERE false")]
    [InlineData("TRUNCATE audit_log")]
    [InlineData("DELETE FROM audit_head")]
    [InlineData("TRUNCATE audit_head")]
    [InlineData("UPDATE audit_head SET sequence = 0, hash = decode(repeat('00', 32), 'hex')")]
    [InlineData("UPDATE audit_head SET sequence = sequence + 1")]
    public async Task The_database_refuses_whatever_is_no_appending(string sql)
    {
        await database.Get<AuditStore>().AppendAsync([Event("apiKeys/a", "m")], default);
        var error = await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(database.ConnectionString, sql));
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, error.SqlState);
    }

    [Theory]
    [InlineData("UPDATE audit_log SET actor = 'apiKeys/other' WHERE sequence = 4", AuditFindingKind.Changed, 4)]
    [InlineData("UPDATE audit_log SET role = 4 WHERE sequence = 1", AuditFindingKind.Changed, 1)]
    [InlineData("UPDATE audit_log SET time = time + interval '1 microsecond' WHERE sequence = 10", AuditFindingKind.Changed, 10)]
    [InlineData("UPDATE audit_log SET resource = 'datasets/other' WHERE sequence = 5", AuditFindingKind.Changed, 5)]
    [InlineData("UPDATE audit_log SET outcome = 'OK' WHERE sequence = 5", AuditFindingKind.Changed, 5)]
    [InlineData("UPDATE audit_log SET count = 2 WHERE sequence = 5", AuditFindingKind.Changed, 5)]
    [InlineData("UPDATE audit_log SET request_digest = hash WHERE sequence = 5", AuditFindingKind.Changed, 5)]
    [InlineData("UPDATE audit_log SET previous_hash = request_digest || hash WHERE sequence = 5", AuditFindingKind.Changed, 5)]
    [InlineData("DELETE FROM audit_log WHERE sequence = 4", AuditFindingKind.Missing, 5)]
    [InlineData("DELETE FROM audit_log WHERE sequence < 4", AuditFindingKind.Missing, 4)]
    [InlineData("DELETE FROM audit_log WHERE sequence > 8", AuditFindingKind.WrongHead, 10)]
    [InlineData("DELETE FROM audit_log", AuditFindingKind.WrongHead, 10)]
    [InlineData("DELETE FROM audit_head", AuditFindingKind.WrongHead, 10)]
    [InlineData("UPDATE audit_head SET sequence = 9", AuditFindingKind.WrongHead, 10)]
    [InlineData("UPDATE audit_head SET hash = (SELECT hash FROM audit_log WHERE sequence = 9)", AuditFindingKind.WrongHead, 10)]
    [InlineData(
        "UPDATE audit_log SET sequence = CASE sequence WHEN 103 THEN 4 ELSE 3 END WHERE sequence IN (103, 104)", AuditFindingKind.Changed, 3,
        "UPDATE audit_log SET sequence = sequence + 100 WHERE sequence IN (3, 4)")]
    [InlineData(
        "INSERT INTO audit_log SELECT 11, time, actor, role, method, resource, outcome, begun, count, request_digest, previous_hash, hash FROM audit_log WHERE sequence = 10",
        AuditFindingKind.Changed, 11)]
    public async Task Whoever_disables_the_triggers_is_discovered_and_the_event_named(string sql, AuditFindingKind kind, long sequence, string? before = null)
    {
        var (store, connection) = await FilledAsync();
        await ExecuteAsync(connection, Unguarded(before is null ? sql : $"{before}; {sql}"));
        var found = await store.VerifyAsync(null, default);
        Assert.Contains(found.Findings, finding => (finding.Kind, finding.Sequence) == (kind, sequence));
        Assert.All(found.Findings, finding => Assert.InRange(finding.Sequence, sequence - 1, sequence + 2));
    }

    [Fact]
    public async Task An_event_that_was_replaced_together_with_its_hash_breaks_the_link_to_the_next()
    {
        var (store, connection) = await FilledAsync();
        await ForgeAsync(store, connection, 4, 4, moveHead: false);
        Assert.Equal(
            (AuditFindingKind.BrokenLink, 5L), Assert.Single((await store.VerifyAsync(null, default)).Findings.Select(finding => (finding.Kind, finding.Sequence))));
    }

    [Fact]
    public async Task A_chain_computed_anew_from_an_event_on_is_discovered_by_a_head_that_was_noted_since()
    {
        var (store, connection) = await FilledAsync();
        var rows = await store.ListAsync(0, null, 100, default);
        await ForgeAsync(store, connection, 4, Events, moveHead: true);

        // By itself it is whole.
        Assert.Empty((await store.VerifyAsync(null, default)).Findings);
        Assert.Equal((0, 3), await NotedAsync(rows[2].Hash));
        foreach (var noted in (byte[][])[rows[3].Hash, rows[9].Hash])
        {
            var finding = Assert.Single((await store.VerifyAsync(noted, default)).Findings);
            Assert.Equal(AuditFindingKind.NotedHeadMissing, finding.Kind);
        }

        async Task<(int Findings, long Sequence)> NotedAsync(byte[] noted)
        {
            var found = await store.VerifyAsync(noted, default);
            return (found.Findings.Count, found.NotedSequence);
        }
    }

    [Fact]
    public async Task A_log_that_is_cut_off_together_with_its_head_is_discovered_by_a_noted_head()
    {
        var (store, connection) = await FilledAsync();
        var noted = (await store.VerifyAsync(null, default)).Head;
        await ExecuteAsync(connection, Unguarded(
            "DELETE FROM audit_log WHERE sequence > 8; UPDATE audit_head SET (sequence, hash) = (SELECT sequence, hash FROM audit_log WHERE sequence = 8)"));
        Assert.Empty((await store.VerifyAsync(null, default)).Findings);
        Assert.Equal(AuditFindingKind.NotedHeadMissing, Assert.Single((await store.VerifyAsync(noted, default)).Findings).Kind);
    }

    [Theory]
    [InlineData("DELETE FROM audit_head")]
    [InlineData("INSERT INTO audit_log SELECT 11, time, actor, role, method, resource, outcome, begun, count, request_digest, previous_hash, hash FROM audit_log WHERE sequence = 10")]
    public async Task A_damaged_log_takes_no_events_and_says_what_to_do(string sql)
    {
        var (store, connection) = await FilledAsync();
        await ExecuteAsync(connection, Unguarded(sql));
        var error = await Assert.ThrowsAsync<ServiceException>(() => store.AppendAsync([Event("apiKeys/a", "m")], default));
        Assert.Equal((ErrorKind.FailedPrecondition, "AUDIT_LOG_DAMAGED"), (error.Kind, error.Reason));
    }

    [Fact]
    public async Task A_restored_log_is_whole_and_goes_on()
    {
        var (store, connection) = await FilledAsync();
        var head = (await store.VerifyAsync(null, default)).Head;
        await using var source = PostgresFixture.Storage(connection);
        using var file = new MemoryStream();
        await source.GetRequiredService<DatabaseBackup>().WriteAsync(file, "test", null, default);
        await using var target = PostgresFixture.Storage(await PostgresFixture.CreateDatabaseAsync(migrated: false));
        file.Position = 0;
        await target.GetRequiredService<DatabaseRestore>().ReadAsync(file, "test", null, default);

        var restored = target.GetRequiredService<AuditStore>();
        await restored.AppendAsync([Event("operator", "restore")], default);
        var found = await restored.VerifyAsync(head, default);
        Assert.Equal((Events + 1, 0, Events), (found.Events, found.Findings.Count, found.NotedSequence));
    }

    private static AuditWrite Event(string actor, string method) => new(actor, Role.Admin, method, AuditStore.Begun, "datasets/d");

    private static async Task<(AuditStore Store, string Connection)> FilledAsync()
    {
        var connection = await PostgresFixture.CreateDatabaseAsync(migrated: true);
        var store = PostgresFixture.Storage(connection).GetRequiredService<AuditStore>();
        for (var i = 1; i <= Events; i++)
        {
            await store.AppendAsync([Event($"apiKeys/k{i}", "m")], default);
        }

        return (store, connection);
    }

    private static string Unguarded(string sql) =>
        "ALTER TABLE audit_log DISABLE TRIGGER USER; ALTER TABLE audit_head DISABLE TRIGGER USER; "
        + "ALTER TABLE audit_log DROP CONSTRAINT ck_audit_log_hashes; " + sql;

    private static async Task ExecuteAsync(string connection, string sql)
    {
        await using var source = NpgsqlDataSource.Create(connection);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Somebody with all rights and this source code rewrites events as they would have been.</summary>
    private static async Task ForgeAsync(AuditStore store, string connection, long first, long last, bool moveHead)
    {
        var rows = await store.ListAsync(0, null, 100, default);
        var previous = rows[(int)first - 2].Hash;
        await ExecuteAsync(connection, Unguarded("SELECT 1"));
        await using var source = NpgsqlDataSource.Create(connection);
        foreach (var row in rows.Where(row => row.Sequence >= first && row.Sequence <= last))
        {
            var forged = row with { Actor = row.Sequence == first ? "apiKeys/somebody-else" : row.Actor, PreviousHash = previous };
            previous = AuditHash.Of(forged);
            await using var command = source.CreateCommand("UPDATE audit_log SET actor = $2, previous_hash = $3, hash = $4 WHERE sequence = $1");
            command.Parameters.AddWithValue(row.Sequence);
            command.Parameters.AddWithValue(forged.Actor);
            command.Parameters.AddWithValue(forged.PreviousHash);
            command.Parameters.AddWithValue(previous);
            await command.ExecuteNonQueryAsync();
        }

        if (moveHead)
        {
            await ExecuteAsync(connection, "UPDATE audit_head SET hash = (SELECT hash FROM audit_log ORDER BY sequence DESC LIMIT 1)");
        }
    }
}
