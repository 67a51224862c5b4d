using System.Globalization;
using System.Text;
using LabelerService.Formats.Tables;

namespace LabelerService.Formats.Rows;

/// <summary>Reads the cells of one row and remembers the first thing that is wrong.</summary>
internal ref struct CellReader(ReadOnlySpan<Cell> cells, IReadOnlyList<Column> columns)
{
    private const int MaximumKeyBytes = 256;

    private readonly ReadOnlySpan<Cell> _cells = cells;

    /// <summary>What is wrong; null if nothing is so far.</summary>
    public string? Problem { get; private set; }

    /// <summary>A key of an item or labeler: 1 to 256 bytes of UTF-8 without NUL.</summary>
    public string Key(int column)
    {
        if (Text(column) is not { Length: > 0 } key)
        {
            Refuse(column, "is empty");
            return "";
        }

        // Three bytes a UTF-16 unit is the most.
        if (key.Length > MaximumKeyBytes / 3 && Encoding.UTF8.GetByteCount(key) > MaximumKeyBytes)
        {
            Refuse(column, $"is longer than {MaximumKeyBytes} bytes");
        }
        else if (key.Contains('\0', StringComparison.Ordinal))
        {
            Refuse(column, "has a NUL character");
        }

        return key;
    }

    /// <summary>Text, also of a whole number or truth value; null where there is none. In text, empty is none.</summary>
    public string? Text(int column)
    {
        var cell = _cells[column];
        switch (cell.Kind)
        {
            case CellKind.None:
                return null;
            case CellKind.Text:
                return cell.Text.Length == 0 ? null : cell.Text;
            case CellKind.Integer or CellKind.Boolean:
                return cell.ToString();
            case CellKind.Bad:
                Refuse(column, cell.Text);
                return null;
            default:
                Refuse(column, "must be text or a whole number");
                return null;
        }
    }

    /// <summary>A number; null where there is none.</summary>
    public double? Number(int column, string rule)
    {
        var cell = _cells[column];
        switch (cell.Kind)
        {
            case CellKind.None:
                return null;
            case CellKind.Integer:
                return cell.Integer;
            case CellKind.Real:
                return cell.Real;
            case CellKind.Text:
                if (cell.Text.Length == 0)
                {
                    return null;
                }

                if (double.TryParse(cell.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
                {
                    return number;
                }

                break;
            case CellKind.Bad:
                Refuse(column, cell.Text);
                return null;
        }

        Refuse(column, $"\"{Header.Shorten(cell.ToString())}\" {rule}");
        return null;
    }

    /// <summary>A moment; null where there is none.</summary>
    public DateTimeOffset? Time(int column)
    {
        var cell = _cells[column];
        switch (cell.Kind)
        {
            case CellKind.None:
                return null;
            case CellKind.Time:
                return cell.Time;
            case CellKind.Text when cell.Text.Length == 0:
                return null;
            case CellKind.Text when TimeText.TryParse(cell.Text, out var time):
                return time;
            case CellKind.Bad:
                Refuse(column, cell.Text);
                return null;
            default:
                Refuse(column, $"\"{Header.Shorten(cell.ToString())}\" is not a time such as 2026-01-31T12:00:00Z");
                return null;
        }
    }

    /// <summary>A truth value; false where there is none.</summary>
    public bool Flag(int column)
    {
        var cell = _cells[column];
        switch (cell.Kind)
        {
            case CellKind.None:
                return false;
            case CellKind.Boolean:
                return cell.Boolean;
            case CellKind.Integer when cell.Integer is 0 or 1:
                return cell.Integer == 1;
            case CellKind.Text when cell.Text.Length == 0 || IsWord(cell.Text, "false", "0"):
                return false;
            case CellKind.Text when IsWord(cell.Text, "true", "1"):
                return true;
            case CellKind.Bad:
                Refuse(column, cell.Text);
                return false;
            default:
                Refuse(column, $"\"{Header.Shorten(cell.ToString())}\" is neither true nor false");
                return false;
        }
    }

    /// <summary>Bytes; null where there are none.</summary>
    public ReadOnlyMemory<byte>? Bytes(int column)
    {
        var cell = _cells[column];
        if (cell.Kind == CellKind.Bytes)
        {
            return cell.Bytes;
        }

        if (cell.Kind != CellKind.None)
        {
            Refuse(column, cell.Kind == CellKind.Bad ? cell.Text : "must be bytes");
        }

        return null;
    }

    /// <summary>Numbers; null where there are none.</summary>
    public NumberBlock? Numbers(int column)
    {
        var cell = _cells[column];
        if (cell.Kind == CellKind.Numbers)
        {
            var bad = Array.FindIndex(cell.Numbers.Values, value => !float.IsFinite(value));
            if (bad < 0)
            {
                return cell.Numbers;
            }

            Refuse(column, $"value {bad} (counted from 0) is not a finite single-precision number");
        }
        else if (!cell.IsEmpty)
        {
            Refuse(column, cell.Kind == CellKind.Bad ? cell.Text : "must be a list of numbers");
        }

        return null;
    }

    /// <summary>Notes that a column's value cannot be used, unless something was wrong before.</summary>
    public void Refuse(int column, string reason) => Problem ??= $"{columns[column].Name} {reason}";

    private static bool IsWord(string text, string word, string digit) =>
        string.Equals(text, word, StringComparison.OrdinalIgnoreCase) || string.Equals(text, digit, StringComparison.Ordinal);
}
