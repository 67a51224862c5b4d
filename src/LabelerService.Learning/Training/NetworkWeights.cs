using System.Text.Json;
using LabelerService.Core.Errors;
using LabelerService.Core.Tensors;
using LabelerService.Learning.Heads;

namespace LabelerService.Learning.Training;

/// <summary>
/// The values of a net's backbone and heads with whose heads they are, as they are stored beside the serving graph; and a net's start from
/// such values. Heads are found by their labeler's id: who has none in them starts at the shared head.
/// </summary>
internal sealed class NetworkWeights
{
    private const string Kind = "weights";
    private const string Version = "1";
    private readonly TensorArchive _archive;
    private readonly Dictionary<string, int> _rows;

    private NetworkWeights(TensorArchive archive, Dictionary<string, int> rows) => (_archive, _rows) = (archive, rows);

    /// <summary>Labelers whose head was taken over by the latest start.</summary>
    public int HeadsTaken { get; private set; }

    /// <summary>Writes the values of a net.</summary>
    /// <param name="network">Its shape.</param>
    /// <param name="parameters">Its values.</param>
    /// <param name="assignment">Whose head is whose.</param>
    public static byte[] ToBytes(Network network, ParameterSet parameters, HeadAssignment assignment)
    {
        var arrays = new Dictionary<string, Array>(StringComparer.Ordinal);
        var shapes = new Dictionary<string, long[]>(StringComparer.Ordinal);
        foreach (var (i, entry) in network.Layout.Entries.Index())
        {
            var values = parameters.ValuesOf(new ParameterSlot(i)).ToArray();
            var pace = network.Heads.PaceOf(entry.Name);
            arrays.Add(entry.Name, pace == 1 ? values : Array.ConvertAll(values, value => (float)(value * pace)));
            shapes.Add(entry.Name, entry.Shape);
        }

        return new TensorArchive(Metadata(assignment.LabelerIds[..^1]), arrays, shapes).ToBytes();
    }

    /// <summary>What an archive of weights says of itself.</summary>
    /// <param name="labelers">Whose heads it has.</param>
    public static Dictionary<string, string> Metadata(IReadOnlyList<string?> labelers) => new()
    {
        ["kind"] = Kind,
        ["version"] = Version,
        ["labelers"] = JsonSerializer.Serialize(labelers),
    };

    /// <summary>Reads what <see cref="ToBytes"/> wrote.</summary>
    /// <exception cref="ServiceException"><see cref="ErrorKind.FailedPrecondition"/>: it is not that.</exception>
    public static NetworkWeights Read(byte[] bytes)
    {
        try
        {
            var archive = TensorArchive.Read(bytes);
            if (archive.Metadata.GetValueOrDefault("kind") != Kind || archive.Metadata.GetValueOrDefault("version") != Version)
            {
                throw new InvalidDataException("They are not weights of this version.");
            }

            var labelers = JsonSerializer.Deserialize<string[]>(archive.Metadata.GetValueOrDefault("labelers") ?? "[]") ?? [];
            return new NetworkWeights(archive, labelers.Index().ToDictionary(pair => pair.Item, pair => pair.Index, StringComparer.Ordinal));
        }
        catch (Exception error) when (error is InvalidDataException or JsonException or ArgumentException)
        {
            throw new ServiceException(
                ErrorKind.FailedPrecondition, "WARM_START_UNUSABLE", $"The weights to start from cannot be read: {error.Message} Start from another version.");
        }
    }

    /// <summary>Sets the start values of a net.</summary>
    /// <exception cref="ServiceException"><see cref="ErrorKind.FailedPrecondition"/>: the weights are of a net of another shape.</exception>
    public void Apply(Network network, ParameterSet parameters, HeadAssignment assignment)
    {
        HeadsTaken = 0;
        foreach (var (i, entry) in network.Layout.Entries.Index())
        {
            var values = parameters.ValuesOf(new ParameterSlot(i));
            if (entry.Role == ParameterRole.Row)
            {
                ApplyRows(entry, values, assignment);
                continue;
            }

            var pace = network.Heads.PaceOf(entry.Name);
            var saved = Of(entry, entry.Length);
            for (var v = 0; v < saved.Length; v++)
            {
                values[v] = pace == 1 ? saved[v] : pace == 0 ? 0 : (float)(saved[v] / pace);
            }
        }

        if (network.Heads.SharedPace == 0)
        {
            TakeOverShared(network.Heads, parameters, assignment);
        }

        HeadsTaken = assignment.LabelerIds.Count(id => id is not null && _rows.ContainsKey(id));
    }

    /// <summary>Sets the start values of a net's backbone, and of nothing else.</summary>
    /// <exception cref="ServiceException"><see cref="ErrorKind.FailedPrecondition"/> (BACKBONE_MISMATCH): they are of a backbone of another shape.</exception>
    public void ApplyBackbone(Network network, ParameterSet parameters)
    {
        foreach (var (i, entry) in network.Layout.Entries.Take(network.BackboneParameters).Index())
        {
            var shape = ShapeOf(entry.Name);
            if (shape is null || !shape.SequenceEqual(entry.Shape))
            {
                throw new ServiceException(
                    ErrorKind.FailedPrecondition, "BACKBONE_MISMATCH",
                    $"The pretrained backbone is of another shape: {entry.Name} is {(shape is null ? "not there" : string.Join('×', shape))}, and in this "
                    + $"run {string.Join('×', entry.Shape)}. Train with the settings it was trained with (backbone, capacity, hidden), on items of the same kind.");
            }

            ((float[])_archive.Arrays[entry.Name]).CopyTo(parameters.ValuesOf(new ParameterSlot(i)));
        }
    }

    private long[]? ShapeOf(string name) =>
        _archive.Arrays.GetValueOrDefault(name) is float[] values ? _archive.Shapes.GetValueOrDefault(name) ?? [values.LongLength] : null;

    private void ApplyRows(ParameterLayout.Entry entry, Span<float> values, HeadAssignment assignment)
    {
        if (_rows.Count == 0)
        {
            // A net without labelers' heads: everybody starts at the shared one.
            return;
        }

        var length = checked((int)(entry.Length / entry.Shape[0]));
        var saved = Of(entry, (long)_rows.Count * length);
        for (var head = 0; head < entry.Shape[0]; head++)
        {
            if (assignment.LabelerIds[head] is { } labeler && _rows.TryGetValue(labeler, out var row))
            {
                saved.AsSpan(row * length, length).CopyTo(values.Slice(head * length, length));
            }
        }
    }

    // A shared head that counts nothing cannot hold what it was: labelers' own heads do, so that each says what it said.
    private void TakeOverShared(HeadBank heads, ParameterSet parameters, HeadAssignment assignment)
    {
        var shared = Of(parameters.Layout.Entries[heads.SharedWeight.Index], (long)heads.Outputs * heads.Width);
        for (var head = 0; head < heads.Shared; head++)
        {
            if (assignment.LabelerIds[head] is { } labeler && _rows.ContainsKey(labeler))
            {
                var own = parameters.ValuesOf(heads.DeviationWeight!.Value).Slice(head * shared.Length, shared.Length);
                for (var i = 0; i < shared.Length; i++)
                {
                    own[i] += shared[i];
                }
            }
        }
    }

    private float[] Of(ParameterLayout.Entry entry, long length) =>
        _archive.Arrays.GetValueOrDefault(entry.Name) is float[] saved && saved.LongLength == length
            ? saved
            : throw new ServiceException(
                ErrorKind.FailedPrecondition, "WARM_START_MISMATCH",
                $"The weights to start from are of a net of another shape: {entry.Name} is not {string.Join('×', entry.Shape)} there. "
                + "Train with that version's settings, or start from another.");
}
