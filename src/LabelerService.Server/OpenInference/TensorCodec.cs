using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using LabelerService.Core.Errors;
using LabelerService.Core.Tensors;
using LabelerService.Server.Validation;

namespace LabelerService.Server.OpenInference;

/// <summary>
/// Tensors as bytes: little-endian, row-major, without padding; before each text its length in 4 bytes. Whatever is claimed of foreign
/// bytes, nothing larger than they are is allocated.
/// </summary>
internal static class TensorCodec
{
    private const int MaximumSides = 8;
    private const int LengthBytes = sizeof(uint);

    // Says where foreign bytes are wrong instead of replacing them.
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The number of elements that a shape asks for.</summary>
    /// <exception cref="ServiceException">INVALID_ARGUMENT naming the shape: no sides or too many, one below 1, or more than any message holds.</exception>
    public static int ElementCount(IReadOnlyList<long> shape, string field)
    {
        if (shape.Count is 0 or > MaximumSides)
        {
            throw ServiceException.InvalidField($"{field}.shape", $"must have 1 to {MaximumSides} sides");
        }

        long count = 1;
        for (var i = 0; i < shape.Count; i++)
        {
            if (shape[i] < 1)
            {
                throw ServiceException.InvalidField($"{field}.shape[{i}]", $"is {shape[i]}; a side is at least 1");
            }

            // Neither factor exceeds what 31 bits hold, so the product fits into 64.
            count = shape[i] > Limits.MessageBytes ? long.MaxValue : count * shape[i];
            if (count > Limits.MessageBytes)
            {
                throw ServiceException.InvalidField($"{field}.shape", $"asks for more elements than a message of {Limits.MessageBytes} bytes holds");
            }
        }

        return (int)count;
    }

    /// <summary>Reads FP32 or FP16 elements, widened.</summary>
    /// <exception cref="ServiceException">INVALID_ARGUMENT naming the values: not as many bytes as the elements have.</exception>
    public static float[] ReadFloats(ReadOnlySpan<byte> bytes, string datatype, int count, string dataField)
    {
        var size = datatype == InferenceDatatype.Fp16 ? sizeof(ushort) : sizeof(float);
        if (bytes.Length != (long)count * size)
        {
            throw ServiceException.InvalidField(dataField, $"has {bytes.Length} bytes; {count} elements of {datatype} have {(long)count * size}");
        }

        if (size == sizeof(float))
        {
            return MemoryMarshal.Cast<byte, float>(bytes).ToArray();
        }

        var values = new float[count];
        Float16.ToSingle(MemoryMarshal.Cast<byte, ushort>(bytes), values);
        return values;
    }

    /// <summary>Reads BYTES elements as texts.</summary>
    /// <exception cref="ServiceException">
    /// INVALID_ARGUMENT naming the values: they end too early or too late, or one is not UTF-8.
    /// </exception>
    public static string[] ReadTexts(ReadOnlySpan<byte> bytes, int count, string dataField)
    {
        if (bytes.Length < (long)count * LengthBytes)
        {
            throw ServiceException.InvalidField(dataField, $"has {bytes.Length} bytes; {count} elements of BYTES have at least {LengthBytes} each");
        }

        var texts = new string[count];
        for (var i = 0; i < count; i++)
        {
            if (bytes.Length < LengthBytes || BinaryPrimitives.ReadUInt32LittleEndian(bytes) is var length && length > bytes.Length - LengthBytes)
            {
                throw ServiceException.InvalidField(dataField, $"ends within element {i} of {count}; before each stands its length in 4 bytes, little-endian");
            }

            texts[i] = ReadText(bytes.Slice(LengthBytes, (int)length), dataField, i);
            bytes = bytes[(LengthBytes + (int)length)..];
        }

        return bytes.IsEmpty ? texts : throw ServiceException.InvalidField(dataField, $"has {bytes.Length} bytes more than its {count} elements");
    }

    /// <summary>Reads one text.</summary>
    /// <exception cref="ServiceException">INVALID_ARGUMENT: not UTF-8.</exception>
    public static string ReadText(ReadOnlySpan<byte> bytes, string dataField, int index)
    {
        try
        {
            return Utf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw ServiceException.InvalidField($"{dataField}[{index}]", "is not valid UTF-8");
        }
    }

    /// <summary>Number of bytes of an output.</summary>
    public static int ByteLength(InferenceOutput output) => output switch
    {
        { Floats: { } floats } => floats.Length * sizeof(float),
        { Integers: { } integers } => integers.Length * sizeof(int),
        _ => output.Texts!.Sum(text => LengthBytes + Utf8.GetByteCount(text)),
    };

    /// <summary>Writes the elements of an output.</summary>
    public static byte[] Write(InferenceOutput output)
    {
        switch (output)
        {
            case { Floats: { } floats }:
                return MemoryMarshal.AsBytes(floats.AsSpan()).ToArray();
            case { Integers: { } integers }:
                return MemoryMarshal.AsBytes(integers.AsSpan()).ToArray();
            default:
                var bytes = new byte[ByteLength(output)];
                var at = 0;
                foreach (var text in output.Texts!)
                {
                    var length = Utf8.GetBytes(text, bytes.AsSpan(at + LengthBytes));
                    BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(at), length);
                    at += LengthBytes + length;
                }

                return bytes;
        }
    }
}
