using TorchSharp;

namespace LabelerService.Learning.Checkpoints;

/// <summary>Named numbers that say where a part of a run is. What was put in stays as it was put in.</summary>
internal sealed class JournalState
{
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

    /// <summary>Sets a generator of libtorch to where it was.</summary>
    /// <exception cref="InvalidDataException">That is no state of it.</exception>
    public void Read(string name, torch.Generator generator)
    {
        var saved = Get<byte>(name);
        using var present = generator.get_state();
        if (present.numel() != saved.Length)
        {
            throw new InvalidDataException($"The checkpoint's {name} is no state of a generator.");
        }

        using var state = torch.tensor(saved, dtype: torch.ScalarType.Byte);
        generator.set_state(state);
    }
}
