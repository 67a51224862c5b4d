using System.Net.Sockets;
using DotNet.Testcontainers.Builders;

namespace LabelerService.TestKit.Postgres;

/// <summary>A PostgreSQL server for the length of a test run.</summary>
internal interface ITestServer : IAsyncDisposable
{
    /// <summary>What it is, for messages: external, docker or private.</summary>
    public string Kind { get; }

    /// <summary>Connection string of a superuser, to the database postgres.</summary>
    public string ConnectionString { get; }
}

internal static class TestServer
{
    private const string Given = "LABELER_TEST_POSTGRES";
    private const string Forced = "LABELER_TEST_DATABASE";

    /// <summary>
    /// A server that is given (LABELER_TEST_POSTGRES), else a container when Docker answers, else a private cluster. Both of the latter
    /// can be forced (LABELER_TEST_DATABASE=docker or private).
    /// </summary>
    public static async Task<ITestServer> StartAsync()
    {
        var forced = Environment.GetEnvironmentVariable(Forced);
        if (forced is null && Environment.GetEnvironmentVariable(Given) is { Length: > 0 } given)
        {
            return new ExternalServer(given);
        }

        return forced switch
        {
            "docker" => await DockerServer.StartAsync(),
            "private" => await PrivateServer.StartAsync(),
            null or "" => await DockerOrPrivateAsync(),
            _ => throw new InvalidOperationException($"{Forced} is '{forced}'; it may be docker or private."),
        };
    }

    private static async Task<ITestServer> DockerOrPrivateAsync()
    {
        if (await DockerAnswersAsync())
        {
            try
            {
                return await DockerServer.StartAsync();
            }
            catch (DockerUnavailableException)
            {
                // Something listens on the socket, but not a daemon that Testcontainers can talk to (another API version, no permission).
            }
        }

        return await PrivateServer.StartAsync();
    }

    private static async Task<bool> DockerAnswersAsync()
    {
        var host = Environment.GetEnvironmentVariable("DOCKER_HOST") ?? "unix:///var/run/docker.sock";
        if (!host.StartsWith("unix://", StringComparison.Ordinal))
        {
            return true;
        }

        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(host["unix://".Length..]));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private sealed class ExternalServer(string connectionString) : ITestServer
    {
        public string Kind => "external";

        public string ConnectionString => connectionString;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
