using LabelerService.Learning.Checkpoints;

namespace LabelerService.Learning.Numerics;

/// <summary>
/// The numbers of <c>new Random(seed)</c>, bit for bit (Knuth's subtractive generator as .NET has it, The Art of Computer Programming 2,
/// section 3.2.2), with a state that can be kept and taken up again. Draws that no training makes are not offered.
/// </summary>
internal sealed class SeededRandom : Random
{
    private const int Length = 56;
    private readonly int[] _seeds = new int[Length];
    private int _next;
    private int _nextPrime = 21;

    /// <summary>Starts.</summary>
    /// <param name="seed">Not negative.</param>
    public SeededRandom(int seed)
        : base(0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(seed);
        var last = 161_803_398 - seed;
        _seeds[Length - 1] = last;
        var (before, at) = (1, 0);
        for (var i = 1; i < Length - 1; i++)
        {
            at = (at + 21) % (Length - 1);
            _seeds[at] = before;
            before = last - before;
            before += before < 0 ? int.MaxValue : 0;
            last = _seeds[at];
        }

        for (var pass = 1; pass < 5; pass++)
        {
            for (var i = 1; i < Length; i++)
            {
                _seeds[i] = unchecked(_seeds[i] - _seeds[1 + ((i + 30) % (Length - 1))]);
                _seeds[i] += _seeds[i] < 0 ? int.MaxValue : 0;
            }
        }
    }

    public override int Next() => Draw();

    public override int Next(int maxValue)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxValue);
        return (int)(Sample() * maxValue);
    }

    public override int Next(int minValue, int maxValue)
    {
        var range = (long)maxValue - minValue;
        ArgumentOutOfRangeException.ThrowIfNegative(range, nameof(maxValue));
        return range <= int.MaxValue
            ? (int)(Sample() * range) + minValue
            : throw new NotSupportedException("Nothing is drawn from a range as wide as this.");
    }

    public override double NextDouble() => Sample();

    public override float NextSingle() => throw new NotSupportedException();

    public override long NextInt64() => throw new NotSupportedException();

    public override long NextInt64(long maxValue) => throw new NotSupportedException();

    public override long NextInt64(long minValue, long maxValue) => throw new NotSupportedException();

    public override void NextBytes(byte[] buffer) => throw new NotSupportedException();

    public override void NextBytes(Span<byte> buffer) => throw new NotSupportedException();

    /// <summary>Keeps where it is.</summary>
    public void Save(JournalState state, string name) => state.Put(name, [.. _seeds, _next, _nextPrime]);

    /// <summary>Goes on from where it was.</summary>
    /// <exception cref="InvalidDataException">That is no place it can have been at.</exception>
    public void Load(JournalState state, string name)
    {
        Span<int> saved = stackalloc int[Length + 2];
        state.Read(name, saved);
        if (saved[Length] is < 0 or >= Length || saved[Length + 1] is < 0 or >= Length)
        {
            throw new InvalidDataException($"{name} is no state of a generator.");
        }

        saved[..Length].CopyTo(_seeds);
        (_next, _nextPrime) = (saved[Length], saved[Length + 1]);
    }

    protected override double Sample() => Draw() * (1.0 / int.MaxValue);

    private int Draw()
    {
        _next = _next + 1 >= Length ? 1 : _next + 1;
        _nextPrime = _nextPrime + 1 >= Length ? 1 : _nextPrime + 1;
        var drawn = unchecked(_seeds[_next] - _seeds[_nextPrime]);
        drawn -= drawn == int.MaxValue ? 1 : 0;
        drawn += drawn < 0 ? int.MaxValue : 0;
        _seeds[_next] = drawn;
        return drawn;
    }
}
