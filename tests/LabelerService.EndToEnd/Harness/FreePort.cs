using System.Net;
using System.Net.Sockets;

namespace LabelerService.EndToEnd.Harness;

/// <summary>Ports of this machine that nobody uses at the moment.</summary>
internal static class FreePort
{
    /// <summary>Two different ones.</summary>
    public static (int First, int Second) Two()
    {
        using TcpListener first = new(IPAddress.Loopback, 0), second = new(IPAddress.Loopback, 0);
        first.Start();
        second.Start();
        return (((IPEndPoint)first.LocalEndpoint).Port, ((IPEndPoint)second.LocalEndpoint).Port);
    }
}
