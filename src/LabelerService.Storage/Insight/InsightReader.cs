using System.Data;
using System.Globalization;
using LabelerService.Core.Errors;
using LabelerService.Storage.Database;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Items;
using Npgsql;

namespace LabelerService.Storage.Insight;

/// <summary>
/// Reads datasets for insight: all of one, or only what came since it was read before.
/// </summary>
/// <remarks>
/// <para>
/// What came since is found by transactions, not by clocks. Every transaction that writes annotations or items leaves one row in
/// <c>dataset_writes</c> with its number and its <c>now()</c>, in the commit that moves the counters of <see cref="InsightState"/>; every row
/// it writes carries that same <c>now()</c> (<c>annotations.received_at</c>, <c>items.update_time</c>). The rows that the last reading did not
/// show were written by the transactions that its snapshot did not show, wherever these began: <c>NOT pg_visible_in_snapshot</c>. All their
/// rows lie between the earliest and the latest of their times, so that one range of an index (BRIN, hardly larger than nothing) is a
/// superset of what is missing. Rows of it that were read before are read again as they are now, which changes nothing; a retracted
/// annotation keeps its row, without a class.
/// </para>
/// <para>
/// The sum of what the missing transactions say they wrote must be the difference of the counters; otherwise (their rows were pruned, the
/// database was put back to an earlier time) everything is read. Deletion of an item or labeler leaves no row, but another key epoch, and
/// everything is read. Within an epoch items and labelers only grow, so labelers are read again only where there are more of them. At the end
/// there must be as many items, labelers and annotations as the counters say; whatever a writer forgot to note, everything is read then.
/// </para>
/// </remarks>
public sealed class InsightReader
{
    /// <summary>A share of changed annotations from which reading everything costs less: docs/designs/insight.md.</summary>
    private const double MostlyNew = 0.5;

    private const string StateSql =
        """
        SELECT d.key_epoch, coalesce(sum(u.changes), 0)::bigint, coalesce(sum(u.item_changes), 0)::bigint, coalesce(sum(u.items), 0)::bigint,
            coalesce(sum(u.labelers), 0)::bigint, coalesce(sum(u.annotations), 0)::bigint, pg_current_snapshot()::text, now()
        FROM datasets d LEFT JOIN dataset_usage u USING (dataset_id) WHERE d.dataset_id = $1 GROUP BY d.dataset_id
        """;

    private const string MissedSql =
        """
        SELECT coalesce(sum(changes), 0)::bigint, coalesce(sum(item_changes), 0)::bigint,
            min(time) FILTER (WHERE changes > 0), max(time) FILTER (WHERE changes > 0),
            min(time) FILTER (WHERE item_changes > 0), max(time) FILTER (WHERE item_changes > 0)
        FROM dataset_writes
        WHERE dataset_id = $1 AND transaction_id >= pg_snapshot_xmin($2::pg_snapshot)::text::bigint
            AND NOT pg_visible_in_snapshot(transaction_id::text::xid8, $2::pg_snapshot)
        """;

    private readonly Db _db;

    internal InsightReader(Db db) => _db = db;

    /// <summary>The state a dataset is in. Cheap: what decides whether something computed before still holds.</summary>
    /// <exception cref="ServiceException">NotFound: the dataset was deleted.</exception>
    public Task<InsightState> StateAsync(DatasetRecord dataset, CancellationToken cancel) =>
        _db.RunAsync(async (connection, token) => (await MomentAsync(connection, dataset, token)).State, cancel);

    /// <summary>Reads a dataset as of one moment. Writers are not held up.</summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="before">What was read before of the same dataset, so that only what came since has to be read; null for nothing.</param>
    /// <param name="maxAnnotations">Annotations at most.</param>
    /// <param name="progress">Told the share of the annotations that has been read.</param>
    /// <param name="cancel">Cancels.</param>
    /// <exception cref="ServiceException">NotFound: the dataset was deleted; FailedPrecondition (INSIGHT_TOO_LARGE): it has more annotations.</exception>
    public Task<InsightRead> ReadAsync(
        DatasetRecord dataset, InsightData? before, long maxAnnotations, IProgress<double>? progress, CancellationToken cancel)
    {
        if (before is not null && before.DatasetKey != dataset.Key)
        {
            throw new ArgumentException("What was read before is of another dataset.", nameof(before));
        }

        return _db.TransactAsync(
            async (connection, token) =>
            {
                await Sql.Command(connection, "SET TRANSACTION READ ONLY").ExecuteAsync(token);
                var moment = await MomentAsync(connection, dataset, token);
                if (moment.State.Annotations > maxAnnotations)
                {
                    throw TooLarge(dataset, moment.State.Annotations, maxAnnotations);
                }

                if (before?.State == moment.State)
                {
                    return new InsightRead(before, InsightReadKind.Unchanged, 0);
                }

                if (before is not null && await MissedAsync(connection, before, moment.State, token) is { } missed
                    && await ReadSinceAsync(connection, dataset, before, moment, missed, progress, token) is { } merged)
                {
                    return merged;
                }

                return await ReadAllAsync(connection, dataset, moment, progress, token);
            },
            cancel, IsolationLevel.RepeatableRead);
    }

    /// <summary>External ids of items, in the order of the keys; null for an item that was deleted.</summary>
    public async Task<string?[]> ItemIdsAsync(DatasetRecord dataset, IReadOnlyList<long> itemKeys, CancellationToken cancel)
    {
        var found = await _db.RunAsync(
            (connection, token) => Sql.Command(
                connection, "SELECT item_key, external_id FROM items WHERE dataset_id = $1 AND item_key = ANY($2)", dataset.Key, itemKeys.ToArray())
                .ListAsync(row => KeyValuePair.Create(row.GetInt64(0), row.GetString(1)), token),
            cancel);
        var idOf = new Dictionary<long, string>(found);
        return [.. itemKeys.Select(key => idOf.GetValueOrDefault(key))];
    }

    /// <summary>Keys of items by external id; ids without an item are left out.</summary>
    public async Task<IReadOnlyDictionary<string, long>> ItemKeysAsync(DatasetRecord dataset, IReadOnlyCollection<string> itemIds, CancellationToken cancel)
    {
        var found = await _db.RunAsync(
            (connection, token) => Sql.Command(
                connection, "SELECT external_id, item_key FROM items WHERE dataset_id = $1 AND external_id = ANY($2)", dataset.Key, itemIds.ToArray())
                .ListAsync(row => KeyValuePair.Create(row.GetString(0), row.GetInt64(1)), token),
            cancel);
        return new Dictionary<string, long>(found, StringComparer.Ordinal);
    }

    /// <summary>Keys of the items that a filter lets through, ascending.</summary>
    public async Task<IReadOnlyList<long>> ItemKeysAsync(DatasetRecord dataset, ItemFilter filter, CancellationToken cancel) =>
        await _db.RunAsync(
            (connection, token) =>
            {
                var command = Sql.Command(connection, "", dataset.Key);
                command.CommandText = $"SELECT item_key FROM items WHERE dataset_id = $1{filter.Where(command)} ORDER BY item_key";
                return command.ListAsync(row => row.GetInt64(0), token);
            },
            cancel);

    /// <summary>Forgets transactions older than the given age (database clock): whoever last read before them reads everything once.</summary>
    /// <returns>How many were forgotten.</returns>
    public Task<int> PruneAsync(TimeSpan age, CancellationToken cancel) =>
        _db.RunAsync(
            (connection, token) => Sql.Command(connection, "DELETE FROM dataset_writes WHERE time < now() - $1", age).ExecuteAsync(token), cancel);

    private static async Task<Moment> MomentAsync(NpgsqlConnection connection, DatasetRecord dataset, CancellationToken cancel)
    {
        var rows = await Sql.Command(connection, StateSql, dataset.Key).ListAsync(
            row => new Moment(
                new InsightState(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4), row.GetInt64(5)),
                row.GetString(6), row.GetFieldValue<DateTimeOffset>(7)),
            cancel);
        return rows.Count == 1 ? rows[0] : throw DatasetLock.Gone(dataset);
    }

    /// <summary>Between which times everything lies that an earlier reading did not show; null where everything has to be read.</summary>
    private static async Task<Missed?> MissedAsync(NpgsqlConnection connection, InsightData before, InsightState now, CancellationToken cancel)
    {
        var (changes, itemChanges) = (now.Changes - before.State.Changes, now.ItemChanges - before.State.ItemChanges);
        if (now.KeyEpoch != before.State.KeyEpoch || changes < 0 || itemChanges < 0 || changes > MostlyNew * before.Table.Count)
        {
            return null;
        }

        var rows = await Sql.Command(connection, MissedSql, before.DatasetKey, before.Snapshot).ListAsync(
            row => (
                Changes: row.GetInt64(0), ItemChanges: row.GetInt64(1),
                Missed: new Missed(Range(row, 2), Range(row, 4))),
            cancel);
        return rows[0].Changes == changes && rows[0].ItemChanges == itemChanges ? rows[0].Missed : null;

        static (DateTime From, DateTime To)? Range(NpgsqlDataReader row, int column) =>
            row.IsDBNull(column) ? null : (row.GetDateTime(column), row.GetDateTime(column + 1));
    }

    private static async Task<InsightRead> ReadAllAsync(
        NpgsqlConnection connection, DatasetRecord dataset, Moment moment, IProgress<double>? progress, CancellationToken cancel)
    {
        var items = await ItemsAsync(connection, dataset, moment.State.Items, "", cancel);
        var labelers = await LabelersAsync(connection, dataset, cancel);
        var annotations = await AnnotationsAsync(connection, dataset, moment.State.Annotations, " AND class_index IS NOT NULL", progress, cancel);
        return new InsightRead(Data(dataset, moment, items, labelers, annotations), InsightReadKind.Full, annotations.Count);
    }

    /// <summary>Reads what came since, and merges it; null where the sum is not what the counters say.</summary>
    private static async Task<InsightRead?> ReadSinceAsync(
        NpgsqlConnection connection, DatasetRecord dataset, InsightData before, Moment moment, Missed missed, IProgress<double>? progress,
        CancellationToken cancel)
    {
        var changes = moment.State.Changes - before.State.Changes;
        var itemRows = missed.Items is { } items
            ? await ItemsAsync(connection, dataset, moment.State.ItemChanges - before.State.ItemChanges, $" AND update_time BETWEEN {Text(items)}", cancel)
            : new ItemRows(0);
        var labelers = moment.State.Labelers == before.State.Labelers
            ? (Keys: before.LabelerKeys, Ids: before.LabelerIds)
            : await LabelersAsync(connection, dataset, cancel);
        var rows = missed.Annotations is { } annotations
            ? await AnnotationsAsync(connection, dataset, changes, $" AND received_at BETWEEN {Text(annotations)}", progress, cancel)
            : new AnnotationRows(0);
        var (allItems, allAnnotations) = (ItemRows.Merge(before, itemRows), AnnotationRows.Merge(before, rows));
        if ((allItems.Count, labelers.Keys.Length, allAnnotations.Count) != (moment.State.Items, moment.State.Labelers, moment.State.Annotations))
        {
            return null;
        }

        return new InsightRead(Data(dataset, moment, allItems, labelers, allAnnotations), InsightReadKind.Incremental, rows.Count);

        // COPY takes no parameters. Microseconds are all that PostgreSQL keeps, and a DateTime holds them exactly.
        static string Text((DateTime From, DateTime To) range) => $"{Time(range.From)} AND {Time(range.To)}";

        static string Time(DateTime time) => string.Create(CultureInfo.InvariantCulture, $"TIMESTAMPTZ '{time:yyyy-MM-dd HH:mm:ss.ffffff}+00'");
    }

    private static InsightData Data(
        DatasetRecord dataset, Moment moment, ItemRows items, (long[] Keys, string[] Ids) labelers, AnnotationRows annotations)
    {
        var itemKeys = items.Keys.ToArray();
        var gold = items.Gold.ToArray();
        var (table, times, durations) = annotations.Build(itemKeys, labelers.Keys, dataset.Schema.Classes.Count);
        return new InsightData(dataset.Key, moment.Snapshot)
        {
            State = moment.State,
            ReadTime = moment.Time,
            ItemKeys = itemKeys,
            Gold = gold,
            GoldCount = gold.Count(label => label >= 0),
            LabelerKeys = labelers.Keys,
            LabelerIds = labelers.Ids,
            Table = table,
            Times = times,
            DurationsMs = durations,
        };
    }

    private static async Task<ItemRows> ItemsAsync(
        NpgsqlConnection connection, DatasetRecord dataset, long about, string where, CancellationToken cancel)
    {
        await using var copy = await BinaryCopyReader.StartAsync(
            connection,
            $"COPY (SELECT {ItemRows.Columns} FROM items WHERE dataset_id = {dataset.Key}{where} ORDER BY item_key) TO STDOUT (FORMAT BINARY)", cancel);
        var rows = new ItemRows(Capacity(about));
        while (await copy.NextAsync(cancel))
        {
            rows.Read(copy);
        }

        return rows;
    }

    private static async Task<(long[] Keys, string[] Ids)> LabelersAsync(NpgsqlConnection connection, DatasetRecord dataset, CancellationToken cancel)
    {
        var rows = await Sql.Command(
            connection, "SELECT labeler_key, external_id FROM labelers WHERE dataset_id = $1 ORDER BY labeler_key", dataset.Key)
            .ListAsync(row => (Key: row.GetInt64(0), Id: row.GetString(1)), cancel);
        return ([.. rows.Select(row => row.Key)], [.. rows.Select(row => row.Id)]);
    }

    private static async Task<AnnotationRows> AnnotationsAsync(
        NpgsqlConnection connection, DatasetRecord dataset, long about, string where, IProgress<double>? progress, CancellationToken cancel)
    {
        const int stride = 1 << 16;
        await using var copy = await BinaryCopyReader.StartAsync(
            connection,
            $"""
            COPY (SELECT {AnnotationRows.Columns} FROM annotations WHERE dataset_id = {dataset.Key}{where}
                  ORDER BY item_key, labeler_key) TO STDOUT (FORMAT BINARY)
            """,
            cancel);
        var rows = new AnnotationRows(Capacity(about));
        while (await copy.NextAsync(cancel))
        {
            rows.Read(copy);
            if (rows.Count % stride == 0)
            {
                progress?.Report(Math.Min(1, (double)rows.Count / Math.Max(1, about)));
            }
        }

        return rows;
    }

    private static int Capacity(long about) => (int)Math.Clamp(about, 0, Array.MaxLength);

    private static ServiceException TooLarge(DatasetRecord dataset, long annotations, long max) => new(
        ErrorKind.FailedPrecondition, "INSIGHT_TOO_LARGE",
        $"datasets/{dataset.Id} has {annotations} annotations, and this server looks into at most {max}. "
        + "Start it with a larger --insight-max-annotations, or split the dataset.");

    private readonly record struct Moment(InsightState State, string Snapshot, DateTimeOffset Time);

    private sealed record Missed((DateTime From, DateTime To)? Annotations, (DateTime From, DateTime To)? Items);
}
