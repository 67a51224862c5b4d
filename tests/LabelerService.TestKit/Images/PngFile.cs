using System.Buffers.Binary;
using System.IO.Compression;

namespace LabelerService.TestKit.Images;

/// <summary>
/// Writes PNG files chunk by chunk (PNG specification, third edition, W3C), right ones and such as no encoder would write.
/// </summary>
public static class PngFile
{
    /// <summary>Colour type of grey images.</summary>
    public const byte Grey = 0;

    /// <summary>Colour type of red, green and blue.</summary>
    public const byte Rgb = 2;

    /// <summary>Colour type of indexes into a palette.</summary>
    public const byte Palette = 3;

    /// <summary>Colour type of grey with transparency.</summary>
    public const byte GreyAlpha = 4;

    /// <summary>Colour type of red, green and blue with transparency.</summary>
    public const byte Rgba = 6;

    private static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>A file of 8-bit samples, row-major [height, width, samples of the colour type].</summary>
    public static byte[] Encode(int width, int height, byte colourType, ReadOnlySpan<byte> samples, params (string Type, byte[] Data)[] extra) =>
        Encode(width, height, colourType, 8, Rows(height, samples), extra);

    /// <summary>A file whose header need not fit its rows.</summary>
    /// <param name="width">Claimed width.</param>
    /// <param name="height">Claimed height.</param>
    /// <param name="colourType">Claimed colour type.</param>
    /// <param name="bits">Claimed bits a sample.</param>
    /// <param name="rows">What is compressed: each row with its filter byte in front.</param>
    /// <param name="extra">Chunks between header and pixels.</param>
    public static byte[] Encode(int width, int height, byte colourType, byte bits, byte[] rows, params (string Type, byte[] Data)[] extra)
    {
        using var file = new MemoryStream();
        file.Write(Signature);
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9]) = (bits, colourType);
        Chunk(file, "IHDR", header);
        foreach (var (type, data) in extra)
        {
            Chunk(file, type, data);
        }

        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            zlib.Write(rows);
        }

        Chunk(file, "IDAT", packed.ToArray());
        Chunk(file, "IEND", []);
        return file.ToArray();
    }

    /// <summary>Samples with the filter byte 0 (none) in front of each row.</summary>
    public static byte[] Rows(int height, ReadOnlySpan<byte> samples)
    {
        var stride = samples.Length / height;
        var rows = new byte[height * (stride + 1)];
        for (var y = 0; y < height; y++)
        {
            samples.Slice(y * stride, stride).CopyTo(rows.AsSpan((y * (stride + 1)) + 1));
        }

        return rows;
    }

    private static void Chunk(MemoryStream file, string type, byte[] data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        file.Write(number);
        byte[] covered = [.. System.Text.Encoding.ASCII.GetBytes(type), .. data];
        file.Write(covered);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc(covered));
        file.Write(number);
    }

    private static uint Crc(byte[] bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) == 0 ? crc >> 1 : (crc >> 1) ^ 0xEDB88320;
            }
        }

        return ~crc;
    }
}
