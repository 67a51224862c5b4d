using System.Globalization;
using LabelerService.Storage;
using LabelerService.Storage.Database;
using LabelerService.Storage.Partitions;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace LabelerService.TestKit.Postgres;

/// <summary>
/// The server of this test run and its migrated template, started with the first use and stopped after the last test
/// (<see cref="PostgresTestFramework"/>). Cloning the template takes a fraction of migrating again.
/// </summary>
internal static class SharedDatabases
{
    // LABELER_TEST_PARTITIONS=8: what every test's database has instead of plain tables.
    private const string Partitioned = "LABELER_TEST_PARTITIONS";

    private static readonly SemaphoreSlim Gate = new(1, 1);
    private static readonly string Run = Guid.NewGuid().ToString("N")[..12];
    private static ITestServer? _server;
    private static int _databases;

    private static string Template => $"labeler_template_{Run}";

    public static async Task<string> KindAsync() => (await ServerAsync()).Kind;

    /// <summary>Creates a database and returns its connection string.</summary>
    /// <param name="migrated">Cloned from the migrated template, or empty.</param>
    public static async Task<string> CreateAsync(bool migrated)
    {
        var server = await ServerAsync();
        var name = $"labeler_test_{Run}_{Interlocked.Increment(ref _databases)}";

        // Cloning needs the template to be unused: one at a time.
        await Gate.WaitAsync();
        try
        {
            await ExecuteAsync(server, $"CREATE DATABASE {name}" + (migrated ? $" TEMPLATE {Template}" : ""));
        }
        finally
        {
            Gate.Release();
        }

        return ConnectionTo(server, name);
    }

    public static async Task DropAsync(string connectionString)
    {
        var server = await ServerAsync();
        await ExecuteAsync(server, $"DROP DATABASE IF EXISTS {new NpgsqlConnectionStringBuilder(connectionString).Database} WITH (FORCE)");
    }

    /// <summary>Stops the server, if one was started.</summary>
    public static async Task DisposeAsync()
    {
        await Gate.WaitAsync();
        try
        {
            if (_server is { } server)
            {
                _server = null;
                await ExecuteAsync(server, $"DROP DATABASE IF EXISTS {Template} WITH (FORCE)");
                await server.DisposeAsync();
            }
        }
        finally
        {
            Gate.Release();
        }
    }

    private static async Task<ITestServer> ServerAsync()
    {
        await Gate.WaitAsync();
        try
        {
            return _server ??= await StartAsync();
        }
        finally
        {
            Gate.Release();
        }
    }

    private static async Task<ITestServer> StartAsync()
    {
        var server = await TestServer.StartAsync();
        await ExecuteAsync(server, $"CREATE DATABASE {Template}");
        await using var services = new ServiceCollection().AddLogging()
            .AddLabelerStorage(ConnectionTo(server, Template) + ";Pooling=false").BuildServiceProvider();
        await services.GetRequiredService<DatabaseMigrator>().MigrateAsync(CancellationToken.None);
        if (int.TryParse(Environment.GetEnvironmentVariable(Partitioned), NumberStyles.None, CultureInfo.InvariantCulture, out var partitions))
        {
            await services.GetRequiredService<TablePartitioning>().ApplyAsync(partitions, null, CancellationToken.None);
        }

        return server;
    }

    private static string ConnectionTo(ITestServer server, string database) =>
        new NpgsqlConnectionStringBuilder(server.ConnectionString) { Database = database, IncludeErrorDetail = true }.ConnectionString;

    private static async Task ExecuteAsync(ITestServer server, string sql)
    {
        await using var connection = new NpgsqlConnection(server.ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
