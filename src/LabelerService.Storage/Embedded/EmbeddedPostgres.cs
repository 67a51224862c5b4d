using LabelerService.Core.Errors;
using LabelerService.Storage.Database;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace LabelerService.Storage.Embedded;

/// <summary>
/// A private PostgreSQL cluster in a directory of its own, run from the machine's PostgreSQL programs. One process at a time owns the
/// directory. If the owner is killed, the next one takes over the cluster it left running. If the cluster is killed, it is started
/// again: what was committed is there.
/// </summary>
public sealed partial class EmbeddedPostgres : IAsyncDisposable
{
    private const string Superuser = "labeler";
    private const string DatabaseName = "labeler";
    private const int StartAttempts = 20;

    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(60);

    private readonly EmbeddedPostgresOptions _options;
    private readonly ClusterFiles _files;
    private readonly DirectoryLock _lock;
    private readonly PostgresBinaries _binaries;
    private readonly PostgresUser? _user;
    private readonly TimeProvider _time;
    private readonly ILogger<EmbeddedPostgres> _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly string _password;
    private int _pid;
    private Task _supervision = Task.CompletedTask;
    private int _disposed;

    private EmbeddedPostgres(
        EmbeddedPostgresOptions options, ClusterFiles files, DirectoryLock directoryLock, PostgresBinaries binaries, PostgresUser? user,
        string password, TimeProvider time, ILogger<EmbeddedPostgres> logger)
    {
        _options = options;
        _files = files;
        _lock = directoryLock;
        _binaries = binaries;
        _user = user;
        _password = password;
        _time = time;
        _logger = logger;
    }

    /// <summary>Port on 127.0.0.1; kept from start to start while it is free.</summary>
    public int Port { get; private set; }

    /// <summary>Npgsql connection string of the service's database, as its superuser.</summary>
    public string ConnectionString => ConnectionTo(DatabaseName);

    /// <summary>The file that PostgreSQL logs to.</summary>
    public string LogFile => _files.Log;

    /// <summary>Process id of the postmaster.</summary>
    public int PostmasterPid => Volatile.Read(ref _pid);

    /// <summary>Starts the cluster of a directory, creating it if there is none, and returns when it takes connections.</summary>
    /// <exception cref="ServiceException">
    /// FailedPrecondition: another process owns the directory, the programs are missing or too old, the directory cannot be used, or
    /// PostgreSQL refuses to start; the message has the end of its log and says what to do.
    /// </exception>
    public static async Task<EmbeddedPostgres> StartAsync(
        EmbeddedPostgresOptions options, TimeProvider time, ILogger<EmbeddedPostgres> logger, CancellationToken cancel)
    {
        var files = new ClusterFiles(Path.TrimEndingDirectorySeparator(Path.GetFullPath(options.Directory)));
        files.Create();
        files = files.Real();
        var user = PostgresUser.Current();
        var directoryLock = DirectoryLock.Acquire(files.Directory);
        try
        {
            var binaries = await PostgresBinaries.FindAsync(files.Major(), cancel);
            var password = files.Password();
            if (user is not null)
            {
                await user.OwnAsync(files.Directory, cancel);
                await user.CheckReachesAsync(files.Directory, cancel);
            }

            var cluster = new EmbeddedPostgres(options, files, directoryLock, binaries, user, password, time, logger);
            try
            {
                await cluster.InitialiseAsync(cancel);
                await cluster.TakeOverAsync(cancel);
                await cluster.StartPostmasterAsync(keepPort: false, cancel);
                await cluster.EnsureDatabaseAsync(cancel);
            }
            catch
            {
                // Never leave a cluster running that nobody owns.
                await cluster.StopPostmasterAsync(CancellationToken.None);
                throw;
            }

            cluster._supervision = Task.Run(() => cluster.SuperviseAsync(cluster._stop.Token), CancellationToken.None);
            Log.Started(logger, binaries.Major, files.Directory, cluster.Port, cluster._pid);
            return cluster;
        }
        catch
        {
            directoryLock.Dispose();
            throw;
        }
    }

    /// <summary>Stops the cluster cleanly: sessions are ended, everything is on disk.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _stop.CancelAsync();
        try
        {
            await _supervision;
            await StopPostmasterAsync(CancellationToken.None);
        }
        finally
        {
            _lock.Dispose();
            _stop.Dispose();
        }

        Log.Stopped(_logger, _files.Directory);
    }

    private string ConnectionTo(string database) => new NpgsqlConnectionStringBuilder
    {
        Host = "127.0.0.1",
        Port = Port,
        Username = Superuser,
        Password = _password,
        Database = database,
    }.ConnectionString;

    private async Task InitialiseAsync(CancellationToken cancel)
    {
        if (_files.Major() is not null)
        {
            return;
        }

        if (System.IO.Directory.Exists(_files.Data))
        {
            throw new ServiceException(
                ErrorKind.FailedPrecondition, "DATA_DIRECTORY_UNUSABLE",
                $"{_files.Data} exists but holds no PostgreSQL cluster. Move it away, or choose another directory with --data.");
        }

        if (System.IO.Directory.Exists(_files.NewData))
        {
            System.IO.Directory.Delete(_files.NewData, recursive: true);
        }

        // The same bytes sort the same on every machine: no locale of the host gets in.
        List<string> arguments =
        [
            "-D", _files.NewData, "-U", Superuser, "--pwfile", _files.PasswordFile, "--auth", "scram-sha-256", "--encoding", "UTF8",
            "--locale", "C", "--data-checksums",
        ];
        if (!_options.Durable)
        {
            arguments.Add("--no-sync");
        }

        var result = await ProcessRunner.RunAsync(_user, _binaries.InitDb, arguments, cancel);
        if (result.ExitCode != 0)
        {
            throw new ServiceException(
                ErrorKind.FailedPrecondition, "POSTGRES_INIT_FAILED",
                $"A PostgreSQL cluster could not be created in {_files.Directory}: {result.Output}");
        }

        await File.AppendAllTextAsync(Path.Combine(_files.NewData, "postgresql.conf"), "\ninclude_if_exists = 'labeler.conf'\n", cancel);
        System.IO.Directory.Move(_files.NewData, _files.Data);
    }

    /// <summary>The lock is ours, so a cluster that still runs here lost its owner: it is stopped, and started again as ours.</summary>
    private async Task TakeOverAsync(CancellationToken cancel)
    {
        if (_files.RunningPostmaster() is { } orphan)
        {
            Log.TakingOver(_logger, orphan, _files.Directory);
            await StopPostmasterAsync(cancel);
        }
    }

    private async Task EnsureDatabaseAsync(CancellationToken cancel)
    {
        await using var source = NpgsqlDataSource.Create(ConnectionTo("postgres") + ";Pooling=false");
        await using var connection = await source.OpenConnectionAsync(cancel);
        if (await Sql.Command(connection, "SELECT 1 FROM pg_database WHERE datname = $1", DatabaseName).ScalarAsync<int>(cancel) == 0)
        {
            await Sql.Command(connection, $"CREATE DATABASE {DatabaseName}").ExecuteAsync(cancel);
        }
    }
}
