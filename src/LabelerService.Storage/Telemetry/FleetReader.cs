using LabelerService.Storage.Database;
using LabelerService.Storage.Models;
using LabelerService.Storage.Predictions;
using LabelerService.Storage.Runs;

namespace LabelerService.Storage.Telemetry;

/// <summary>What waits and what is at work, over all datasets.</summary>
/// <param name="QueuedRuns">Runs that wait for a trainer of this service.</param>
/// <param name="RunningRuns">Runs that a trainer has.</param>
/// <param name="LapsedRuns">Of these, those whose trainer has given no sign of life in time.</param>
/// <param name="OldestQueuedRun">Seconds that the longest waiting run has waited; 0 without one.</param>
/// <param name="Trainers">Trainers that give signs of life.</param>
/// <param name="TrainerSlots">Runs that they take at once.</param>
/// <param name="QueuedJobs">Prediction jobs that wait for a server.</param>
/// <param name="RunningJobs">Prediction jobs that a server has.</param>
public sealed record FleetState(
    long QueuedRuns, long RunningRuns, long LapsedRuns, double OldestQueuedRun, long Trainers, long TrainerSlots, long QueuedJobs, long RunningJobs);

/// <summary>How old the versions are that answer under the alias champion.</summary>
/// <param name="Count">Models that have a champion.</param>
/// <param name="Newest">Seconds since the newest was made; 0 without one.</param>
/// <param name="Oldest">Seconds since the oldest was made; 0 without one.</param>
public sealed record ChampionAges(long Count, double Newest, double Oldest);

/// <summary>Reads the figures of the whole service that no single process knows.</summary>
public sealed class FleetReader
{
    private readonly Db _db;

    internal FleetReader(Db db) => _db = db;

    /// <summary>Reads what waits and what is at work: one statement over what has not ended.</summary>
    public async Task<FleetState> ReadAsync(CancellationToken cancel) =>
        (await _db.RunAsync(
            (connection, token) => Sql.Command(
                connection,
                $"""
                SELECT runs.queued, runs.running, runs.lapsed, runs.oldest, trainers.alive, trainers.slots, jobs.queued, jobs.running
                FROM (
                    SELECT count(*) FILTER (WHERE r.state = {(int)RunState.Queued} AND {RunSql.NotRemote}) AS queued, count(*) FILTER (WHERE r.state = {(int)RunState.Running}) AS running,
                        count(*) FILTER (WHERE r.state = {(int)RunState.Running} AND r.lease_expires_at < clock_timestamp()) AS lapsed,
                        coalesce(extract(epoch FROM clock_timestamp() - min(r.create_time) FILTER (WHERE r.state = {(int)RunState.Queued} AND {RunSql.NotRemote})), 0)::double precision AS oldest
                    FROM training_runs r WHERE r.state IN (1, 2)
                ) runs, (
                    SELECT count(*) AS alive, coalesce(sum(t.slots), 0)::bigint AS slots FROM trainers t WHERE t.expires_at >= clock_timestamp()
                ) trainers, (
                    SELECT count(*) FILTER (WHERE j.state = {(int)PredictionJobState.Queued}) AS queued,
                        count(*) FILTER (WHERE j.state = {(int)PredictionJobState.Running}) AS running
                    FROM prediction_jobs j WHERE j.state IN (1, 2)
                ) jobs
                """).ListAsync(
                    row => new FleetState(
                        row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetDouble(3), row.GetInt64(4), row.GetInt64(5), row.GetInt64(6), row.GetInt64(7)),
                    token),
            cancel))[0];

    /// <summary>Reads how old what answers is. A statement over all champions, for now and then.</summary>
    public async Task<ChampionAges> ReadChampionsAsync(CancellationToken cancel) =>
        (await _db.RunAsync(
            (connection, token) => Sql.Command(
                connection,
                """
                SELECT count(*), coalesce(extract(epoch FROM clock_timestamp() - max(v.create_time)), 0)::double precision,
                    coalesce(extract(epoch FROM clock_timestamp() - min(v.create_time)), 0)::double precision
                FROM model_aliases a JOIN model_versions v
                    ON v.dataset_id = a.dataset_id AND v.model_id = a.model_id AND v.version = a.model_version
                WHERE a.alias = $1
                """,
                ModelAliases.Champion).ListAsync(row => new ChampionAges(row.GetInt64(0), row.GetDouble(1), row.GetDouble(2)), token),
            cancel))[0];
}
