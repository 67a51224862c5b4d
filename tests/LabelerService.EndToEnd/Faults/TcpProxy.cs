using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace LabelerService.EndToEnd.Faults;

/// <summary>Passes bytes on, until it is told to break connections, or to be away.</summary>
internal sealed class TcpProxy : IAsyncDisposable
{
    private const int BufferSize = 64 * 1024;
    private readonly TcpListener _listener;
    private readonly string _host;
    private readonly int _port;
    private readonly ConcurrentDictionary<Socket, byte> _open = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;
    private volatile bool _away;

    private TcpProxy(TcpListener listener, string host, int port)
    {
        (_listener, _host, _port) = (listener, host, port);
        _accepting = Task.Run(AcceptAsync);
    }

    /// <summary>Port on 127.0.0.1.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Connections that are open at the moment, counted at both ends.</summary>
    public int Open => _open.Count;

    /// <summary>A proxy in front of an address.</summary>
    public static TcpProxy To(string host, int port)
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return new TcpProxy(listener, host, port);
    }

    /// <summary>Resets every connection: both ends get RST, whatever was on its way.</summary>
    /// <returns>Sockets that were cut.</returns>
    public int Reset()
    {
        var cut = 0;
        foreach (var socket in _open.Keys)
        {
            cut += Cut(socket) ? 1 : 0;
        }

        return cut;
    }

    /// <summary>Resets everything, and goes on resetting whoever connects until it is told to come back.</summary>
    public void GoAway()
    {
        _away = true;
        Reset();
    }

    public void ComeBack() => _away = false;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        Reset();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var near = await _listener.AcceptSocketAsync(_stop.Token);
                near.NoDelay = true;
                _open.TryAdd(near, 0);
                _ = Task.Run(() => ServeAsync(near));
            }
            catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // It is being disposed.
            }
        }
    }

    private async Task ServeAsync(Socket near)
    {
        var far = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (!_away)
            {
                await far.ConnectAsync(_host, _port, _stop.Token);
                _open.TryAdd(far, 0);
                await Task.WhenAll(PassAsync(near, far), PassAsync(far, near));
            }
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Nobody is there: the near end learns it by its reset.
        }
        finally
        {
            Cut(near);
            Cut(far);
        }
    }

    private async Task PassAsync(Socket from, Socket to)
    {
        var buffer = new byte[BufferSize];
        try
        {
            while (await from.ReceiveAsync(buffer, SocketFlags.None, _stop.Token) is var count and > 0)
            {
                for (var sent = 0; sent < count;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, count - sent), SocketFlags.None, _stop.Token);
                }
            }

            // Whoever has said all may still listen.
            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // One end is gone: so is the other.
            Cut(from);
            Cut(to);
        }
    }

    private bool Cut(Socket socket)
    {
        var known = _open.TryRemove(socket, out _);
        try
        {
            // Closing with no time to linger is a reset, unless both ends have said all.
            socket.LingerState = new LingerOption(enable: true, seconds: 0);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // It is closed already.
        }

        socket.Dispose();
        return known;
    }
}
