using LabelerService.Storage;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace LabelerService.TestKit.Postgres;

/// <summary>
/// A migrated database of its own for a test class: <c>class XTests(PostgresFixture database) : IClassFixture&lt;PostgresFixture&gt;</c>.
/// Put <c>[assembly: TestFramework("LabelerService.TestKit.Postgres.PostgresTestFramework", "LabelerService.TestKit")]</c> into the test
/// assembly, so that the server stops after the last test.
/// </summary>
public sealed class PostgresFixture : IAsyncLifetime
{
    private ServiceProvider? _services;

    /// <summary>Connection string of the database.</summary>
    public string ConnectionString { get; private set; } = "";

    /// <summary>Which kind of server it is on: external, docker or private.</summary>
    public string Kind { get; private set; } = "";

    /// <summary>The storage on this database.</summary>
    public IServiceProvider Services => _services ?? throw new InvalidOperationException("The fixture is not initialised.");

    /// <summary>A store of the storage.</summary>
    public T Get<T>()
        where T : notnull => Services.GetRequiredService<T>();

    /// <summary>Creates one more database, beside the fixture's own; dropped with the server.</summary>
    /// <param name="migrated">Cloned from the migrated template, or empty.</param>
    public static Task<string> CreateDatabaseAsync(bool migrated) => SharedDatabases.CreateAsync(migrated);

    /// <summary>A storage on a database, as another replica would have it.</summary>
    public static ServiceProvider Storage(string connectionString, Action<StorageOptions>? configure = null) =>
        new ServiceCollection().AddLogging().AddLabelerStorage(options =>
        {
            options.ConnectionString = connectionString;
            configure?.Invoke(options);
        }).BuildServiceProvider();

    /// <inheritdoc />
    public async Task InitializeAsync()
    {
        Kind = await SharedDatabases.KindAsync();
        ConnectionString = await SharedDatabases.CreateAsync(migrated: true);
        _services = Storage(ConnectionString);
    }

    /// <inheritdoc />
    public async Task DisposeAsync()
    {
        if (_services is not null)
        {
            await _services.DisposeAsync();
            await SharedDatabases.DropAsync(ConnectionString);
        }
    }
}
