using Testcontainers.PostgreSql;

namespace LabelerService.TestKit.Postgres;

/// <summary>PostgreSQL 17 in a container; gone with the run.</summary>
internal sealed class DockerServer(PostgreSqlContainer container) : ITestServer
{
    public string Kind => "docker";

    public string ConnectionString => container.GetConnectionString();

    public static async Task<DockerServer> StartAsync()
    {
        // Durability is off because the data lives no longer than the run; nothing else may do this.
        var container = new PostgreSqlBuilder("postgres:17").WithDatabase("postgres").WithCommand(
            "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "max_connections=200", "-c", "jit=off")
            .Build();
        await container.StartAsync();
        return new DockerServer(container);
    }

    public ValueTask DisposeAsync() => container.DisposeAsync();
}
