using System.Security.Cryptography;

namespace LabelerService.Server.Inference.Routing;

/// <summary>Decides which calls go to a canary. Safe for concurrent use, without a lock.</summary>
/// <param name="seed">Where the draws start.</param>
internal sealed class CanaryDraw(ulong seed)
{
    private const double Unit = 1.0 / (1UL << 53);
    private ulong _state = seed;

    /// <summary>Draws that no other process repeats.</summary>
    public static CanaryDraw Unseeded() => new(BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))));

    /// <summary>The next number, uniform over [0, 1): SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).</summary>
    public double Next()
    {
        var z = Interlocked.Add(ref _state, 0x9e3779b97f4a7c15);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return ((z ^ (z >> 31)) >> 11) * Unit;
    }

    /// <summary>
    /// Where an item stands in [0, 1): the same in every process and for ever. Another model puts it elsewhere, so that no item is always
    /// the one that canaries are tried on. FNV-1a, then the finaliser of MurmurHash3: ids that differ in a digit lie far apart.
    /// </summary>
    public static double PositionOf(string modelId, string itemId)
    {
        var hash = Add(Add(14695981039346656037, modelId), itemId);
        hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccd;
        hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53;
        hash ^= hash >> 33;
        return (hash >> 11) * Unit;
    }

    private static ulong Add(ulong hash, string text)
    {
        const ulong Prime = 1099511628211;
        foreach (var character in text)
        {
            hash = (hash ^ character) * Prime;
        }

        // Ends the text: "a", "bc" is not "ab", "c".
        return (hash ^ char.MaxValue) * Prime;
    }
}
