using LabelerService.Core.Scheduling;
using LabelerService.Storage.Database;
using Npgsql;

namespace LabelerService.Storage.Runs;

/// <summary>Where a run stands in the queue, and when it is likely to start and end.</summary>
/// <param name="Position">1 is next; null if it does not wait.</param>
/// <param name="Start">When it is likely to be taken up; null if it runs, or nobody can tell.</param>
/// <param name="End">When it is likely to end; null if nobody can tell.</param>
public sealed record RunForecast(int? Position, DateTimeOffset? Start, DateTimeOffset? End);

public sealed partial class RunStore
{
    /// <summary>How many of the last successful runs tell how long the next takes.</summary>
    private const int DurationSamples = 5;

    // A run that has gone on for longer than it was to take ends at any moment. How long a curve takes, models trained one by one do not tell.
    private static readonly string ForecastSql =
        $"""
        WITH open AS MATERIALIZED (
            SELECT r.dataset_id, r.run_id, r.algorithm, r.priority, r.create_time, r.curve_id IS NOT NULL AS many,
                r.state = {(int)RunState.Queued} OR (
                    r.lease_expires_at < clock_timestamp() AND NOT r.cancel_requested AND r.stalled_attempts < $3) AS waits,
                r.state = {(int)RunState.Running} AND r.lease_expires_at >= clock_timestamp() AS runs,
                r.eta_seconds - extract(epoch FROM clock_timestamp() - r.update_time)::double precision AS left_by_progress,
                extract(epoch FROM clock_timestamp() - r.start_time)::double precision AS elapsed
            FROM training_runs r WHERE r.state IN (1, 2) AND {RunSql.NotRemote}
        ), kinds AS (
            SELECT k.dataset_id, k.algorithm, coalesce(own.seconds, others.seconds) AS seconds
            FROM (SELECT DISTINCT dataset_id, algorithm FROM open) k
            CROSS JOIN LATERAL (
                SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY d.seconds) AS seconds FROM (
                    SELECT extract(epoch FROM e.end_time - e.start_time)::double precision AS seconds FROM training_runs e
                    WHERE e.dataset_id = k.dataset_id AND e.algorithm = k.algorithm AND e.state = 3 AND e.curve_id IS NULL
                    ORDER BY e.end_time DESC LIMIT $4) d) own
            CROSS JOIN LATERAL (
                SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY d.each) * (
                    SELECT sum(u.annotations) FROM dataset_usage u WHERE u.dataset_id = k.dataset_id)::double precision AS seconds
                FROM (
                    SELECT extract(epoch FROM e.end_time - e.start_time)::double precision / (v.manifest ->> 'AnnotationCount')::double precision AS each
                    FROM (
                        SELECT s.dataset_id, s.model_id, s.model_version, s.start_time, s.end_time FROM training_runs s
                        WHERE s.algorithm = k.algorithm AND s.state = 3 AND own.seconds IS NULL ORDER BY s.end_time DESC LIMIT $4) e
                    JOIN model_versions v ON v.dataset_id = e.dataset_id AND v.model_id = e.model_id AND v.version = e.model_version
                    WHERE (v.manifest ->> 'AnnotationCount')::bigint > 0) d) others
        )
        """;

    private const string Ordered = "o.priority DESC, o.create_time, o.dataset_id, o.run_id";

    /// <summary>
    /// Where runs stand in the queue over all datasets, in the order in which <see cref="TryClaimAsync"/> takes them, and when they are
    /// likely to start and end: by the progress of those that run, by the median of the last successful ones of the same dataset and
    /// algorithm (else of the algorithm on other datasets, by annotations), and by the slots of the living trainers. One statement.
    /// </summary>
    /// <param name="runs">The runs; those that have ended have no forecast.</param>
    /// <param name="cancel">Cancels.</param>
    /// <returns>For each run in the order given; null for one that neither waits nor runs, or waits for trainers of others.</returns>
    public async Task<IReadOnlyList<RunForecast?>> ForecastAsync(IReadOnlyList<RunRecord> runs, CancellationToken cancel)
    {
        var found = new RunForecast?[runs.Count];
        var asked = new Dictionary<(long Dataset, string Run), int>();
        for (var i = 0; i < runs.Count; i++)
        {
            if (runs[i].State is RunState.Queued or RunState.Running)
            {
                asked[(runs[i].DatasetKey, runs[i].RunId)] = i;
            }
        }

        if (asked.Count == 0)
        {
            return found;
        }

        var queue = await ReadQueueAsync(asked.Keys, cancel);
        var starts = QueueForecast.Starts(queue.Slots, queue.Remaining, queue.Durations);
        foreach (var (key, index) in asked)
        {
            if (!queue.Places.TryGetValue(key, out var place))
            {
                continue;
            }

            // Of the running ones the place is among the running, counted from -1 down.
            found[index] = place > 0
                ? new RunForecast(
                    place, At(queue.Now, starts[place - 1]), At(queue.Now, starts[place - 1] + queue.Durations[place - 1]))
                : new RunForecast(null, null, At(queue.Now, queue.Remaining[-place - 1]));
        }

        return found;
    }

    private Task<Queue> ReadQueueAsync(IReadOnlyCollection<(long Dataset, string Run)> asked, CancellationToken cancel) =>
        _db.RunAsync(
            async (connection, token) =>
            {
                await using var command = Sql.Command(
                    connection,
                    $"""
                    {ForecastSql}, placed AS (
                        SELECT o.dataset_id, o.run_id, o.waits,
                            row_number() OVER (PARTITION BY o.waits ORDER BY {Ordered}) AS place,
                            CASE WHEN o.waits THEN CASE WHEN o.many THEN NULL ELSE k.seconds END
                                WHEN o.many THEN greatest(0, coalesce(o.left_by_progress, 'Infinity'))
                                ELSE greatest(0, coalesce(o.left_by_progress, k.seconds - o.elapsed)) END AS seconds
                        FROM open o JOIN kinds k ON k.dataset_id = o.dataset_id AND k.algorithm = o.algorithm WHERE o.waits OR o.runs
                    )
                    SELECT clock_timestamp(),
                        (SELECT coalesce(sum(t.slots), 0)::integer FROM trainers t WHERE t.expires_at >= clock_timestamp()),
                        (SELECT array_agg(coalesce(p.seconds, 'Infinity') ORDER BY p.place) FROM placed p WHERE NOT p.waits),
                        (SELECT array_agg(coalesce(p.seconds, 'Infinity') ORDER BY p.place) FROM placed p WHERE p.waits),
                        a.dataset_id, a.run_id, CASE WHEN a.waits THEN a.place ELSE -a.place END
                    FROM (SELECT 1) one LEFT JOIN (
                        SELECT p.* FROM placed p JOIN unnest($1::bigint[], $2::text[]) AS q(dataset_id, run_id)
                            ON q.dataset_id = p.dataset_id AND q.run_id = p.run_id COLLATE "C") a ON true
                    """,
                    asked.Select(run => run.Dataset).ToArray(), asked.Select(run => run.Run).ToArray(), _maxAttempts, DurationSamples);
                await using var reader = await command.ExecuteReaderAsync(token);
                var queue = new Queue();
                while (await reader.ReadAsync(token))
                {
                    queue.Take(reader);
                }

                return queue;
            },
            cancel);

    // Beyond any use, and beyond what a time can hold.
    private static DateTimeOffset? At(DateTimeOffset now, double seconds) =>
        seconds < TimeSpan.FromDays(3_650).TotalSeconds ? now.AddSeconds(seconds) : null;

    /// <summary>The queue at one moment.</summary>
    private sealed class Queue
    {
        private bool _read;

        public DateTimeOffset Now { get; private set; }

        public int Slots { get; private set; }

        public double[] Remaining { get; private set; } = [];

        public double[] Durations { get; private set; } = [];

        public Dictionary<(long Dataset, string Run), int> Places { get; } = [];

        public void Take(NpgsqlDataReader row)
        {
            if (!_read)
            {
                _read = true;
                Now = row.GetFieldValue<DateTimeOffset>(0);
                Slots = row.GetInt32(1);
                Remaining = row.IsDBNull(2) ? [] : row.GetFieldValue<double[]>(2);
                Durations = row.IsDBNull(3) ? [] : row.GetFieldValue<double[]>(3);
            }

            if (!row.IsDBNull(4))
            {
                Places[(row.GetInt64(4), row.GetString(5))] = checked((int)row.GetInt64(6));
            }
        }
    }
}
