using System.Globalization;

namespace LabelerService.Formats.Tables;

/// <summary>One value of a row, on its way between a file's format and a row's meaning.</summary>
public readonly struct Cell
{
    private readonly long _bits;
    private readonly object? _value;

    private Cell(CellKind kind, long bits, object? value)
    {
        Kind = kind;
        _bits = bits;
        _value = value;
    }

    /// <summary>What it holds.</summary>
    public CellKind Kind { get; }

    /// <summary>Whether there is nothing, or only empty text.</summary>
    public bool IsEmpty => Kind == CellKind.None || (Kind == CellKind.Text && ((string)_value!).Length == 0);

    /// <summary>The text, or why a bad cell is bad.</summary>
    public string Text => (string)_value!;

    /// <summary>The whole number.</summary>
    public long Integer => _bits;

    /// <summary>The number.</summary>
    public double Real => BitConverter.Int64BitsToDouble(_bits);

    /// <summary>The truth value.</summary>
    public bool Boolean => _bits != 0;

    /// <summary>The moment.</summary>
    public DateTimeOffset Time => new(_bits, TimeSpan.Zero);

    /// <summary>The bytes.</summary>
    public ReadOnlyMemory<byte> Bytes => (byte[])_value!;

    /// <summary>The numbers.</summary>
    public NumberBlock Numbers => (NumberBlock)_value!;

    /// <summary>A cell of text.</summary>
    public static Cell Of(string? text) => text is null ? default : new Cell(CellKind.Text, 0, text);

    /// <summary>A cell with a whole number.</summary>
    public static Cell Of(long value) => new(CellKind.Integer, value, null);

    /// <summary>A cell with a number.</summary>
    public static Cell Of(double value) => new(CellKind.Real, BitConverter.DoubleToInt64Bits(value), null);

    /// <summary>A cell with a truth value.</summary>
    public static Cell Of(bool value) => new(CellKind.Boolean, value ? 1 : 0, null);

    /// <summary>A cell with a moment.</summary>
    public static Cell Of(DateTimeOffset value) => new(CellKind.Time, value.UtcTicks, null);

    /// <summary>A cell of bytes.</summary>
    public static Cell Of(byte[]? bytes) => bytes is null ? default : new Cell(CellKind.Bytes, 0, bytes);

    /// <summary>A cell of numbers.</summary>
    public static Cell Of(NumberBlock? numbers) => numbers is null ? default : new Cell(CellKind.Numbers, 0, numbers);

    /// <summary>A cell that cannot be read.</summary>
    /// <param name="reason">Why, as it reads behind the column's name: "is not UTF-8".</param>
    public static Cell Bad(string reason) => new(CellKind.Bad, 0, reason);

    /// <summary>The value as text where text can hold it; empty for bytes, numbers and nothing.</summary>
    public override string ToString() => Kind switch
    {
        CellKind.Text => Text,
        CellKind.Integer => Integer.ToString(CultureInfo.InvariantCulture),
        CellKind.Real => Real.ToString("R", CultureInfo.InvariantCulture),
        CellKind.Boolean => Boolean ? "true" : "false",
        CellKind.Time => TimeText.Format(Time),
        _ => "",
    };
}
