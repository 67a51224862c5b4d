using LabelerService.Storage.Database;
using Npgsql;
using NpgsqlTypes;

namespace LabelerService.Storage.Ingest;

/// <summary>Rows as array parameters. A column that no row fills travels as an empty array: unnest pads it.</summary>
internal static class AnnotationColumns
{
    public static NpgsqlParameter[] Create(GroupRows rows)
    {
        var items = new long[rows.Count];
        var labelers = new long[rows.Count];
        var classes = new short[rows.Count];
        short?[]? withRetractions = null;
        float?[] confidences = [];
        int?[] durations = [];
        DateTimeOffset?[] times = [];
        for (var i = 0; i < rows.Count; i++)
        {
            var key = rows[i];
            var annotation = rows.Content(i);
            items[i] = key.Item;
            labelers[i] = key.Labeler;
            classes[i] = (short)annotation.ClassIndex.GetValueOrDefault();
            if (annotation.ClassIndex is null)
            {
                withRetractions ??= new short?[rows.Count];
            }

            Put(ref confidences, i, rows.Count, annotation.Confidence);
            Put(ref durations, i, rows.Count, annotation.DurationMs);
            Put(ref times, i, rows.Count, annotation.AnnotatedAt?.ToUniversalTime());
        }

        if (withRetractions is not null)
        {
            for (var i = 0; i < rows.Count; i++)
            {
                withRetractions[i] = (short?)rows.Content(i).ClassIndex;
            }
        }

        return
        [
            Array(items, NpgsqlDbType.Bigint), Array(labelers, NpgsqlDbType.Bigint),
            Array(withRetractions is null ? classes : withRetractions, NpgsqlDbType.Smallint), Array(confidences, NpgsqlDbType.Real),
            Array(durations, NpgsqlDbType.Integer), Array(times, NpgsqlDbType.TimestampTz),
        ];
    }

    /// <summary>The rows' pairs alone.</summary>
    public static (long[] Items, long[] Labelers) Pairs(GroupRows rows)
    {
        var items = new long[rows.Count];
        var labelers = new long[rows.Count];
        for (var i = 0; i < rows.Count; i++)
        {
            (items[i], labelers[i]) = (rows[i].Item, rows[i].Labeler);
        }

        return (items, labelers);
    }

    public static NpgsqlParameter Array(object values, NpgsqlDbType type) => Sql.Typed(values, NpgsqlDbType.Array | type);

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
