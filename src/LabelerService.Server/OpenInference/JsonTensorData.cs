using System.Text.Json;
using LabelerService.Core.Errors;

namespace LabelerService.Server.OpenInference;

/// <summary>
/// The <c>data</c> of a tensor in JSON: numbers or texts, in one flat array or nested as the shape says. Read before the shape and the
/// datatype are known, because they may come later in the text.
/// </summary>
internal sealed class JsonTensorData
{
    private const int MaximumDepth = 8;
    private const int FirstCapacity = 64;

    private readonly List<int> _sides = [];
    private readonly string _field;
    private float[] _floats = [];
    private List<string>? _texts;
    private int _count;

    private JsonTensorData(string field) => _field = field;

    /// <summary>Reads the array that starts at the reader's token; leaves the reader at its end.</summary>
    /// <exception cref="ServiceException">INVALID_ARGUMENT naming the field: ragged, empty, or not of numbers or texts alone.</exception>
    /// <exception cref="JsonException">Not JSON.</exception>
    public static JsonTensorData Read(ref Utf8JsonReader reader, string field)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw ServiceException.InvalidField(field, "must be an array, flat or nested as the shape says");
        }

        var data = new JsonTensorData(field);
        data.ReadArrays(ref reader);
        return data;
    }

    /// <summary>The numbers, after checking them against the tensor's shape.</summary>
    /// <exception cref="ServiceException">INVALID_ARGUMENT naming the field.</exception>
    public float[] Floats(IReadOnlyList<long> shape, int count, string datatype)
    {
        if (_texts is not null)
        {
            throw ServiceException.InvalidField(_field, $"holds texts; {datatype} takes numbers");
        }

        CheckShape(shape, count);
        if (datatype == InferenceDatatype.Fp16)
        {
            for (var i = 0; i < _count; i++)
            {
                _floats[i] = (float)(Half)_floats[i];
            }
        }

        return _floats.Length == _count ? _floats : _floats[.._count];
    }

    /// <summary>The texts, after checking them against the tensor's shape.</summary>
    /// <exception cref="ServiceException">INVALID_ARGUMENT naming the field.</exception>
    public string[] Texts(IReadOnlyList<long> shape, int count)
    {
        if (_texts is null)
        {
            throw ServiceException.InvalidField(_field, $"holds numbers; {InferenceDatatype.Bytes} takes texts");
        }

        CheckShape(shape, count);
        return [.. _texts];
    }

    private void ReadArrays(ref Utf8JsonReader reader)
    {
        Span<int> lengths = stackalloc int[MaximumDepth];
        lengths[0] = 0;
        var (depth, leafDepth) = (1, 0);
        while (depth > 0)
        {
            reader.Read();
            switch (reader.TokenType)
            {
                case JsonTokenType.StartArray when depth == MaximumDepth:
                    throw Wrong($"is nested deeper than {MaximumDepth} arrays");
                case JsonTokenType.StartArray:
                    lengths[depth++] = 0;
                    break;
                case JsonTokenType.EndArray:
                    depth--;
                    CloseArray(depth, lengths[depth]);
                    if (depth > 0)
                    {
                        lengths[depth - 1]++;
                    }

                    break;
                default:
                    leafDepth = leafDepth == 0 ? depth : leafDepth;
                    if (leafDepth != depth)
                    {
                        throw Wrong("has arrays and values side by side");
                    }

                    Add(ref reader);
                    lengths[depth - 1]++;
                    break;
            }
        }
    }

    private void CloseArray(int level, int length)
    {
        if (length == 0)
        {
            throw Wrong("has an empty array");
        }

        // Inner arrays close first: their level appears while outer ones are still open.
        while (_sides.Count <= level)
        {
            _sides.Add(0);
        }

        if (_sides[level] == 0)
        {
            _sides[level] = length;
        }
        else if (_sides[level] != length)
        {
            throw Wrong($"is ragged: has arrays of {_sides[level]} and of {length} elements side by side");
        }
    }

    private void Add(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.Number when _texts is null:
                if (_count == _floats.Length)
                {
                    Array.Resize(ref _floats, Math.Max(FirstCapacity, _count * 2));
                }

                // One beyond the range of FP32 reads as infinite, which is refused like any that is not finite.
                _floats[_count++] = reader.GetSingle();
                break;
            case JsonTokenType.String when _count == 0 || _texts is not null:
                (_texts ??= []).Add(JsonText.Value(ref reader, $"{_field}[{_count}]"));
                _count++;
                break;
            default:
                throw Wrong("must hold numbers, or texts, and nothing else");
        }
    }

    private void CheckShape(IReadOnlyList<long> shape, int count)
    {
        if (_count != count)
        {
            throw Wrong($"has {_count} elements; the shape asks for {count}");
        }

        if (_sides.Count > 1 && !_sides.Select(side => (long)side).SequenceEqual(shape))
        {
            throw Wrong($"is nested as [{string.Join(", ", _sides)}]; nest it as the shape [{string.Join(", ", shape)}] says, or not at all");
        }
    }

    private ServiceException Wrong(string description) => ServiceException.InvalidField(_field, description);
}
