using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace LabelerService.Client.Tests.Harness;

/// <summary>A gRPC server in this process whose service does what a test says, and whose connections can be cut.</summary>
internal sealed class GrpcHost : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly Connections _connections;

    private GrpcHost(WebApplication application, Connections connections)
    {
        (_application, _connections) = (application, connections);
        Address = new Uri(application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
    }

    public Uri Address { get; }

    public static async Task<GrpcHost> StartAsync<TService>(TService service)
        where TService : class
    {
        var connections = new Connections();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(options => options.Listen(System.Net.IPAddress.Loopback, 0, listen =>
        {
            listen.Protocols = HttpProtocols.Http2;
            listen.Use(next => context => connections.RunAsync(context, next));
        }));
        builder.Services.AddGrpc(options => options.MaxReceiveMessageSize = null);
        builder.Services.AddSingleton(service);
        var application = builder.Build();
        application.MapGrpcService<TService>();
        await application.StartAsync();
        return new GrpcHost(application, connections);
    }

    /// <summary>A client whose pauses are short.</summary>
    public LabelerClient Client(Func<ConnectionSettings, ConnectionSettings>? with = null)
    {
        var settings = new ConnectionSettings(Address)
        {
            Retries = new RetrySettings
            {
                FirstPause = TimeSpan.FromMilliseconds(5),
                LongestPause = TimeSpan.FromMilliseconds(20),
                LongestOutage = TimeSpan.FromSeconds(30),
            },
        };
        return new LabelerClient(with?.Invoke(settings) ?? settings);
    }

    /// <summary>Resets all connections, as the death of a process does.</summary>
    public void Cut() => _connections.Cut();

    public async ValueTask DisposeAsync() => await _application.DisposeAsync();

    private sealed class Connections
    {
        private readonly HashSet<ConnectionContext> _open = [];

        public async Task RunAsync(ConnectionContext context, ConnectionDelegate next)
        {
            lock (_open)
            {
                _open.Add(context);
            }

            try
            {
                await next(context);
            }
            finally
            {
                lock (_open)
                {
                    _open.Remove(context);
                }
            }
        }

        public void Cut()
        {
            lock (_open)
            {
                foreach (var context in _open)
                {
                    context.Abort(new ConnectionAbortedException("cut by the test"));
                }
            }
        }
    }
}
