using System.Diagnostics;
using System.Globalization;
using LabelerService.Core.Errors;
using LabelerService.Storage.Database;
using LabelerService.Storage.Embedded;
using LabelerService.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace LabelerService.Storage.Tests.Embedded;

/// <summary>Real clusters, really killed. Durability is on: that is what is tested.</summary>
public sealed class EmbeddedPostgresTests : IDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(2);

    private readonly string _scratch = ScratchDirectory.Create("labeler-embedded-");

    private string Cluster => Path.Combine(_scratch, "cluster");

    private ClusterFiles Files => new(Cluster);

    public void Dispose() => Directory.Delete(_scratch, recursive: true);

    [Fact]
    public async Task A_restart_keeps_data_port_and_password_and_a_second_start_is_refused()
    {
        string connection;
        await using (var first = await StartAsync())
        {
            connection = first.ConnectionString;
            await ExecuteAsync(connection, "CREATE TABLE kept (id int PRIMARY KEY); INSERT INTO kept VALUES (42)");

            var exception = await Some.FailsAsync(ErrorKind.FailedPrecondition, StartAsync);
            Assert.Equal("DATA_DIRECTORY_IN_USE", exception.Reason);
            Assert.Contains(Cluster, exception.Message, StringComparison.Ordinal);
            Assert.Contains(Environment.ProcessId.ToString(CultureInfo.InvariantCulture), exception.Message, StringComparison.Ordinal);

            Assert.Equal("on", await ScalarAsync(connection, "SHOW fsync"));
            Assert.Equal("on", await ScalarAsync(connection, "SHOW data_checksums"));
            Assert.Equal("127.0.0.1", await ScalarAsync(connection, "SHOW listen_addresses"));
        }

        // Whoever takes the port meanwhile has it: then it starts on another, which is kept in turn.
        for (var starts = 1; ; starts++)
        {
            Assert.Null(Files.RunningPostmaster());
            await using var again = await StartAsync();
            Assert.Equal(42, await ScalarAsync(again.ConnectionString, "SELECT id FROM kept"));
            if (again.ConnectionString == connection)
            {
                break;
            }

            Assert.InRange(starts, 1, 4);
            Assert.Equal(new NpgsqlConnectionStringBuilder(connection).Password, new NpgsqlConnectionStringBuilder(again.ConnectionString).Password);
            connection = again.ConnectionString;
        }
    }

    [Fact]
    public async Task Nobody_gets_in_without_the_password_and_only_the_owner_can_read_it()
    {
        await using var cluster = await StartAsync();
        var wrong = new NpgsqlConnectionStringBuilder(cluster.ConnectionString) { Password = "guess", Pooling = false };
        var exception = await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(wrong.ConnectionString, "SELECT 1"));
        Assert.Equal(PostgresErrorCodes.InvalidPassword, exception.SqlState);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Files.PasswordFile));
        var rules = await File.ReadAllLinesAsync(Path.Combine(Files.Data, "pg_hba.conf"));
        Assert.All(
            rules.Where(rule => rule.Length > 0 && rule[0] != '#'), rule => Assert.EndsWith("scram-sha-256", rule, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_killed_postmaster_comes_back_on_its_port_with_every_committed_row()
    {
        await using var cluster = await StartAsync();
        await ExecuteAsync(cluster.ConnectionString, "CREATE TABLE rows (id int PRIMARY KEY)");
        for (var round = 0; round < 2; round++)
        {
            var victim = cluster.PostmasterPid;
            var acknowledged = new List<int>();
            using var enough = new CancellationTokenSource();
            var writer = Task.Run(async () =>
            {
                try
                {
                    await using var connection = new NpgsqlConnection(cluster.ConnectionString + ";Pooling=false");
                    await connection.OpenAsync();
                    for (var id = round * 1_000_000; ; id++)
                    {
                        await Sql.Command(connection, "INSERT INTO rows VALUES ($1)", id).ExecuteAsync(default);
                        acknowledged.Add(id);
                        if (acknowledged.Count == 50)
                        {
                            await enough.CancelAsync();
                        }
                    }
                }
                catch (Exception exception) when (DatabaseErrors.Translate(exception) is not null)
                {
                    // The server died under it, as intended.
                }
            });
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.Delay(Long, enough.Token));
            Kill(victim);
            await writer;

            await UntilAnswersAsync(cluster, notPid: victim);

            Assert.Equal(
                (long)acknowledged.Count,
                await ScalarAsync(
                    cluster.ConnectionString,
                    $"SELECT count(*) FROM rows WHERE id BETWEEN {acknowledged[0]} AND {acknowledged[^1]}"));
        }

        // The index agrees with the table after two crashes.
        await ExecuteAsync(cluster.ConnectionString, "CREATE EXTENSION amcheck");
        await ExecuteAsync(cluster.ConnectionString, "SELECT bt_index_check('rows_pkey', heapallindexed => true)");
    }

    [Fact]
    public async Task A_cluster_that_lost_its_owner_is_taken_over_with_its_data()
    {
        await (await StartAsync()).DisposeAsync();

        // What kill -9 of the owner leaves: a running postmaster, and nobody who holds the lock.
        var binaries = await PostgresBinaries.FindAsync(Files.Major(), default);
        var user = PostgresUser.Current();
        var started = await ProcessRunner.RunAsync(user, binaries.PgCtl, ["start", "-D", Files.Data, "-l", Files.Log, "-w"], default);
        Assert.True(started.ExitCode == 0, started.Output);
        var orphan = Files.RunningPostmaster();
        Assert.NotNull(orphan);

        await using var cluster = await StartAsync();

        Assert.NotEqual(orphan, cluster.PostmasterPid);
        Assert.False(PostmasterProcess.IsRunning(orphan.Value));
        await ExecuteAsync(cluster.ConnectionString, "SELECT 1");
    }

    [Fact]
    public async Task A_pid_file_whose_number_is_another_programs_by_now_does_not_keep_the_cluster_down()
    {
        await (await StartAsync()).DisposeAsync();
        var user = PostgresUser.Current();
        var (file, arguments) = user is null
            ? ("/bin/sleep", (IReadOnlyList<string>)["600"])
            : user.Wrap("/bin/sleep", ["600"]);
        using var stranger = Process.Start(new ProcessStartInfo(file, arguments))!;
        try
        {
            await File.WriteAllTextAsync(Path.Combine(Files.Data, "postmaster.pid"), $"{stranger.Id}\n{Files.Data}\n1\n1\n\n127.0.0.1\n0 0\nready\n");
            await using var cluster = await StartAsync();
            await ExecuteAsync(cluster.ConnectionString, "SELECT 1");
            Assert.False(stranger.HasExited);
        }
        finally
        {
            stranger.Kill();
            await stranger.WaitForExitAsync();
        }
    }

    [Fact]
    public async Task A_start_that_fails_shows_the_end_of_the_log_and_frees_the_directory()
    {
        await (await StartAsync()).DisposeAsync();
        var settings = Path.Combine(Files.Data, "postgresql.conf");
        var good = await File.ReadAllTextAsync(settings);
        await File.WriteAllTextAsync(settings, good + "\nno_such_setting = 1\n");
        var exception = await Some.FailsAsync(ErrorKind.FailedPrecondition, StartAsync);
        Assert.Equal("POSTGRES_START_FAILED", exception.Reason);
        Assert.Contains("no_such_setting", exception.Message, StringComparison.Ordinal);

        await File.WriteAllTextAsync(settings, good);
        await (await StartAsync()).DisposeAsync();
    }

    [Fact]
    public async Task An_interrupted_creation_is_done_again()
    {
        Directory.CreateDirectory(Path.Combine(Files.NewData, "base"));
        await File.WriteAllTextAsync(Path.Combine(Files.NewData, "PG_VERSION"), "15\n");
        await using var cluster = await StartAsync();
        await ExecuteAsync(cluster.ConnectionString, "SELECT 1");
        Assert.False(Directory.Exists(Files.NewData));
    }

    [Fact]
    public async Task A_directory_through_a_symbolic_link_is_the_same_directory()
    {
        Directory.CreateDirectory(Path.Combine(_scratch, "real"));
        Directory.CreateSymbolicLink(Path.Combine(_scratch, "link"), Path.Combine(_scratch, "real"));
        await using var cluster = await StartAsync(Path.Combine(_scratch, "link", "cluster"));
        await ExecuteAsync(cluster.ConnectionString, "SELECT 1");
        await Some.FailsAsync(ErrorKind.FailedPrecondition, () => StartAsync(Path.Combine(_scratch, "real", "cluster")));
    }

    [Fact]
    public async Task A_folder_that_is_closed_to_PostgreSQLs_account_is_named()
    {
        // Only root changes account; anyone else keeps their own, to which their folders are open.
        var closed = Path.Combine(_scratch, "closed");
        Directory.CreateDirectory(closed);
        File.SetUnixFileMode(closed, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var start = () => StartAsync(Path.Combine(closed, "cluster"));
        if (Environment.IsPrivilegedProcess)
        {
            var exception = await Some.FailsAsync(ErrorKind.FailedPrecondition, start);
            Assert.Equal("DATA_DIRECTORY_UNREACHABLE", exception.Reason);
            Assert.Contains($"chmod o+x {closed}", exception.Message, StringComparison.Ordinal);
        }
        else
        {
            await (await start()).DisposeAsync();
        }
    }

    [Fact]
    public async Task A_path_that_a_shell_would_read_differently_is_refused() =>
        await Some.FailsAsync(ErrorKind.InvalidArgument, "data", () => StartAsync(Path.Combine(_scratch, "$(reboot)")));

    [Fact]
    public async Task Missing_programs_are_named_with_what_to_install()
    {
        var exception = await Some.FailsAsync(ErrorKind.FailedPrecondition, () => PostgresBinaries.FindAsync(99, default));
        Assert.Contains("postgresql-99", exception.Message, StringComparison.Ordinal);
        Assert.Contains("LABELER_POSTGRES_BIN", exception.Message, StringComparison.Ordinal);
        Assert.True((await PostgresBinaries.FindAsync(null, default)).Major >= PostgresBinaries.OldestMajor);
    }

    private static void Kill(int pid)
    {
        using var process = Process.GetProcessById(pid);
        process.Kill();
    }

    private static async Task UntilAnswersAsync(EmbeddedPostgres cluster, int notPid)
    {
        using var limit = new CancellationTokenSource(Long);
        while (true)
        {
            try
            {
                if (cluster.PostmasterPid != notPid)
                {
                    await ExecuteAsync(cluster.ConnectionString, "SELECT 1");
                    return;
                }
            }
            catch (Exception exception) when (DatabaseErrors.Translate(exception) is { Kind: ErrorKind.Unavailable })
            {
                // Still recovering.
            }

            await Task.Delay(50, limit.Token);
        }
    }

    private static async Task ExecuteAsync(string connectionString, string sql) => await ScalarAsync(connectionString, sql);

    private static async Task<object?> ScalarAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }

    private Task<EmbeddedPostgres> StartAsync() => StartAsync(Cluster);

    private static Task<EmbeddedPostgres> StartAsync(string directory) => EmbeddedPostgres.StartAsync(
        new EmbeddedPostgresOptions { Directory = directory }, TimeProvider.System, NullLogger<EmbeddedPostgres>.Instance, default);
}
