using LabelerService.Server.Validation;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace LabelerService.Server.Hosting;

/// <summary>The ports of the API.</summary>
internal static partial class ServerHost
{
    private static void ConfigurePorts(
        KestrelServerOptions kestrel, ServerOptions options, Action<HttpsConnectionAdapterOptions>? tls)
    {
        // In clear text a port speaks either HTTP/1.1 or HTTP/2, so there are two.
        kestrel.AddServerHeader = false;

        // JSON carries bytes as base64, a third longer than the gRPC message. gRPC lifts the limit for its client streams by itself.
        kestrel.Limits.MaxRequestBodySize = Limits.MessageBytes * 3L / 2;
        kestrel.Limits.Http2.MaxStreamsPerConnection = 256;
        kestrel.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30);

        // Windows large enough that a bulk stream is not throttled by round trips, small enough to bound memory a connection.
        kestrel.Limits.Http2.InitialStreamWindowSize = 2 * 1024 * 1024;
        kestrel.Limits.Http2.InitialConnectionWindowSize = 4 * 1024 * 1024;
        Listen(options.Port, tls is null ? HttpProtocols.Http1 : HttpProtocols.Http1AndHttp2);
        Listen(options.GrpcPort, HttpProtocols.Http2);

        void Listen(int port, HttpProtocols protocols) => kestrel.Listen(options.Listen, port, listen =>
        {
            listen.Protocols = protocols;
            if (tls is not null)
            {
                listen.UseHttps(tls);
            }
        });
    }
}
