using System.Net;
using System.Net.Sockets;
using LabelerService.Core.Errors;

namespace LabelerService.Server.Security.Sessions;

/// <summary>
/// Limits failed attempts to sign in: <see cref="Burst"/> at once from an address, then one every <see cref="Refill"/>. An address of IPv6 is
/// its network of 64 bits, which is what one user has. What is remembered is bounded: where too many addresses fail, those are
/// forgotten first that have waited longest.
/// </summary>
internal sealed class SignInLimiter(TimeProvider time)
{
    /// <summary>Failures at once.</summary>
    public const int Burst = 10;

    /// <summary>Addresses remembered at most.</summary>
    public const int MostAddresses = 4_096;

    /// <summary>Time after which one more attempt is allowed.</summary>
    public static readonly TimeSpan Refill = TimeSpan.FromSeconds(6);

    private readonly Lock _gate = new();

    // For each address when all its failures will be forgotten; in the order in which that was last put off.
    private readonly Dictionary<UInt128, LinkedListNode<(UInt128 Network, DateTimeOffset Clear)>> _entries = [];
    private readonly LinkedList<(UInt128 Network, DateTimeOffset Clear)> _order = new();

    /// <summary>Addresses that are remembered.</summary>
    internal int Count
    {
        get
        {
            lock (_gate)
            {
                return _entries.Count;
            }
        }
    }

    /// <summary>Refuses an attempt from an address that has failed too often.</summary>
    /// <exception cref="ServiceException">RESOURCE_EXHAUSTED, with the time to wait.</exception>
    public void Check(IPAddress? address)
    {
        lock (_gate)
        {
            if (_entries.TryGetValue(NetworkOf(address), out var entry) && entry.Value.Clear - time.GetUtcNow() - (Refill * (Burst - 1)) is var wait && wait > TimeSpan.Zero)
            {
                throw new ServiceException(
                    ErrorKind.ResourceExhausted, "SIGN_IN_LIMIT",
                    $"Too many attempts to sign in from this address have failed. Wait {Math.Ceiling(wait.TotalSeconds)} s, then try again.");
            }
        }
    }

    /// <summary>Notes a failure.</summary>
    public void NoteFailure(IPAddress? address)
    {
        var network = NetworkOf(address);
        lock (_gate)
        {
            var now = time.GetUtcNow();
            var clear = now;
            if (_entries.Remove(network, out var known))
            {
                _order.Remove(known);
                clear = known.Value.Clear > now ? known.Value.Clear : now;
            }

            while (_order.First is { } oldest && (oldest.Value.Clear <= now || _entries.Count >= MostAddresses))
            {
                _order.RemoveFirst();
                _entries.Remove(oldest.Value.Network);
            }

            _entries.Add(network, _order.AddLast((network, clear + Refill)));
        }
    }

    private static UInt128 NetworkOf(IPAddress? address)
    {
        if (address is null)
        {
            return 0;
        }

        var bytes = address.MapToIPv6().GetAddressBytes().AsSpan();
        if (address is { AddressFamily: AddressFamily.InterNetworkV6, IsIPv4MappedToIPv6: false })
        {
            bytes[8..].Clear();
        }

        return System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }
}
