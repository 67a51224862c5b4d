using System.Globalization;
using LabelerService.Core.Tensors;

namespace LabelerService.Learning.Checkpoints;

/// <summary>
/// How far a run is, with all that is needed to go on as if nothing had happened: the same model comes out, bit for bit. Immutable.
/// </summary>
public sealed class TrainingCheckpoint
{
    private const string Kind = "checkpoint";
    private const string Version = "1";
    private const string IdentityPrefix = "run.";
    private const string FinishedPrefix = "finished.";
    private const char Separator = ':';

    private readonly IReadOnlyDictionary<string, string> _identity;
    private readonly IReadOnlyDictionary<string, JournalEntry> _entries;

    internal TrainingCheckpoint(
        IReadOnlyDictionary<string, string> identity, IReadOnlyDictionary<string, JournalEntry> entries, long steps, string phase, int epoch, int epochs)
    {
        (_identity, _entries) = (identity, entries);
        (Steps, Phase, Epoch, Epochs) = (steps, phase, epoch, epochs);
    }

    /// <summary>Grows as the run gets ahead, from the beginning and across interruptions.</summary>
    public long Steps { get; }

    /// <summary>Phase that the run is in, as in its progress.</summary>
    public string Phase { get; }

    /// <summary>Epochs, or rounds, done of the phase.</summary>
    public int Epoch { get; }

    /// <summary>Epochs, or rounds, of the phase.</summary>
    public int Epochs { get; }

    /// <summary>Bytes of numbers in it.</summary>
    public long DataLength => Archive().DataLength;

    internal IReadOnlyDictionary<string, JournalEntry> Entries => _entries;

    /// <summary>Writes it, as a <see cref="TensorArchive"/>.</summary>
    /// <exception cref="OverflowException">It is too large for that.</exception>
    public byte[] ToBytes() => Archive().ToBytes();

    /// <summary>Reads what <see cref="ToBytes"/> wrote.</summary>
    /// <exception cref="CheckpointUnusableException">It is damaged, or of another version.</exception>
    public static TrainingCheckpoint Read(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return Read(TensorArchive.Read(bytes));
        }
        catch (InvalidDataException error)
        {
            throw new CheckpointUnusableException(error.Message, error);
        }
    }

    /// <summary>What sets the run apart from the one this was taken of; null if it is the same run.</summary>
    internal string? DifferenceTo(IReadOnlyDictionary<string, string> identity)
    {
        var keys = identity.Keys.Concat(_identity.Keys).Distinct(StringComparer.Ordinal);
        return keys.FirstOrDefault(key => identity.GetValueOrDefault(key) != _identity.GetValueOrDefault(key));
    }

    private static TrainingCheckpoint Read(TensorArchive archive)
    {
        var metadata = archive.Metadata;
        if (metadata.GetValueOrDefault("kind") != Kind || metadata.GetValueOrDefault("version") != Version)
        {
            throw new InvalidDataException("Not a checkpoint of this version.");
        }

        var identity = metadata.Where(pair => pair.Key.StartsWith(IdentityPrefix, StringComparison.Ordinal))
            .ToDictionary(pair => pair.Key[IdentityPrefix.Length..], pair => pair.Value, StringComparer.Ordinal);
        var entries = new Dictionary<string, JournalEntry>(StringComparer.Ordinal);
        foreach (var (name, array) in archive.Arrays)
        {
            var at = name.IndexOf(Separator, StringComparison.Ordinal);
            if (at < 0)
            {
                throw new InvalidDataException($"{name} belongs to no part of a run.");
            }

            var key = name[..at];
            if (!entries.TryGetValue(key, out var entry))
            {
                entry = new JournalEntry(new JournalState(), metadata.ContainsKey(FinishedPrefix + key));
                entries.Add(key, entry);
            }

            entry.State.Add(name[(at + 1)..], array);
        }

        return new TrainingCheckpoint(
            identity, entries, Number("steps"), metadata.GetValueOrDefault("phase") ?? "", checked((int)Number("epoch")), checked((int)Number("epochs")));

        long Number(string key) =>
            long.TryParse(metadata.GetValueOrDefault(key), NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value <= int.MaxValue
                ? value
                : throw new InvalidDataException($"The checkpoint has no {key}.");
    }

    private TensorArchive Archive()
    {
        var metadata = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["kind"] = Kind,
            ["version"] = Version,
            ["steps"] = Steps.ToString(CultureInfo.InvariantCulture),
            ["phase"] = Phase,
            ["epoch"] = Epoch.ToString(CultureInfo.InvariantCulture),
            ["epochs"] = Epochs.ToString(CultureInfo.InvariantCulture),
        };
        foreach (var (key, value) in _identity)
        {
            metadata[IdentityPrefix + key] = value;
        }

        var arrays = new Dictionary<string, Array>(StringComparer.Ordinal);
        foreach (var (key, entry) in _entries)
        {
            if (entry.IsFinished)
            {
                metadata[FinishedPrefix + key] = "";
            }

            foreach (var (name, values) in entry.State.Values)
            {
                arrays.Add(key + Separator + name, values);
            }
        }

        return new TensorArchive(metadata, arrays);
    }
}
