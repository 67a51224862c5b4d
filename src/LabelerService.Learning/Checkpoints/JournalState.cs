using System.Buffers.Binary;
using TorchSharp;

namespace LabelerService.Learning.Checkpoints;

/// <summary>Named numbers that say where a part of a run is. What was put in stays as it was put in.</summary>
internal sealed class JournalState
{
    private const int MersenneTwisterWords = 624;

    private readonly Dictionary<string, Array> _values = new(StringComparer.Ordinal);

    /// <summary>The arrays by name.</summary>
    public IReadOnlyDictionary<string, Array> Values => _values;

    /// <summary>Takes over an array, which nobody changes any more.</summary>
    public void Put<T>(string name, T[] values)
        where T : unmanaged => _values.Add(name, values);

    /// <summary>Copies numbers.</summary>
    public void Put<T>(string name, ReadOnlySpan<T> values)
        where T : unmanaged => _values.Add(name, values.ToArray());

    /// <summary>Where a generator of libtorch is.</summary>
    public void Put(string name, torch.Generator generator)
    {
        using var state = generator.get_state();
        Put(name, state.bytes.ToArray());
    }

    /// <summary>Takes over an array read from a checkpoint.</summary>
    public void Add(string name, Array values) => _values.Add(name, values);

    /// <summary>The numbers of a name, however many.</summary>
    /// <exception cref="InvalidDataException">They are not there, or of another type.</exception>
    public T[] Get<T>(string name)
        where T : unmanaged =>
        _values.GetValueOrDefault(name) as T[] ?? throw new InvalidDataException($"The checkpoint has no {name} of type {typeof(T).Name}.");

    /// <summary>The numbers of a name, which must be as many as there is room for.</summary>
    /// <exception cref="InvalidDataException">They are not there, of another type or another number.</exception>
    public void Read<T>(string name, Span<T> into)
        where T : unmanaged
    {
        var values = Get<T>(name);
        if (values.Length != into.Length)
        {
            throw new InvalidDataException($"The checkpoint's {name} has {values.Length} values, not {into.Length}.");
        }

        values.CopyTo(into);
    }

    /// <summary>Counters, each from 0 to the most that it can have come to: a loop goes on from them.</summary>
    /// <exception cref="InvalidDataException">They are not there, or one is beyond.</exception>
    public int[] Counters(string name, params ReadOnlySpan<int> most)
    {
        var counters = new int[most.Length];
        Read<int>(name, counters);
        for (var i = 0; i < counters.Length; i++)
        {
            if (counters[i] < 0 || counters[i] > most[i])
            {
                throw new InvalidDataException($"The checkpoint's {name} has {counters[i]} where at most {most[i]} can be.");
            }
        }

        return counters;
    }

    /// <summary>Sets a generator of libtorch to where it was.</summary>
    /// <exception cref="InvalidDataException">That is no state of it.</exception>
    public void Read(string name, torch.Generator generator)
    {
        var saved = Get<byte>(name);
        using var present = generator.get_state();
        if (present.numel() != saved.Length || !IsMersenneTwister(saved))
        {
            throw new InvalidDataException($"The checkpoint's {name} is no state of a generator.");
        }

        using var state = torch.tensor(saved, dtype: torch.ScalarType.Byte);
        generator.set_state(state);
    }

    // libtorch ends the process when it is given another. Its state begins with the seed, 8 bytes; then come how many numbers are left until the next
    // round, and 1 for seeded, 4 bytes each, and the place of the next number, 8 bytes (CPUGeneratorImplStateLegacy, and mt19937::is_valid).
    private static bool IsMersenneTwister(ReadOnlySpan<byte> state) =>
        state.Length > 24
        && BinaryPrimitives.ReadInt32LittleEndian(state[8..]) is > 0 and <= MersenneTwisterWords
        && BinaryPrimitives.ReadInt32LittleEndian(state[12..]) == 1
        && BinaryPrimitives.ReadUInt64LittleEndian(state[16..]) <= MersenneTwisterWords;
}
