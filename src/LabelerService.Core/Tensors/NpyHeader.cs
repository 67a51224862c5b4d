using System.Globalization;
using System.Text;

namespace LabelerService.Core.Tensors;

/// <summary>Element type of an NPY file.</summary>
public enum NpyType
{
    /// <summary>Single precision, <c>&lt;f4</c>.</summary>
    Float32,

    /// <summary>Half precision, <c>&lt;f2</c>.</summary>
    Float16,

    /// <summary>Double precision, <c>&lt;f8</c>.</summary>
    Float64,

    /// <summary>Unsigned byte, <c>|u1</c>.</summary>
    UInt8,

    /// <summary>32-bit integer, <c>&lt;i4</c>.</summary>
    Int32,

    /// <summary>64-bit integer, <c>&lt;i8</c>.</summary>
    Int64,
}

/// <summary>What an NPY file says about its array: C order, little-endian.</summary>
/// <param name="Type">Element type.</param>
/// <param name="Shape">Sides; empty for a single number.</param>
public sealed record NpyHeader(NpyType Type, IReadOnlyList<int> Shape)
{
    private static readonly string[] Descriptors = ["<f4", "<f2", "<f8", "|u1", "<i4", "<i8"];

    /// <summary>Number of elements.</summary>
    /// <exception cref="FormatException">More than 2⁶³ − 1 elements.</exception>
    public long Count
    {
        get
        {
            var count = 1L;
            foreach (var side in Shape)
            {
                if (side != 0 && count > long.MaxValue / side)
                {
                    throw new FormatException($"The NPY shape ({string.Join(", ", Shape)}) holds more elements than can be counted.");
                }

                count *= side;
            }

            return count;
        }
    }

    /// <summary>Bytes of one element.</summary>
    public int ElementSize => Type switch
    {
        NpyType.UInt8 => 1,
        NpyType.Float16 => 2,
        NpyType.Float32 or NpyType.Int32 => 4,
        _ => 8,
    };

    /// <summary>The dictionary literal that NPY stores.</summary>
    internal string ToLiteral()
    {
        var sides = Shape.Count switch
        {
            0 => "()",
            1 => $"({Shape[0].ToString(CultureInfo.InvariantCulture)},)",
            _ => $"({string.Join(", ", Shape.Select(side => side.ToString(CultureInfo.InvariantCulture)))})",
        };
        return $"{{'descr': '{Descriptors[(int)Type]}', 'fortran_order': False, 'shape': {sides}, }}";
    }

    /// <summary>Reads the dictionary literal.</summary>
    /// <exception cref="FormatException">It is no such literal, or describes an array of another kind.</exception>
    internal static NpyHeader Parse(ReadOnlySpan<byte> literal)
    {
        var scanner = new NpyHeaderScanner(Encoding.UTF8.GetString(literal));
        string? descriptor = null;
        bool? fortran = null;
        int[]? shape = null;
        scanner.Expect('{');
        while (!scanner.TryTake('}'))
        {
            var key = scanner.Text();
            scanner.Expect(':');
            switch (key)
            {
                case "descr":
                    descriptor = scanner.Text();
                    break;
                case "fortran_order":
                    fortran = scanner.Boolean();
                    break;
                case "shape":
                    shape = scanner.Sides();
                    break;
                default:
                    throw new FormatException($"The NPY header has an unknown key '{key}'.");
            }

            if (!scanner.TryTake(','))
            {
                scanner.Expect('}');
                break;
            }
        }

        scanner.End();
        if (descriptor is null || fortran is null || shape is null)
        {
            throw new FormatException("The NPY header lacks descr, fortran_order or shape.");
        }

        if (fortran.Value)
        {
            throw new FormatException("The NPY array is in Fortran order; save it with numpy.ascontiguousarray first.");
        }

        var type = Array.IndexOf(Descriptors, descriptor == "<u1" ? "|u1" : descriptor);
        if (type < 0)
        {
            throw new FormatException(
                $"NPY type '{descriptor}' is not read; use one of {string.Join(", ", Descriptors)} (little-endian), for example array.astype('<f4').");
        }

        var header = new NpyHeader((NpyType)type, shape);
        _ = header.Count;
        return header;
    }
}
