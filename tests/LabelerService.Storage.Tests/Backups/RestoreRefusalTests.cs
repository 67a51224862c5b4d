using LabelerService.Core.Errors;
using LabelerService.Storage.Backups;
using LabelerService.TestKit.Postgres;
using LabelerService.TestKit.Suites;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace LabelerService.Storage.Tests.Backups;

/// <summary>Backups that are not restored, and why; the database stays as it was.</summary>
[Trait("Suite", "security")]
public sealed class RestoreRefusalTests(PostgresFixture database) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private byte[] _file = [];
    private string _target = "";

    public async Task InitializeAsync()
    {
        await Some.DatasetAsync(database, items: 50, labelers: 3);
        _file = (await BackupFiles.WriteAsync(database.ConnectionString)).File;
        _target = await PostgresFixture.CreateDatabaseAsync(migrated: false);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_backup_that_was_cut_off_is_refused_wherever_that_was()
    {
        for (var length = 0; length < _file.Length; length += Math.Max(1, _file.Length / 200))
        {
            var refusal = await RefusedAsync(_file[..length]);
            Assert.Equal("BACKUP_DAMAGED", refusal.Reason);
        }

        await StaysEmptyAsync();
    }

    [Fact]
    public async Task An_altered_part_is_named_and_nothing_of_the_others_is_left()
    {
        var manifest = await DatabaseRestore.VerifyAsync(new MemoryStream(_file), BackupFiles.Version, null, default);
        foreach (var part in (string[])[manifest.Tables[0].Part, "tables/items", manifest.Tables[^1].Part])
        {
            var altered = BackupFiles.WithAlteredPart(_file, part);
            var refusal = await RefusedAsync(altered);
            Assert.Equal("BACKUP_DAMAGED", refusal.Reason);
            Assert.Contains($" {part} ", refusal.Message, StringComparison.Ordinal);
        }

        // Without the check before: the last table, so that all others are in the database when it is found.
        var last = await Some.FailsAsync(
            ErrorKind.FailedPrecondition, () => BackupFiles.RestoreAsync(BackupFiles.WithAlteredPart(_file, manifest.Tables[^1].Part), _target));
        Assert.Equal("BACKUP_DAMAGED", last.Reason);
        await StaysEmptyAsync();
    }

    [Fact]
    public async Task A_byte_that_flips_anywhere_is_noticed_or_means_nothing()
    {
        var whole = (await DatabaseRestore.VerifyAsync(new MemoryStream(_file), BackupFiles.Version, null, default)).ToJson();
        var refused = 0;
        var random = new Random(LongForm.Seed);
        var rounds = LongForm.Of(400, 10_000);
        for (var i = 0; i < rounds; i++)
        {
            var flipped = _file.ToArray();
            flipped[random.Next(flipped.Length)] ^= (byte)(1 << random.Next(8));
            try
            {
                // Times and the like in the archive's lists are no part of the backup: what is read must be the same.
                Assert.Equal(whole, (await DatabaseRestore.VerifyAsync(new MemoryStream(flipped), BackupFiles.Version, null, default)).ToJson());
            }
            catch (ServiceException refusal)
            {
                Assert.Equal((ErrorKind.FailedPrecondition, "BACKUP_DAMAGED"), (refusal.Kind, refusal.Reason));
                refused++;
            }
        }

        Assert.InRange(refused, rounds / 2, rounds);
        SuiteReport.Add("security", "backups with a flipped bit", ("seed", LongForm.Seed), ("inputs", rounds), ("refused", refused), ("read wrongly", 0));
    }

    [Fact]
    public async Task A_backup_of_a_newer_version_is_refused_with_the_version_that_reads_it()
    {
        var format = BackupFiles.WithManifest(_file, manifest => manifest with { Format = BackupManifest.CurrentFormat + 1, Version = "9.8.7" });
        var schema = BackupFiles.WithManifest(
            _file, manifest => manifest with { Migrations = [.. manifest.Migrations, "29990101000000_Later"], Version = "9.8.7" });
        foreach (var file in (byte[][])[format, schema])
        {
            var refusal = await Some.FailsAsync(ErrorKind.FailedPrecondition, () => BackupFiles.RestoreAsync(file, _target));
            Assert.Equal("BACKUP_NEWER", refusal.Reason);
            Assert.Contains("with version 9.8.7 or newer", refusal.Message, StringComparison.Ordinal);
        }

        await StaysEmptyAsync();
    }

    [Fact]
    public async Task A_backup_whose_tables_do_not_fit_its_migrations_is_refused()
    {
        var file = BackupFiles.WithManifest(
            _file, manifest => manifest with { Tables = [.. manifest.Tables.Skip(1), manifest.Tables[0] with { Name = "no_such\"table" }] });
        var refusal = await Some.FailsAsync(ErrorKind.FailedPrecondition, () => BackupFiles.RestoreAsync(file, _target));
        Assert.Equal("BACKUP_OF_OTHER_SCHEMA", refusal.Reason);
        await StaysEmptyAsync();
    }

    [Fact]
    public async Task A_database_that_holds_anything_is_left_alone()
    {
        var before = await DatabaseContents.ReadAsync(database.ConnectionString);
        var refusal = await Some.FailsAsync(ErrorKind.FailedPrecondition, () => BackupFiles.RestoreAsync(_file, database.ConnectionString));
        Assert.Equal("DATABASE_NOT_EMPTY", refusal.Reason);
        Assert.Contains("--data", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(before, await DatabaseContents.ReadAsync(database.ConnectionString));
    }

    [Fact]
    public async Task There_is_no_backup_of_nothing_nor_of_a_newer_schema()
    {
        Assert.Equal("DATABASE_EMPTY", (await Some.FailsAsync(ErrorKind.FailedPrecondition, () => BackupFiles.WriteAsync(_target))).Reason);
        var newer = await PostgresFixture.CreateDatabaseAsync(migrated: true);
        await using (var source = NpgsqlDataSource.Create(newer))
        {
            await using var later = source.CreateCommand("INSERT INTO \"__EFMigrationsHistory\" VALUES ('29990101000000_Later', '99')");
            await later.ExecuteNonQueryAsync();
        }

        Assert.Equal("SCHEMA_NEWER", (await Some.FailsAsync(ErrorKind.FailedPrecondition, () => BackupFiles.WriteAsync(newer))).Reason);
    }

    [Fact]
    public async Task A_restore_that_is_stopped_leaves_the_database_empty()
    {
        await using var storage = PostgresFixture.Storage(_target);
        using var stop = new CancellationTokenSource();
        var progress = new StopAt("items", stop);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => storage.GetRequiredService<DatabaseRestore>().ReadAsync(new MemoryStream(_file), BackupFiles.Version, progress, stop.Token));
        await StaysEmptyAsync();
        await BackupFiles.RestoreAsync(_file, _target);
    }

    private static Task<ServiceException> RefusedAsync(byte[] file) => Some.FailsAsync(
        ErrorKind.FailedPrecondition, () => DatabaseRestore.VerifyAsync(new MemoryStream(file), BackupFiles.Version, null, default));

    private async Task StaysEmptyAsync() => Assert.Empty(await DatabaseContents.ReadAsync(_target));

    private sealed class StopAt(string table, CancellationTokenSource stop) : IProgress<BackupProgress>
    {
        public void Report(BackupProgress value)
        {
            if (value.Table == table)
            {
                stop.Cancel();
            }
        }
    }
}
