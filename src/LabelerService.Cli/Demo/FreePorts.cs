using System.Net;
using System.Net.Sockets;

namespace LabelerService.Cli.Demo;

/// <summary>Finds ports of the loopback address that nobody listens on.</summary>
internal static class FreePorts
{
    /// <summary>Two different free ports. Another process may take one before it is used, which then shows as a failed start.</summary>
    public static (int Http, int Grpc) Two()
    {
        using var first = new TcpListener(IPAddress.Loopback, 0);
        using var second = new TcpListener(IPAddress.Loopback, 0);
        first.Start();
        second.Start();
        return (((IPEndPoint)first.LocalEndpoint).Port, ((IPEndPoint)second.LocalEndpoint).Port);
    }
}
