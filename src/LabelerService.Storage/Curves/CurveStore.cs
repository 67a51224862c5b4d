using LabelerService.Core.Curves;
using LabelerService.Core.Errors;
using LabelerService.Storage.Database;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Requests;
using LabelerService.Storage.Runs;
using Npgsql;

namespace LabelerService.Storage.Curves;

/// <summary>Learning curves and their points. The run that measures a curve is a training run like any other; a curve has one at a time.</summary>
public sealed partial class CurveStore
{
    private readonly Db _db;

    internal CurveStore(Db db) => _db = db;

    /// <summary>Creates a curve and the run that measures it, and wakes the trainers.</summary>
    /// <exception cref="ServiceException">
    /// AlreadyExists: the id is taken (unless the same request created it). InvalidArgument: an invalid id. NotFound: the dataset was deleted.
    /// </exception>
    public Task<CurveRecord> CreateAsync(DatasetRecord dataset, CurveWrite curve, string runId, RequestIdentity? request, CancellationToken cancel)
    {
        TextRules.CheckResourceId("curve_id", curve.CurveId);
        TextRules.CheckResourceId("curve.algorithm", curve.Algorithm);
        return _db.TransactOnceAsync(
            dataset.Key, request,
            async (connection, token) =>
            {
                await DatasetLock.ShareAsync(connection, dataset, token);
                var rows = await Sql.Command(
                    connection,
                    $"""
                    WITH c AS (
                        INSERT INTO curves (dataset_id, curve_id, uid, algorithm, settings, plan, point_count, run_id)
                        VALUES ($1, $2, gen_random_uuid(), $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING *
                    )
                    SELECT {CurveSql.Columns} FROM c
                    """,
                    dataset.Key, curve.CurveId, curve.Algorithm, Sql.Json(Json.WriteMap(curve.Settings)), Sql.Json(Json.Write(curve.Plan)),
                    curve.Plan.Cells().Count, runId).ListAsync(CurveSql.Read, token);
                if (rows.Count == 0)
                {
                    throw new ServiceException(
                        ErrorKind.AlreadyExists, "CURVE_EXISTS",
                        $"datasets/{dataset.Id}/curves/{curve.CurveId} exists already. Resume it, delete it, or choose another id.",
                        new FieldViolation("curve_id", "is taken"));
                }

                await RunSql.InsertAsync(connection, dataset, RunOf(rows[0], runId), token);
                return rows[0];
            },
            cancel);
    }

    /// <summary>Finds a curve.</summary>
    /// <exception cref="ServiceException">NotFound.</exception>
    public async Task<CurveRecord> GetAsync(DatasetRecord dataset, string curveId, CancellationToken cancel)
    {
        TextRules.CheckResourceId("curve", curveId);
        var rows = await _db.RunAsync(
            (connection, token) => Sql.Command(
                connection, $"SELECT {CurveSql.Columns} FROM curves c WHERE c.dataset_id = $1 AND c.curve_id = $2", dataset.Key, curveId)
                .ListAsync(CurveSql.Read, token),
            cancel);
        return rows.Count == 1 ? rows[0] : throw Missing(dataset, curveId);
    }

    /// <summary>The points of a curve in the order of its plan, as far as they are measured.</summary>
    public async Task<IReadOnlyList<CurvePoint>> PointsAsync(CurveRecord curve, CancellationToken cancel) =>
        await _db.RunAsync(
            (connection, token) => Sql.Command(
                connection, $"SELECT {CurveSql.PointColumns} FROM curve_points p WHERE p.dataset_id = $1 AND p.curve_id = $2 ORDER BY p.point",
                curve.DatasetKey, curve.CurveId).ListAsync(row => CurveSql.ReadPoint(row).Point, token),
            cancel);

    /// <summary>Lists the curves of a dataset by ascending id (byte order).</summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="afterId">Last id already seen; null starts at the beginning.</param>
    /// <param name="limit">Rows at most.</param>
    /// <param name="cancel">Cancels.</param>
    public async Task<IReadOnlyList<CurveRecord>> ListAsync(DatasetRecord dataset, string? afterId, int limit, CancellationToken cancel) =>
        await _db.RunAsync(
            (connection, token) => Sql.Command(
                connection, $"SELECT {CurveSql.Columns} FROM curves c WHERE c.dataset_id = $1 AND c.curve_id > $2 ORDER BY c.curve_id LIMIT $3",
                dataset.Key, afterId ?? "", limit).ListAsync(CurveSql.Read, token),
            cancel);

    /// <summary>
    /// Gives a curve whose run has failed or was cancelled a new run for what is left. A curve that is whole, or is being measured, stays as it is.
    /// </summary>
    /// <exception cref="ServiceException">NotFound.</exception>
    public Task<CurveRecord> ResumeAsync(DatasetRecord dataset, string curveId, string newRunId, CancellationToken cancel)
    {
        TextRules.CheckResourceId("curve", curveId);
        return _db.TransactAsync(
            async (connection, token) =>
            {
                await DatasetLock.ShareAsync(connection, dataset, token);

                // Locked first and looked at in a statement of its own, which sees the run of whoever had the lock before.
                await Sql.Command(
                    connection, "SELECT 1 FROM curves WHERE dataset_id = $1 AND curve_id = $2 FOR UPDATE", dataset.Key, curveId).ExecuteAsync(token);
                var rows = await Sql.Command(
                    connection,
                    $"""
                    SELECT {CurveSql.Columns}, (SELECT r.state IN (1, 2) AND NOT r.cancel_requested FROM training_runs r
                        WHERE r.dataset_id = c.dataset_id AND r.run_id = c.run_id)
                    FROM curves c WHERE c.dataset_id = $1 AND c.curve_id = $2
                    """,
                    dataset.Key, curveId).ListAsync(row => (Curve: CurveSql.Read(row), Going: row.Maybe<bool>(14) ?? false), token);
                if (rows.Count == 0)
                {
                    throw Missing(dataset, curveId);
                }

                var (curve, going) = rows[0];
                if (going || curve.MeasuredCount == curve.PointCount)
                {
                    return curve;
                }

                await RunSql.InsertAsync(connection, dataset, RunOf(curve, newRunId), token);
                await Sql.Command(
                    connection, "UPDATE curves SET run_id = $3, update_time = now() WHERE dataset_id = $1 AND curve_id = $2",
                    dataset.Key, curveId, newRunId).ExecuteAsync(token);
                return curve with { RunId = newRunId };
            },
            cancel);
    }

    /// <summary>Deletes a curve with its points. Its run, if it goes on, is to be cancelled first: nothing that it trains is kept.</summary>
    /// <exception cref="ServiceException">NotFound.</exception>
    public Task DeleteAsync(DatasetRecord dataset, string curveId, CancellationToken cancel)
    {
        TextRules.CheckResourceId("curve", curveId);
        return _db.TransactAsync(
            async (connection, token) =>
            {
                if (await Sql.Command(connection, "DELETE FROM curves WHERE dataset_id = $1 AND curve_id = $2", dataset.Key, curveId).ExecuteAsync(token) == 0)
                {
                    throw Missing(dataset, curveId);
                }

                return await DeletePointsAsync(connection, dataset.Key, curveId, token);
            },
            cancel);
    }

    private static Task<int> DeletePointsAsync(NpgsqlConnection connection, long dataset, string curveId, CancellationToken cancel) =>
        Sql.Command(connection, "DELETE FROM curve_points WHERE dataset_id = $1 AND curve_id = $2", dataset, curveId).ExecuteAsync(cancel);

    // A run needs a model's name; no model comes of it.
    private static RunWrite RunOf(CurveRecord curve, string runId) =>
        new(runId, curve.Algorithm, curve.CurveId, 1, curve.Settings) { CurveId = curve.CurveId };

    private static ServiceException Missing(DatasetRecord dataset, string curveId) =>
        ServiceException.NotFound("curve", $"datasets/{dataset.Id}/curves/{curveId}");
}
