using LabelerService.TestKit.Postgres;
using Npgsql;

namespace LabelerService.Storage.Tests.Database;

/// <summary>
/// Whether the tables could be distributed by dataset (Citus) or partitioned by it, read from the catalogue of a migrated database: every key
/// begins with the dataset, and no row refers to another dataset's. docs/designs/distribution.md says what would be done with it.
/// </summary>
public sealed class DistributionTests(PostgresFixture database) : IClassFixture<PostgresFixture>
{
    private const string Dataset = "dataset_id";

    /// <summary>Tables that would be on every node, or on one, and why they are not distributed.</summary>
    private static readonly Dictionary<string, string> NotDistributed = new(StringComparer.Ordinal)
    {
        ["datasets"] = "reference: what a dataset is, asked for by its id in every call",
        ["artefacts"] = "local: addressed by content; the same bytes of two datasets are stored once",
        ["api_keys"] = "reference: small, read as a whole into every server's memory",
        ["server_secrets"] = "local: a few rows, read at the start",
        ["api_key_usage"] = "local: what a key has stored on a day, over all datasets",
        ["audit_log"] = "local: one chain over all datasets, each entry with the hash of the one before",
        ["audit_head"] = "local: where the chain has got to",
        ["trainers"] = "local: signs of life, of no dataset",
        ["__EFMigrationsHistory"] = "local: which migrations are applied",
    };

    /// <summary>Unique keys of distributed tables that do not begin with the dataset.</summary>
    private static readonly string[] OtherKeys = [];

    [Fact]
    public async Task Every_table_has_a_dataset_or_a_reason_to_have_none()
    {
        var without = await ListAsync(
            """
            SELECT c.relname FROM pg_class c
            WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
              AND NOT EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'dataset_id' AND NOT a.attisdropped)
            """);
        Assert.Equal(NotDistributed.Keys.Where(table => table != "datasets").Order(StringComparer.Ordinal), without.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Every_key_of_a_distributed_table_begins_with_its_dataset()
    {
        var keys = await ListAsync(
            """
            SELECT c.relname || ': ' || i.indexrelid::regclass || ' (' || (
                SELECT string_agg(a.attname, ', ' ORDER BY k.place) FROM unnest(i.indkey::smallint[]) WITH ORDINALITY k(number, place)
                JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number) || ')'
            FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
            WHERE i.indisunique AND c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
            """);
        var distributed = keys.Where(key => !NotDistributed.ContainsKey(key.Split(':')[0])).ToList();
        Assert.True(distributed.Count > 20, string.Join('\n', keys));
        Assert.Equal(OtherKeys, distributed.Where(key => !key.Contains($"({Dataset}", StringComparison.Ordinal)));
        var keyed = distributed.Select(key => key.Split(':')[0]).ToHashSet(StringComparer.Ordinal);
        var tables = await ListAsync("SELECT relname::text FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace");
        Assert.All(tables, table => Assert.True(NotDistributed.ContainsKey(table) || keyed.Contains(table), $"{table} has no key"));
    }

    [Fact]
    public async Task Every_reference_between_distributed_tables_carries_the_dataset()
    {
        var references = await ListAsync(
            """
            SELECT f.conrelid::regclass || ' -> ' || f.confrelid::regclass || ' (' || (
                SELECT string_agg(a.attname || '=' || b.attname, ', ' ORDER BY k.place)
                FROM unnest(f.conkey, f.confkey) WITH ORDINALITY k(mine, theirs, place)
                JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = k.mine
                JOIN pg_attribute b ON b.attrelid = f.confrelid AND b.attnum = k.theirs) || ')'
            FROM pg_constraint f WHERE f.contype = 'f' AND f.connamespace = 'public'::regnamespace
            """);
        Assert.All(references, reference => Assert.Contains($"{Dataset}={Dataset}", reference, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Triggers_of_distributed_tables_write_rows_of_the_same_dataset()
    {
        // What is not here was not looked at.
        var triggers = await ListAsync(
            "SELECT t.tgrelid::regclass || '.' || t.tgname FROM pg_trigger t WHERE NOT t.tgisinternal");
        Assert.Equal(
            [
                "annotations.keep_annotation_revisions", "artefacts.keep_artefacts_in_use", "audit_head.audit_head_goes_on",
                "audit_head.audit_head_stays", "audit_log.audit_log_only_grows", "datasets.delete_with_dataset",
                "training_runs.leave_runs_to_newer_trainers",
            ],
            triggers.Order(StringComparer.Ordinal));
    }

    private async Task<List<string>> ListAsync(string sql)
    {
        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        await using var command = source.CreateCommand(sql);
        await using var rows = await command.ExecuteReaderAsync();
        var list = new List<string>();
        while (await rows.ReadAsync())
        {
            list.Add(rows.GetString(0));
        }

        return list;
    }
}
