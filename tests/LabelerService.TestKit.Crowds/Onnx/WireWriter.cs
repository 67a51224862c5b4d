using System.Text;

namespace LabelerService.TestKit.Crowds.Onnx;

/// <summary>Writes one message of the Protocol Buffers wire format, right or wrong.</summary>
public sealed class WireWriter
{
    private readonly List<byte> _bytes = [];

    /// <summary>The message.</summary>
    public byte[] ToBytes() => [.. _bytes];

    /// <summary>Adds a number.</summary>
    public WireWriter Number(int field, long value)
    {
        Varint((ulong)field << 3);
        Varint((ulong)value);
        return this;
    }

    /// <summary>Adds a float.</summary>
    public WireWriter Float(int field, float value)
    {
        Varint(((ulong)field << 3) | 5);
        _bytes.AddRange(BitConverter.GetBytes(value));
        return this;
    }

    /// <summary>Adds a text.</summary>
    public WireWriter Text(int field, string value) => Content(field, Encoding.UTF8.GetBytes(value));

    /// <summary>Adds a message or bytes.</summary>
    public WireWriter Content(int field, ReadOnlySpan<byte> content)
    {
        Varint(((ulong)field << 3) | 2);
        Varint((ulong)content.Length);
        _bytes.AddRange(content);
        return this;
    }

    private void Varint(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            _bytes.Add((byte)(value | 0x80));
        }

        _bytes.Add((byte)value);
    }
}
