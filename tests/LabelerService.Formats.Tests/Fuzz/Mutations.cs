using CsCheck;

namespace LabelerService.Formats.Tests.Fuzz;

/// <summary>Ways in which files break.</summary>
internal static class Mutations
{
    private static readonly byte[][] Pieces =
    [
        "\""u8.ToArray(), ","u8.ToArray(), "\n"u8.ToArray(), "\r"u8.ToArray(), "\r\n"u8.ToArray(), "\t"u8.ToArray(), "\"\""u8.ToArray(),
        "{"u8.ToArray(), "}"u8.ToArray(), "["u8.ToArray(), "]"u8.ToArray(), ":"u8.ToArray(), "null"u8.ToArray(), "1e999"u8.ToArray(),
        "-1"u8.ToArray(), "\\ud800"u8.ToArray(), "\\u0000"u8.ToArray(), [0], [0xFF], [0xC3], [0xED, 0xA0, 0x80], [0xEF, 0xBB, 0xBF],
        [0xFF, 0xFF, 0xFF, 0x7F], [0x80, 0x80, 0x80, 0x80, 0x08],
    ];

    /// <summary>A file after up to four mutations.</summary>
    public static Gen<byte[]> Of(byte[] file) => Step.Array[1, 4].Select(steps => steps.Aggregate(file, Apply));

    private static Gen<(int Kind, uint At, uint Length, byte Value, int Piece)> Step =>
        Gen.Select(Gen.Int[0, 6], Gen.UInt, Gen.UInt, Gen.Byte, Gen.Int[0, Pieces.Length - 1]);

    private static byte[] Apply(byte[] file, (int Kind, uint At, uint Length, byte Value, int Piece) step)
    {
        if (file.Length == 0)
        {
            return Pieces[step.Piece];
        }

        var at = (int)(step.At % (uint)file.Length);
        var length = (int)Math.Min(step.Length % 16 + 1, file.Length - at);
        switch (step.Kind)
        {
            case 0:
                return file[..at];
            case 1:
                return [.. file[..at], .. Pieces[step.Piece], .. file[at..]];
            case 2:
                return [.. file[..at], .. file[(at + length)..]];
            case 3:
                return [.. file[..(at + length)], .. file[at..]];
            case 4:
                var replaced = (byte[])file.Clone();
                replaced[at] = step.Value;
                return replaced;
            case 5:
                var flipped = (byte[])file.Clone();
                flipped[at] ^= (byte)(1 << (step.Value & 7));
                return flipped;
            default:
                var swapped = (byte[])file.Clone();
                Array.Reverse(swapped, at, length);
                return swapped;
        }
    }
}
