using LabelerService.Core.Curves;
using LabelerService.Core.Errors;
using LabelerService.Storage.Database;
using LabelerService.Storage.Runs;
using Npgsql;
using NpgsqlTypes;

namespace LabelerService.Storage.Curves;

// What a trainer writes: each statement proves that the run is its own, and that the curve goes by this run.
public sealed partial class CurveStore
{
    /// <summary>What is there of a claimed run's curve.</summary>
    /// <exception cref="ServiceException">FailedPrecondition (CURVE_GONE): it was deleted, or another run measures it by now.</exception>
    public async Task<CurveBeginning> BeginAsync(RunLease lease, CancellationToken cancel)
    {
        var rows = await _db.RunAsync(
            (connection, token) => Sql.Command(
                connection, $"SELECT {CurveSql.Columns}, c.snapshot_id, c.snapshot FROM curves c WHERE c.dataset_id = $1 AND c.curve_id = $2 AND c.run_id = $3",
                lease.Run.DatasetKey, lease.Run.CurveId!, lease.Run.RunId)
                .ListAsync(
                    row => (Curve: CurveSql.Read(row), Pin: row.IsDBNull(14) ? null : new SnapshotPin(row.GetString(14), row.GetFieldValue<byte[]>(15))), token),
            cancel);
        if (rows.Count == 0)
        {
            throw Gone(lease.Run);
        }

        var points = await _db.RunAsync(
            (connection, token) => Sql.Command(
                connection, $"SELECT {CurveSql.PointColumns} FROM curve_points p WHERE p.dataset_id = $1 AND p.curve_id = $2",
                lease.Run.DatasetKey, lease.Run.CurveId!).ListAsync(CurveSql.ReadPoint, token),
            cancel);
        return new CurveBeginning(rows[0].Curve, rows[0].Pin, points.ToDictionary(point => point.Place, point => point.Point));
    }

    /// <summary>Settles which data a curve's points are parts of; points of other data go.</summary>
    /// <param name="lease">Proof that the run is the caller's.</param>
    /// <param name="pin">The data.</param>
    /// <param name="size">How much there is.</param>
    /// <param name="basis">What accuracy is measured against.</param>
    /// <param name="cancel">Cancels.</param>
    /// <exception cref="ServiceException">Aborted (STALE_LEASE): another trainer has the run, or it has ended. FailedPrecondition (CURVE_GONE).</exception>
    public Task PinAsync(RunLease lease, SnapshotPin pin, CurveSize size, CurveBasis basis, CancellationToken cancel) =>
        _db.TransactAsync(
            async (connection, token) =>
            {
                await OwnedAsync(
                    connection, lease,
                    """
                    UPDATE curves AS k SET snapshot_id = $4, snapshot = $5, items = $6, labels = $7, basis = $8, update_time = now()
                    FROM c WHERE k.dataset_id = c.dataset_id AND k.curve_id = c.curve_id RETURNING k.curve_id
                    """,
                    token, pin.SnapshotId, pin.Content, size.Items, size.Labels, Sql.Typed((short)basis, NpgsqlDbType.Smallint));
                return await DeletePointsAsync(connection, lease.Run.DatasetKey, lease.Run.CurveId!, token);
            },
            cancel);

    /// <summary>Writes a point. A run that has got so far has not died in vain: trainers that died before no longer count against it.</summary>
    /// <param name="lease">Proof that the run is the caller's.</param>
    /// <param name="place">Its place in the plan.</param>
    /// <param name="point">The point.</param>
    /// <param name="cancel">Cancels.</param>
    /// <exception cref="ServiceException">Aborted (STALE_LEASE): nothing was written. FailedPrecondition (CURVE_GONE).</exception>
    public Task WritePointAsync(RunLease lease, int place, CurvePoint point, CancellationToken cancel) =>
        _db.TransactAsync(
            async (connection, token) =>
            {
                var cell = point.Cell;
                await OwnedAsync(
                    connection, lease,
                    """
                    INSERT INTO curve_points AS p (dataset_id, curve_id, point, capacity, item_share, label_share, seed, items, labels, accuracy, evaluated,
                        seconds, problem)
                    SELECT c.dataset_id, c.curve_id, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14 FROM c
                    ON CONFLICT (dataset_id, curve_id, point) DO UPDATE SET items = excluded.items, labels = excluded.labels, accuracy = excluded.accuracy,
                        evaluated = excluded.evaluated, seconds = excluded.seconds, problem = excluded.problem
                    RETURNING p.curve_id
                    """,
                    token, place, cell.Capacity, cell.ItemShare, cell.LabelShare, cell.Seed, point.Items, point.Labels,
                    Sql.Typed(point.Accuracy, NpgsqlDbType.Double), point.Evaluated, point.Seconds, Sql.Typed(point.Problem, NpgsqlDbType.Text));
                return await Sql.Command(
                    connection, "UPDATE training_runs SET stalled_attempts = 0, update_time = now() WHERE dataset_id = $1 AND run_id = $2",
                    lease.Run.DatasetKey, lease.Run.RunId).ExecuteAsync(token);
            },
            cancel);

    private static async Task OwnedAsync(
        NpgsqlConnection connection, RunLease lease, string statement, CancellationToken cancel, params object?[] values)
    {
        var run = lease.Run;
        var rows = await Sql.Command(
            connection, $"WITH {CurveSql.Owned}, done AS ({statement}) SELECT (SELECT count(*) FROM r), (SELECT count(*) FROM done)",
            [run.DatasetKey, run.RunId, lease.FencingToken, .. values.Select(value => value is NpgsqlParameter parameter ? parameter.Clone() : value)])
            .ListAsync(row => (Runs: row.GetInt64(0), Done: row.GetInt64(1)), cancel);
        if (rows[0].Runs == 0)
        {
            throw RunSql.Stale(run);
        }

        if (rows[0].Done == 0)
        {
            throw Gone(run);
        }
    }

    private static ServiceException Gone(RunRecord run) => new(
        ErrorKind.FailedPrecondition, "CURVE_GONE", $"datasets/{run.DatasetId}/curves/{run.CurveId} was deleted, or is measured by another run.");
}
