using LabelerService.Core.Errors;
using LabelerService.Storage.Embedded;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace LabelerService.TestKit.Postgres;

/// <summary>A cluster from the machine's own PostgreSQL programs, in a directory under /tmp; gone with the run.</summary>
internal sealed class PrivateServer(EmbeddedPostgres cluster, string directory) : ITestServer
{
    private const string Prefix = "labeler-test-";

    public string Kind => "private";

    public string ConnectionString => new NpgsqlConnectionStringBuilder(cluster.ConnectionString) { Database = "postgres" }.ConnectionString;

    public static async Task<PrivateServer> StartAsync()
    {
        await RemoveLeftoversAsync();
        var directory = ScratchDirectory.Create(Prefix);
        return new PrivateServer(await StartAsync(directory), directory);
    }

    public async ValueTask DisposeAsync()
    {
        await cluster.DisposeAsync();
        Directory.Delete(directory, recursive: true);
    }

    // Durability is off because the data lives no longer than the run; nothing else may do this.
    private static Task<EmbeddedPostgres> StartAsync(string directory) => EmbeddedPostgres.StartAsync(
        new EmbeddedPostgresOptions { Directory = Path.Combine(directory, "cluster"), Durable = false }, TimeProvider.System,
        NullLogger<EmbeddedPostgres>.Instance, CancellationToken.None);

    /// <summary>A run that was killed leaves its cluster running: whoever can lock its directory may stop it.</summary>
    private static async Task RemoveLeftoversAsync()
    {
        foreach (var directory in Directory.EnumerateDirectories("/tmp", Prefix + "*"))
        {
            try
            {
                await (await StartAsync(directory)).DisposeAsync();
                Directory.Delete(directory, recursive: true);
            }
            catch (Exception exception) when (exception is ServiceException or IOException or UnauthorizedAccessException)
            {
                // Another run's, at work now; or another user's.
            }
        }
    }
}
