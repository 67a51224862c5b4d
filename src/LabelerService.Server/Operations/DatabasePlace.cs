using LabelerService.Storage;
using LabelerService.Storage.Embedded;
using Microsoft.Extensions.Logging.Abstractions;

namespace LabelerService.Server.Operations;

/// <summary>Where a database is, as the command line says.</summary>
/// <param name="Directory">Directory of an embedded PostgreSQL; counts where there is no connection string.</param>
/// <param name="Postgres">Connection string of an existing PostgreSQL.</param>
internal sealed record DatabasePlace(string Directory, string? Postgres)
{
    /// <summary>Opens a database that is there: a directory's cluster as it runs, or started for as long as this.</summary>
    public async Task<OpenDatabase> OpenAsync(CancellationToken cancel) =>
        (Postgres ?? EmbeddedPostgres.FindRunning(Directory)) is { } running ? new OpenDatabase(running, null) : await StartAsync(cancel);

    /// <summary>Opens a database that is to be filled; a directory gets a cluster if it has none.</summary>
    public async Task<OpenDatabase> CreateAsync(CancellationToken cancel) =>
        Postgres is { } given ? new OpenDatabase(given, null) : await StartAsync(cancel);

    private async Task<OpenDatabase> StartAsync(CancellationToken cancel)
    {
        var cluster = await EmbeddedPostgres.StartAsync(
            new EmbeddedPostgresOptions { Directory = Directory }, TimeProvider.System, NullLogger<EmbeddedPostgres>.Instance, cancel);
        return new OpenDatabase(cluster.ConnectionString, cluster);
    }
}

/// <summary>A database to work on, and the storage on it.</summary>
internal sealed class OpenDatabase(string connectionString, EmbeddedPostgres? cluster) : IAsyncDisposable
{
    // A table takes as long as it takes; whoever waits can press Ctrl-C.
    private readonly ServiceProvider _storage = new ServiceCollection().AddLogging()
        .AddLabelerStorage($"{connectionString};Command Timeout=0;Pooling=false").BuildServiceProvider();

    /// <summary>A part of the storage.</summary>
    public T Get<T>()
        where T : notnull => _storage.GetRequiredService<T>();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _storage.DisposeAsync();
        if (cluster is not null)
        {
            await cluster.DisposeAsync();
        }
    }
}
