using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Balancer;
using Grpc.Net.Client.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace LabelerService.Client;

/// <summary>
/// Opens the channel to the service. Where several replicas are named, calls go to them in turn: a replica that does not answer is left out
/// until it does again, and calls that may be repeated go to another.
/// </summary>
internal static class ServiceChannel
{
    // A batch of predictions with every labeler's distribution is the largest answer; the client keeps it below this by its batch size.
    private const int MaximumAnswer = 64 << 20;

    /// <summary>
    /// A server that has come back is found within about this time. gRPC's own pauses grow to two minutes: in a rolling update the next server would be gone
    /// by then.
    /// </summary>
    internal static readonly TimeSpan LongestReconnectPause = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan FirstReconnectPause = TimeSpan.FromMilliseconds(100);

    /// <summary>Opens a channel; connections are made with the first call.</summary>
    /// <exception cref="ConnectionSettingsException">A setting is wrong.</exception>
    public static GrpcChannel Open(ConnectionSettings settings)
    {
        settings.Check();
        var options = new GrpcChannelOptions
        {
            MaxReceiveMessageSize = MaximumAnswer,
            DisposeHttpClient = true,
            InitialReconnectBackoff = FirstReconnectPause,
            MaxReconnectBackoff = LongestReconnectPause,
            // The key goes to plain http servers too; a provider's token must not be left out silently where the key is not.
            UnsafeUseInsecureChannelCallCredentials = true,
            HttpHandler = new NamedHandler(settings.UserAgent, new SocketsHttpHandler
            {
                ConnectTimeout = settings.ConnectTimeout,
                // A connection that died silently (NAT, suspended laptop) is noticed while a run is watched.
                KeepAlivePingDelay = TimeSpan.FromSeconds(30),
                KeepAlivePingTimeout = TimeSpan.FromSeconds(20),
                EnableMultipleHttp2Connections = true,
                SslOptions = TrustedAuthorities.Load(settings),
            }),
        };
        if (settings.Replicas.Count == 0)
        {
            return GrpcChannel.ForAddress(settings.Server, options);
        }

        var addresses = settings.Replicas.Prepend(settings.Server).Select(server => new BalancerAddress(server.Host, server.Port)).ToArray();
        options.ServiceConfig = new ServiceConfig { LoadBalancingConfigs = { new RoundRobinConfig() } };
        options.Credentials = ChannelCredentials.Insecure;
        options.ServiceProvider = new ServiceCollection()
            .AddSingleton<ResolverFactory>(new StaticResolverFactory(_ => addresses)).BuildServiceProvider();
        return GrpcChannel.ForAddress("static:///labeler", options);
    }
}
