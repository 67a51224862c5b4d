using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace LabelerService.EndToEnd.Harness;

/// <summary>
/// Ports of this machine that nobody uses, and that nobody gets by chance either while the server that is to have them starts, or starts
/// again: they are below those that the system gives to outgoing connections, and each is handed out once.
/// </summary>
internal static class FreePort
{
    private const int Span = 12_000;
    private static readonly int End = FirstOfTheSystem();
    private static readonly HashSet<int> Given = [];

    // Two runs of the tests at a time look in different places.
    private static readonly Random Choice = new(Environment.ProcessId);

    /// <summary>Two that follow each other.</summary>
    /// <returns>The first.</returns>
    public static int Pair()
    {
        lock (Given)
        {
            while (true)
            {
                var port = Choice.Next(End - Span, End - 1);
                if (!Given.Contains(port) && !Given.Contains(port + 1) && IsFree(port) && IsFree(port + 1))
                {
                    Given.Add(port);
                    Given.Add(port + 1);
                    return port;
                }
            }
        }
    }

    /// <summary>Two different ones.</summary>
    public static (int First, int Second) Two()
    {
        var port = Pair();
        return (port, port + 1);
    }

    private static bool IsFree(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            return false;
        }
    }

    private static int FirstOfTheSystem() => int.Parse(
        File.ReadAllText("/proc/sys/net/ipv4/ip_local_port_range").Split('\t', ' ')[0], CultureInfo.InvariantCulture);
}
