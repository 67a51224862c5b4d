using LabelerService.Core.Datasets;
using LabelerService.Core.Encodings;

namespace LabelerService.Extraction;

/// <summary>
/// Puts an item's values as a model takes them: (v − mean) / deviation, per channel, in the order of its input. What is not scaled is copied.
/// </summary>
internal sealed class ItemScaling
{
    private readonly float[] _mean;
    private readonly float[] _deviation;
    private readonly int _channels;
    private readonly bool _channelsFirst;
    private readonly bool _plain;

    public ItemScaling(DatasetSchema schema, ExtractorInput input, bool channelsFirst)
    {
        _channels = schema.ItemKind == ItemKind.Image || input.Mean.Count > 1 || input.Deviation.Count > 1 ? schema.ItemShape[^1] : 1;
        _channelsFirst = channelsFirst;
        _mean = Each(input.Mean, 0);
        _deviation = Each(input.Deviation, 1);
        _plain = !channelsFirst && input.Mean.Count == 0 && input.Deviation.Count == 0;
    }

    /// <summary>Writes one item.</summary>
    /// <param name="values">Its values, an image's as H×W×C.</param>
    /// <param name="to">As many values of the input.</param>
    public void Write(ReadOnlySpan<float> values, Span<float> to)
    {
        if (_plain)
        {
            values.CopyTo(to);
            return;
        }

        var places = values.Length / _channels;
        for (var c = 0; c < _channels; c++)
        {
            var (mean, deviation) = (_mean[c], _deviation[c]);
            for (var p = 0; p < places; p++)
            {
                to[_channelsFirst ? (c * places) + p : (p * _channels) + c] = (values[(p * _channels) + c] - mean) / deviation;
            }
        }
    }

    /// <summary>Writes one image as bytes: 0 to 1 become 0 to 255, to the nearest.</summary>
    public void Write(ReadOnlySpan<float> values, Span<byte> to)
    {
        var places = values.Length / _channels;
        for (var i = 0; i < values.Length; i++)
        {
            var at = _channelsFirst ? (i % _channels * places) + (i / _channels) : i;
            to[at] = (byte)Math.Clamp(MathF.Round(values[i] * 255), 0, 255);
        }
    }

    private float[] Each(IReadOnlyList<float> values, float none)
    {
        var each = new float[_channels];
        for (var c = 0; c < each.Length; c++)
        {
            each[c] = values.Count switch { 0 => none, 1 => values[0], _ => values[c] };
        }

        return each;
    }
}
