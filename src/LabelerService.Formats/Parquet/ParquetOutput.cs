using LabelerService.Formats.Tables;
using Parquet;
using Parquet.Schema;

namespace LabelerService.Formats.Parquet;

/// <summary>One column that is written: gathers the cells of a row group.</summary>
internal abstract class ParquetOutput
{
    /// <summary>The column in the file.</summary>
    public abstract Field Field { get; }

    /// <summary>Makes the output of a column.</summary>
    public static ParquetOutput Create(Column column) => column.Type switch
    {
        ColumnType.Single => new Values<float>(new DataField(column.Name, typeof(float), isNullable: true), cell => (float)cell.Real),
        ColumnType.Double => new Values<double>(new DataField(column.Name, typeof(double), isNullable: true), cell => cell.Real),
        ColumnType.Boolean => new Values<bool>(new DataField(column.Name, typeof(bool), isNullable: true), cell => cell.Boolean),
        ColumnType.Time => new Values<DateTime>(
            new DateTimeDataField(
                column.Name, DateTimeFormat.Timestamp, isAdjustedToUTC: true, unit: DateTimeTimeUnit.Micros, isNullable: true),
            cell => cell.Time.UtcDateTime),
        ColumnType.Bytes => new ByteArrays(column.Name),
        ColumnType.Numbers => new NumberLists(column.Name),
        _ => new Texts(column.Name),
    };

    /// <summary>Adds the cell of a row.</summary>
    /// <returns>About how many bytes it takes.</returns>
    public abstract int Add(in Cell cell);

    /// <summary>Writes what was gathered and forgets it.</summary>
    public abstract ValueTask WriteAsync(ParquetRowGroupWriter group, CancellationToken cancellationToken);

    private sealed class Values<T>(DataField column, Func<Cell, T> read) : ParquetOutput
        where T : struct
    {
        private readonly List<T?> _values = [];

        public override Field Field => column;

        public override int Add(in Cell cell)
        {
            _values.Add(cell.Kind == CellKind.None ? null : read(cell));
            return 16;
        }

        public override async ValueTask WriteAsync(ParquetRowGroupWriter group, CancellationToken cancellationToken)
        {
            await group.WriteAsync<T>(column, _values.ToArray(), cancellationToken: cancellationToken);
            _values.Clear();
        }
    }

    private sealed class Texts(string name) : ParquetOutput
    {
        private readonly DataField _field = new(name, typeof(string), isNullable: true);
        private readonly List<string?> _values = [];

        public override Field Field => _field;

        public override int Add(in Cell cell)
        {
            _values.Add(cell.Kind == CellKind.None ? null : cell.ToString());
            return 32 + (2 * (_values[^1]?.Length ?? 0));
        }

        public override async ValueTask WriteAsync(ParquetRowGroupWriter group, CancellationToken cancellationToken)
        {
            await group.WriteAsync(_field, _values!);
            _values.Clear();
        }
    }

    private sealed class ByteArrays(string name) : ParquetOutput
    {
        private readonly DataField _field = new(name, typeof(byte[]), isNullable: true);
        private readonly List<byte[]?> _values = [];

        public override Field Field => _field;

        public override int Add(in Cell cell)
        {
            _values.Add(cell.Kind == CellKind.None ? null : cell.Bytes.ToArray());
            return 32 + (_values[^1]?.Length ?? 0);
        }

        public override async ValueTask WriteAsync(ParquetRowGroupWriter group, CancellationToken cancellationToken)
        {
            await group.WriteAsync(_field, _values!);
            _values.Clear();
        }
    }

    /// <summary>Lists of numbers; a sequence goes flat, since whoever reads it knows how long a step is.</summary>
    private sealed class NumberLists : ParquetOutput
    {
        private const int NullList = 0;
        private const int EmptyList = 1;
        private const int Present = 2;

        private readonly ListField _field;
        private readonly DataField _element = new("element", typeof(float), isNullable: false);
        private readonly List<float> _values = [];
        private readonly List<int> _definitions = [];
        private readonly List<int> _repetitions = [];

        public NumberLists(string name) => _field = new ListField(name, _element);

        public override Field Field => _field;

        public override int Add(in Cell cell)
        {
            if (cell.Kind == CellKind.None || cell.Numbers.Values.Length == 0)
            {
                _definitions.Add(cell.Kind == CellKind.None ? NullList : EmptyList);
                _repetitions.Add(0);
                return 8;
            }

            var numbers = cell.Numbers.Values;
            _values.AddRange(numbers);
            for (var i = 0; i < numbers.Length; i++)
            {
                _definitions.Add(Present);
                _repetitions.Add(i == 0 ? 0 : 1);
            }

            return 12 * numbers.Length;
        }

        public override async ValueTask WriteAsync(ParquetRowGroupWriter group, CancellationToken cancellationToken)
        {
            await group.WriteAllPartsAsync<float>(
                _element, _values.ToArray(), _definitions.ToArray(), _repetitions.ToArray(), cancellationToken);
            _values.Clear();
            _definitions.Clear();
            _repetitions.Clear();
        }
    }
}
