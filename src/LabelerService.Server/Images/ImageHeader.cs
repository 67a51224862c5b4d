using System.Buffers.Binary;
using LabelerService.Core.Datasets;
using LabelerService.Storage.Items;

namespace LabelerService.Server.Images;

/// <summary>
/// What an image file says about itself, read without decoding: a file that claims to be large, or is none of the formats that are taken,
/// never gets as far as a decoder.
/// </summary>
/// <param name="Format">What its first bytes say it is; 0 for neither PNG nor JPEG.</param>
/// <param name="Width">Columns.</param>
/// <param name="Height">Rows.</param>
/// <param name="Colour">Whether it has colour.</param>
/// <param name="Problem">Why it cannot be taken, whatever the dataset; null if nothing is known against it.</param>
internal readonly record struct ImageHeader(ContentType Format, int Width, int Height, bool Colour, string? Problem)
{
    // A progressive JPEG may paint its whole area again and again; real ones do so about ten times.
    private const int MostScans = 64;

    private static ReadOnlySpan<byte> PngSignature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    private static ReadOnlySpan<byte> JpegSignature => [0xFF, 0xD8, 0xFF];

    /// <summary>Reads the header of a file.</summary>
    public static ImageHeader Read(ReadOnlySpan<byte> file)
    {
        if (file.StartsWith(PngSignature))
        {
            return ReadPng(file);
        }

        return file.StartsWith(JpegSignature) ? ReadJpeg(file) : new ImageHeader(default, 0, 0, false, "is neither PNG nor JPEG");
    }

    /// <summary>Why the file is no image of a dataset; null if it may be one.</summary>
    public string? ProblemFor(DatasetSchema schema)
    {
        if (Problem is not null)
        {
            return Problem;
        }

        var (height, width, channels) = (schema.ItemShape[0], schema.ItemShape[1], schema.ItemShape[2]);
        if (Width != width || Height != height)
        {
            return $"has {Height} rows of {Width} pixels; the dataset's images have {height} of {width}";
        }

        return Colour && channels == 1 ? "is in colour; the dataset's images are grey: convert it to grey first" : null;
    }

    private static ImageHeader ReadPng(ReadOnlySpan<byte> file)
    {
        // Signature, then the header chunk: length, type, width, height, bits, colour type.
        if (file.Length > ItemRules.MaxItemBytes)
        {
            return TooLarge(ContentType.Png, file.Length);
        }

        if (file.Length < 33 || !file[12..16].SequenceEqual("IHDR"u8))
        {
            return new ImageHeader(ContentType.Png, 0, 0, false, "is cut short or broken: a PNG without a header");
        }

        if (!EndsInPlace(file))
        {
            return new ImageHeader(ContentType.Png, 0, 0, false, "is cut short or broken: a PNG without an end");
        }

        var width = BinaryPrimitives.ReadUInt32BigEndian(file[16..]);
        var height = BinaryPrimitives.ReadUInt32BigEndian(file[20..]);
        var bits = file[24];
        var colourType = file[25];
        return new ImageHeader(
            ContentType.Png, (int)Math.Min(width, int.MaxValue), (int)Math.Min(height, int.MaxValue), (colourType & 2) != 0,
            bits > 8 ? $"has {bits} bits a channel; convert it to 8, or send its values as features" : null);
    }

    /// <summary>Whether chunk follows chunk up to the one that ends the file.</summary>
    private static bool EndsInPlace(ReadOnlySpan<byte> file)
    {
        // A chunk is its length, its type, that many bytes, and a check sum.
        for (var at = 8L; at + 12 <= file.Length;)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(file[(int)at..]);
            if (file.Slice((int)at + 4, 4).SequenceEqual("IEND"u8))
            {
                return true;
            }

            at += 12L + length;
        }

        return false;
    }

    private static ImageHeader ReadJpeg(ReadOnlySpan<byte> file)
    {
        if (file.Length > ItemRules.MaxItemBytes)
        {
            return TooLarge(ContentType.Jpeg, file.Length);
        }

        for (var at = 2; at + 4 <= file.Length;)
        {
            if (file[at] != 0xFF)
            {
                break;
            }

            var marker = file[at + 1];
            if (marker == 0xFF)
            {
                // Markers may be padded.
                at++;
                continue;
            }

            var length = BinaryPrimitives.ReadUInt16BigEndian(file[(at + 2)..]);
            if (length < 2)
            {
                break;
            }

            // A frame header; C4, C8 and CC are tables.
            if (marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC))
            {
                return at + 10 <= file.Length ? ReadFrame(file[(at + 4)..], file[at..]) : Broken();
            }

            if (marker is 0xDA or 0xD9)
            {
                break;
            }

            at += 2 + length;
        }

        return Broken();
    }

    private static ImageHeader ReadFrame(ReadOnlySpan<byte> frame, ReadOnlySpan<byte> rest)
    {
        var height = BinaryPrimitives.ReadUInt16BigEndian(frame[1..]);
        var width = BinaryPrimitives.ReadUInt16BigEndian(frame[3..]);
        var components = frame[5];
        var problem = (frame[0], components) switch
        {
            (not 8, _) => $"has {frame[0]} bits a channel; convert it to 8, or send its values as features",
            (_, not (1 or 3)) => $"has {components} channels; convert it to grey or RGB",
            _ when rest.LastIndexOf((ReadOnlySpan<byte>)[0xFF, 0xD9]) < 0 => "is cut short: a JPEG without an end",
            _ when rest.Count((ReadOnlySpan<byte>)[0xFF, 0xDA]) > MostScans => $"has more than {MostScans} scans; save it again",
            _ => null,
        };
        return new ImageHeader(ContentType.Jpeg, width, height, components != 1, problem);
    }

    private static ImageHeader Broken() => new(ContentType.Jpeg, 0, 0, false, "is cut short or broken: a JPEG without a frame");

    private static ImageHeader TooLarge(ContentType format, int bytes) =>
        new(format, 0, 0, false, $"has {bytes} bytes; an image file takes at most {ItemRules.MaxItemBytes}");
}
