using LabelerService.Formats.Tables;
using Parquet;
using Parquet.Schema;
using ColumnMetaData = Parquet.Meta.ColumnMetaData;
using PhysicalType = Parquet.Meta.Type;

namespace LabelerService.Formats.Parquet;

/// <summary>One column of a Parquet file that is read: of a row group at a time, as cells.</summary>
internal abstract class ParquetColumn(DataField leaf)
{
    // What stands where a broken page has put nothing; no value that was read can be it.
    private static readonly ReadOnlyMemory<byte> Missing = new byte[1];

    /// <summary>The leaf in the file.</summary>
    protected DataField Field => leaf;

    /// <summary>Whether a row may have several values.</summary>
    public bool Repeats => leaf.MaxRepetitionLevel > 0;

    /// <summary>Path of the leaf.</summary>
    public string Name => leaf.Path.ToString();

    /// <summary>How the schema says that values are stored.</summary>
    private PhysicalType? Stored { get; set; }

    /// <summary>
    /// Checks that a row group stores values as the schema says: the library takes that for granted, and would read numbers as references.
    /// </summary>
    /// <exception cref="FormatException">It does not.</exception>
    public void CheckStored(ParquetRowGroupReader group)
    {
        var type = Metadata(group)?.Type;
        if (type is null || type != Stored)
        {
            throw new FormatException($"its column {Name} is stored as {type}, but the schema says {Stored}");
        }
    }

    /// <summary>What a row group says of the column.</summary>
    public ColumnMetaData? Metadata(ParquetRowGroupReader group) => group.GetMetadata(leaf)?.MetaData;

    /// <summary>Makes the reader of a column.</summary>
    /// <param name="field">The column in the file.</param>
    /// <param name="column">What it is to us.</param>
    /// <exception cref="FileFormatException">It holds what the column cannot be.</exception>
    public static ParquetColumn Create(Field field, Column column)
    {
        var created = CreateReader(field, column);
        created.Stored = Leaf(field)?.SchemaElement?.Type;
        return created;
    }

    private static ParquetColumn CreateReader(Field field, Column column)
    {
        if (column.Type == ColumnType.Numbers)
        {
            return Leaf(field) is { MaxRepetitionLevel: 1 or 2 } numbers ? Numbers(numbers) : throw Wrong(column, "must be a list of numbers");
        }

        if (field is not DataField { IsArray: false, MaxRepetitionLevel: 0 } scalar || scalar.MaxDefinitionLevel > 1)
        {
            throw Wrong(column, "must be single values, no list, map or structure");
        }

        var type = scalar.ClrType;
        if (type == typeof(string) || type == typeof(ReadOnlyMemory<char>) || type == typeof(byte[]) || type == typeof(ReadOnlyMemory<byte>))
        {
            return scalar.SchemaElement?.Type == PhysicalType.BYTE_ARRAY
                ? OfBytes(scalar, column.Type)
                : throw Wrong(column, "is stored as bytes of fixed length, which is not read here");
        }

        return Type.GetTypeCode(type) switch
        {
            TypeCode.Boolean => new ParquetScalar<bool>(scalar, Cell.Of),
            TypeCode.SByte => new ParquetScalar<sbyte>(scalar, value => Cell.Of((long)value)),
            TypeCode.Byte => new ParquetScalar<byte>(scalar, value => Cell.Of((long)value)),
            TypeCode.Int16 => new ParquetScalar<short>(scalar, value => Cell.Of((long)value)),
            TypeCode.UInt16 => new ParquetScalar<ushort>(scalar, value => Cell.Of((long)value)),
            TypeCode.Int32 => new ParquetScalar<int>(scalar, value => Cell.Of((long)value)),
            TypeCode.UInt32 => new ParquetScalar<uint>(scalar, value => Cell.Of((long)value)),
            TypeCode.Int64 => new ParquetScalar<long>(scalar, Cell.Of),
            TypeCode.UInt64 => new ParquetScalar<ulong>(
                scalar, value => value <= long.MaxValue ? Cell.Of((long)value) : Cell.Bad("is beyond 64 bits with a sign")),
            TypeCode.Single => new ParquetScalar<float>(scalar, value => Cell.Of((double)value)),
            TypeCode.Double => new ParquetScalar<double>(scalar, Cell.Of),
            TypeCode.Decimal => new ParquetScalar<decimal>(scalar, value => Cell.Of((double)value)),
            // Without a zone a time is UTC.
            TypeCode.DateTime => new ParquetScalar<DateTime>(scalar, value => Cell.Of(new DateTimeOffset(value.Ticks, TimeSpan.Zero))),
            _ when type == typeof(DateOnly) => new ParquetScalar<DateOnly>(
                scalar, value => Cell.Of(new DateTimeOffset(value.DayNumber * TimeSpan.TicksPerDay, TimeSpan.Zero))),
            _ when type == typeof(Guid) => new ParquetScalar<Guid>(scalar, value => Cell.Of(value.ToString())),
            _ => throw Wrong(column, $"is of type {type.Name}, which is not read here"),
        };
    }

    /// <summary>Reads the column of a row group.</summary>
    public abstract ValueTask LoadAsync(ParquetRowGroupReader group, CancellationToken cancellationToken);

    /// <summary>The cell of the next row of the group.</summary>
    public abstract Cell Next();

    /// <summary>Values that a row group has of the column, nulls included.</summary>
    protected int Count(ParquetRowGroupReader group) => checked((int)(Metadata(group)?.NumValues ?? 0));

    private static FileFormatException Wrong(Column column, string reason) => new(default, $"column {column.Name} {reason}");

    /// <summary>Text as its bytes: read as text, bytes that are not UTF-8 would turn into other characters without a word.</summary>
    private static ParquetScalar<ReadOnlyMemory<byte>> OfBytes(DataField field, ColumnType type)
    {
        var bytes = new DataField(field.Name, typeof(byte[]), field.IsNullable);
        // A field is only readable as part of a schema.
        _ = new ParquetSchema(bytes);
        return new ParquetScalar<ReadOnlyMemory<byte>>(
            bytes,
            value => value.Equals(Missing) ? Cell.Bad("is not in the file though it is said to be")
                : type == ColumnType.Bytes ? Cell.Of(value.ToArray())
                : Utf8Text.IsValid(value.Span) ? Cell.Of(Utf8Text.Read(value.Span)) : Cell.Bad("is not UTF-8"),
            Missing);
    }

    private static DataField? Leaf(Field field) => field switch
    {
        DataField data => data,
        ListField { Item: DataField item } => item,
        ListField { Item: ListField { Item: DataField item } } => item,
        _ => null,
    };

    private static ParquetColumn Numbers(DataField leaf) => Type.GetTypeCode(leaf.ClrType) switch
    {
        TypeCode.Single => new ParquetNumbers<float>(leaf, value => value),
        TypeCode.Double => new ParquetNumbers<double>(leaf, value => (float)value),
        TypeCode.SByte => new ParquetNumbers<sbyte>(leaf, value => value),
        TypeCode.Byte => new ParquetNumbers<byte>(leaf, value => value),
        TypeCode.Int16 => new ParquetNumbers<short>(leaf, value => value),
        TypeCode.Int32 => new ParquetNumbers<int>(leaf, value => value),
        TypeCode.Int64 => new ParquetNumbers<long>(leaf, value => value),
        _ => throw new FileFormatException(default, $"column {leaf.Path} must hold numbers, not {leaf.ClrType.Name}"),
    };
}

/// <summary>A column with at most one value a row.</summary>
internal sealed class ParquetScalar<T>(DataField field, Func<T, Cell> cell, T missing = default) : ParquetColumn(field)
    where T : struct
{
    private T[] _values = [];
    private int[] _definitions = [];
    private int _row;
    private int _value;

    public override async ValueTask LoadAsync(ParquetRowGroupReader group, CancellationToken cancellationToken)
    {
        // Arrays of our own: what the library lends is not cleared, and a broken page fills less of it than it claims.
        var count = Count(group);
        _values = new T[count];
        Array.Fill(_values, missing);
        _definitions = Field.MaxDefinitionLevel > 0 ? new int[count] : [];
        await group.ReadRawAsync<T>(Field, _values, Field.MaxDefinitionLevel > 0 ? _definitions.AsMemory() : default(Memory<int>?), null, cancellationToken);
        (_row, _value) = (0, 0);
    }

    public override Cell Next()
    {
        var row = _row++;
        return Field.MaxDefinitionLevel > 0 && _definitions[row] < Field.MaxDefinitionLevel ? default : cell(_values[_value++]);
    }
}

/// <summary>A column with a list of numbers a row, or a list of lists.</summary>
internal sealed class ParquetNumbers<T>(DataField field, Func<T, float> convert) : ParquetColumn(field)
    where T : struct
{
    private readonly List<float> _values = [];
    private T[] _data = [];
    private int[] _definitions = [];
    private int[] _repetitions = [];
    private int _entry;
    private int _value;

    public override async ValueTask LoadAsync(ParquetRowGroupReader group, CancellationToken cancellationToken)
    {
        var count = Count(group);
        (_data, _definitions, _repetitions) = (new T[count], new int[count], new int[count]);
        await group.ReadRawAsync<T>(Field, _data, _definitions.AsMemory(), _repetitions.AsMemory(), cancellationToken);
        (_entry, _value) = (0, 0);
    }

    public override Cell Next()
    {
        var (definitions, repetitions) = (_definitions, _repetitions);
        if (_entry >= _data.Length || repetitions[_entry] != 0)
        {
            throw new FormatException($"column {Name} has fewer rows than the group");
        }

        _values.Clear();
        var (steps, stepStart, length, first) = (0, 0, -1, _entry);
        string? problem = null;
        do
        {
            var definition = definitions[_entry];
            if (Field.MaxRepetitionLevel > 1 && repetitions[_entry] <= 1 && _entry > first)
            {
                problem ??= EndStep(ref steps, ref stepStart, ref length);
            }

            if (definition == Field.MaxDefinitionLevel)
            {
                _values.Add(convert(_data[_value++]));
            }
            else if (Field.IsNullable && definition == Field.MaxDefinitionLevel - 1)
            {
                problem ??= $"has no value at {_values.Count}";
            }

            _entry++;
        }
        while (_entry < _data.Length && repetitions[_entry] != 0);

        if (_values.Count == 0 && _entry == first + 1)
        {
            return problem is not null ? Cell.Bad(problem) : definitions[first] == 0 ? default : Cell.Of(new NumberBlock([]));
        }

        if (Field.MaxRepetitionLevel > 1)
        {
            problem ??= EndStep(ref steps, ref stepStart, ref length);
        }

        return problem is null ? Cell.Of(new NumberBlock([.. _values], steps)) : Cell.Bad(problem);
    }

    private string? EndStep(ref int steps, ref int start, ref int length)
    {
        var added = _values.Count - start;
        if (length >= 0 && length != added)
        {
            return $"has steps of different lengths (step {steps})";
        }

        (length, start) = (added, _values.Count);
        steps++;
        return null;
    }
}
