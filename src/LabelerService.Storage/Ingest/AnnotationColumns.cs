using LabelerService.Storage.Database;
using Npgsql;
using NpgsqlTypes;

namespace LabelerService.Storage.Ingest;

/// <summary>The contents of a batch as array parameters. A column that no entry fills travels as an empty array: unnest pads it.</summary>
internal static class AnnotationColumns
{
    public static NpgsqlParameter[] Create(AnnotationBatch batch, ReadOnlySpan<int> order)
    {
        var classes = new short[order.Length];
        float?[] confidences = [];
        int?[] durations = [];
        DateTimeOffset?[] times = [];
        for (var i = 0; i < order.Length; i++)
        {
            var annotation = batch[order[i]];
            classes[i] = (short)annotation.ClassIndex;
            Put(ref confidences, i, order.Length, annotation.Confidence);
            Put(ref durations, i, order.Length, annotation.DurationMs);
            Put(ref times, i, order.Length, annotation.AnnotatedAt?.ToUniversalTime());
        }

        return
        [
            Sql.Typed(classes, NpgsqlDbType.Array | NpgsqlDbType.Smallint), Sql.Typed(confidences, NpgsqlDbType.Array | NpgsqlDbType.Real),
            Sql.Typed(durations, NpgsqlDbType.Array | NpgsqlDbType.Integer), Sql.Typed(times, NpgsqlDbType.Array | NpgsqlDbType.TimestampTz),
        ];
    }

    private static void Put<T>(ref T?[] column, int i, int count, T? value)
        where T : struct
    {
        if (value is null)
        {
            return;
        }

        if (column.Length == 0)
        {
            column = new T?[count];
        }

        column[i] = value;
    }
}
