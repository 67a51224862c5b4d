using Kind = LabelerService.Formats.Parquet.CompactProtocol.Kind;

namespace LabelerService.Formats.Parquet;

/// <summary>
/// The structures of Parquet's metadata: which field has which type. The library reads a field by its number and takes its type for granted; where
/// a broken file has another there, it reads on at the wrong place, far beyond what was written. So the types are checked before.
/// </summary>
internal sealed class ThriftShape
{
    private static readonly Value I32 = new(Kind.Int32);
    private static readonly Value I64 = new(Kind.Int64);
    private static readonly Value Text = new(Kind.Binary);
    private static readonly Value Flag = new(Kind.True);
    private static readonly ThriftShape Empty = new();

    private readonly Dictionary<int, Value> _fields;

    private ThriftShape(params (int Id, Value Value)[] fields) => _fields = fields.ToDictionary(field => field.Id, field => field.Value);

    private static readonly ThriftShape Statistics =
        new((1, Text), (2, Text), (3, I64), (4, I64), (5, Text), (6, Text), (7, Flag), (8, Flag));

    private static readonly ThriftShape KeyValue = new((1, Text), (2, Text));

    private static readonly ThriftShape TimeUnit = new((1, Of(Empty)), (2, Of(Empty)), (3, Of(Empty)));

    private static readonly ThriftShape LogicalType = new(
        (1, Of(Empty)), (2, Of(Empty)), (3, Of(Empty)), (4, Of(Empty)), (5, Of(new((1, I32), (2, I32)))), (6, Of(Empty)),
        (7, Of(new((1, Flag), (2, Of(TimeUnit))))), (8, Of(new((1, Flag), (2, Of(TimeUnit))))),
        (10, Of(new((1, new Value(Kind.Byte)), (2, Flag)))), (11, Of(Empty)), (12, Of(Empty)), (13, Of(Empty)), (14, Of(Empty)), (15, Of(Empty)),
        (16, Of(new((1, new Value(Kind.Byte))))), (17, Of(new((1, Text)))), (18, Of(new((1, Text), (2, I32)))));

    private static readonly ThriftShape SchemaElement = new(
        (1, I32), (2, I32), (3, I32), (4, Text), (5, I32), (6, I32), (7, I32), (8, I32), (9, I32), (10, Of(LogicalType)));

    private static readonly ThriftShape ColumnMetaData = new(
        (1, I32), (2, List(I32)), (3, List(Text)), (4, I32), (5, I64), (6, I64), (7, I64), (8, List(Of(KeyValue))), (9, I64), (10, I64), (11, I64),
        (12, Of(Statistics)), (13, List(Of(new((1, I32), (2, I32), (3, I32))))), (14, I64), (15, I32),
        (16, Of(new((1, I64), (2, List(I64)), (3, List(I64))))),
        (17, Of(new((1, Of(new([.. Enumerable.Range(1, 8).Select(id => (id, new Value(Kind.Double)))]))), (2, List(I32))))));

    private static readonly ThriftShape ColumnChunk = new(
        (1, Text), (2, I64), (3, Of(ColumnMetaData)), (4, I64), (5, I32), (6, I64), (7, I32));

    private static readonly ThriftShape RowGroup = new(
        (1, List(Of(ColumnChunk))), (2, I64), (3, I64), (4, List(Of(new((1, I32), (2, Flag), (3, Flag))))), (5, I64), (6, I64),
        (7, new Value(Kind.Int16)));

    /// <summary>The footer.</summary>
    public static ThriftShape FileMetaData { get; } = new(
        (1, I32), (2, List(Of(SchemaElement))), (3, I64), (4, List(Of(RowGroup))), (5, List(Of(KeyValue))), (6, Text),
        (7, List(Of(new((1, Of(Empty)))))));

    /// <summary>What stands in front of a page.</summary>
    public static ThriftShape PageHeader { get; } = new(
        (1, I32), (2, I32), (3, I32), (4, I32), (5, Of(new((1, I32), (2, I32), (3, I32), (4, I32), (5, Of(Statistics))))), (6, Of(Empty)),
        (7, Of(new((1, I32), (2, I32), (3, Flag)))),
        (8, Of(new((1, I32), (2, I32), (3, I32), (4, I32), (5, I32), (6, I32), (7, Flag), (8, Of(Statistics))))));

    /// <summary>Walks over a structure.</summary>
    /// <exception cref="FormatException">A field has another type than it must have, or is of a kind that is not known.</exception>
    public void Check(ref CompactProtocol protocol)
    {
        var id = 0;
        while (!protocol.IsCutOff && protocol.Field(ref id) is var kind && kind != Kind.Stop)
        {
            // What is not known here cannot be stepped over in the same way by whoever reads it after this.
            if (!_fields.TryGetValue(id, out var expected))
            {
                throw new FormatException($"it has a field {id} that is not known here");
            }

            Check(ref protocol, expected, kind == Kind.False ? Kind.True : kind, id);
        }
    }

    private static Value Of(ThriftShape shape) => new(Kind.Struct, shape);

    private static Value List(Value element) => new(Kind.List, Element: element);

    private static void Check(ref CompactProtocol protocol, Value expected, Kind kind, int id)
    {
        if (kind != expected.Kind)
        {
            throw new FormatException($"its field {id} is of type {kind} instead of {expected.Kind}");
        }

        if (expected.Shape is not null)
        {
            expected.Shape.Check(ref protocol);
        }
        else if (expected.Element is null)
        {
            protocol.Skip(kind);
        }
        else
        {
            var count = protocol.List(out var element);
            for (var i = 0; i < count && !protocol.IsCutOff; i++)
            {
                Check(ref protocol, expected.Element, element, id);
            }
        }
    }

    private sealed record Value(Kind Kind, ThriftShape? Shape = null, Value? Element = null);
}
