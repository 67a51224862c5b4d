using LabelerService.Storage.Database;

namespace LabelerService.Storage.Runs;

public sealed partial class RunStore
{
    /// <summary>
    /// Thins out the events of runs that ended a while ago: of a run's progress some hundred events stay, spread evenly, with the first and
    /// the last; all others stay as they are, and so do sequence numbers. A run is thinned once.
    /// </summary>
    /// <param name="age">Time since the end: whoever watched the run has seen it by then.</param>
    /// <param name="keep">Progress events that stay, about.</param>
    /// <param name="limit">Runs to look at, at most.</param>
    /// <param name="cancel">Cancels.</param>
    /// <returns>Runs looked at.</returns>
    public Task<int> ThinEventsAsync(TimeSpan age, int keep, int limit, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(keep, 2);
        return _db.RunAsync(
            (connection, token) => Sql.Command(
                connection,
                $"""
                WITH ended AS (
                    UPDATE training_runs r SET events_thinned = true FROM (
                        SELECT t.dataset_id, t.run_id FROM training_runs t
                        WHERE t.state IN (3, 4, 5) AND NOT t.events_thinned AND t.end_time < clock_timestamp() - $1
                        ORDER BY t.end_time LIMIT $3 FOR UPDATE SKIP LOCKED) due
                    WHERE r.dataset_id = due.dataset_id AND r.run_id = due.run_id RETURNING r.dataset_id, r.run_id, r.last_sequence
                ), placed AS (
                    SELECT e.dataset_id, e.run_id, e.sequence,
                        row_number() OVER (PARTITION BY e.dataset_id, e.run_id ORDER BY e.sequence) AS place,
                        count(*) OVER (PARTITION BY e.dataset_id, e.run_id) AS total
                    FROM ended JOIN training_run_events e ON e.dataset_id = ended.dataset_id AND e.run_id = ended.run_id
                    WHERE ended.last_sequence > $2 AND e.kind = {(int)RunEventKind.Progress}
                ), gone AS (
                    -- Of each step of equal length the last one stays; the first of all stays, too.
                    DELETE FROM training_run_events e USING placed p
                    WHERE e.dataset_id = p.dataset_id AND e.run_id = p.run_id AND e.sequence = p.sequence AND p.total > $2 AND p.place > 1
                        AND p.place * $2 / p.total = (p.place + 1) * $2 / p.total AND p.place < p.total
                )
                SELECT count(*)::integer FROM ended
                """,
                age, keep, limit).ScalarAsync<int>(token),
            cancel);
    }
}
