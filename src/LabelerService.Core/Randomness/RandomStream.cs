using System.Numerics;

namespace LabelerService.Core.Randomness;

/// <summary>
/// Random numbers of one stream of many: the same seed and stream give the same numbers on every machine, and work that is cut into
/// blocks with a stream each gives the same result whatever the number of threads. xoshiro256++ of Blackman and Vigna (Scrambled linear
/// pseudorandom number generators, ACM TOMS 47, 2021), its state filled by SplitMix64. Not thread-safe.
/// </summary>
internal sealed partial class RandomStream
{
    private ulong _s0;
    private ulong _s1;
    private ulong _s2;
    private ulong _s3;

    /// <summary>Starts a stream.</summary>
    /// <param name="seed">The seed of the whole work.</param>
    /// <param name="stream">Which part of it, such as an iteration.</param>
    /// <param name="part">Which part of that, such as a block.</param>
    public RandomStream(long seed, long stream = 0, long part = 0)
    {
        var state = Mix(Mix(Mix((ulong)seed) + (ulong)stream) + (ulong)part);
        _s0 = Next(ref state);
        _s1 = Next(ref state);
        _s2 = Next(ref state);
        _s3 = Next(ref state);

        static ulong Next(ref ulong state)
        {
            var value = Mix(state);
            state += 0x9E3779B97F4A7C15;
            return value;
        }
    }

    /// <summary>64 random bits.</summary>
    public ulong NextBits()
    {
        var result = BitOperations.RotateLeft(_s0 + _s3, 23) + _s0;
        var shifted = _s1 << 17;
        _s2 ^= _s0;
        _s3 ^= _s1;
        _s1 ^= _s2;
        _s0 ^= _s3;
        _s2 ^= shifted;
        _s3 = BitOperations.RotateLeft(_s3, 45);
        return result;
    }

    /// <summary>Uniform in [0, 1).</summary>
    public double NextDouble() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in (0, 1]: has a logarithm.</summary>
    public double NextPositive() => ((NextBits() >> 11) + 1) * (1.0 / (1UL << 53));

    /// <summary>A cell of a distribution.</summary>
    /// <param name="weights">Weights, not negative, not all zero.</param>
    /// <param name="total">Their sum.</param>
    public int Choose(ReadOnlySpan<double> weights, double total)
    {
        var left = NextDouble() * total;
        var last = 0;
        for (var i = 0; i < weights.Length; i++)
        {
            if (weights[i] <= 0)
            {
                continue;
            }

            left -= weights[i];
            last = i;
            if (left < 0)
            {
                break;
            }
        }

        // Rounding may leave a little beyond the end: that is the last cell that is possible.
        return last;
    }

    // SplitMix64's output function.
    private static ulong Mix(ulong value)
    {
        value += 0x9E3779B97F4A7C15;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
