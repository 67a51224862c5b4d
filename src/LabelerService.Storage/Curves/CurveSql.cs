using LabelerService.Core.Curves;
using LabelerService.Storage.Database;
using LabelerService.Storage.Runs;
using Npgsql;

namespace LabelerService.Storage.Curves;

/// <summary>What the parts of <see cref="CurveStore"/> share.</summary>
internal static class CurveSql
{
    public const string Columns =
        """
        c.dataset_id, (SELECT d.id FROM datasets d WHERE d.dataset_id = c.dataset_id), c.curve_id, c.uid, c.algorithm, c.settings, c.plan, c.run_id,
        c.point_count, (SELECT count(*)::integer FROM curve_points p WHERE p.dataset_id = c.dataset_id AND p.curve_id = c.curve_id),
        c.basis, c.items, c.labels, c.create_time
        """;

    public const string PointColumns =
        "p.point, p.capacity, p.item_share, p.label_share, p.seed, p.items, p.labels, p.accuracy, p.evaluated, p.seconds, p.problem";

    /// <summary>
    /// A part of a statement: the curve that a run measures, c, if the run is the caller's still, whose row is locked, and still the one that
    /// the curve goes by. $1 dataset, $2 run, $3 fencing token.
    /// </summary>
    public static readonly string Owned =
        $"""
        r AS (
            SELECT r.dataset_id, r.run_id, r.curve_id FROM training_runs r
            WHERE r.dataset_id = $1 AND r.run_id = $2 AND r.fencing_token = $3 AND r.state = {(int)RunState.Running} FOR UPDATE
        ), c AS (
            SELECT c.dataset_id, c.curve_id FROM curves c JOIN r ON c.dataset_id = r.dataset_id AND c.curve_id = r.curve_id AND c.run_id = r.run_id
            FOR UPDATE OF c
        )
        """;

    public static CurveRecord Read(NpgsqlDataReader row) => new()
    {
        DatasetKey = row.GetInt64(0),
        DatasetId = row.GetString(1),
        CurveId = row.GetString(2),
        Uid = row.GetGuid(3),
        Algorithm = row.GetString(4),
        Settings = Json.ReadMap(row.GetString(5)),
        Plan = Json.Read<CurvePlan>(row.GetString(6)),
        RunId = row.GetString(7),
        PointCount = row.GetInt32(8),
        MeasuredCount = row.GetInt32(9),
        Basis = row.IsDBNull(10) ? null : (CurveBasis)row.GetInt16(10),
        Size = row.IsDBNull(11) ? null : new CurveSize(row.GetInt64(11), row.GetInt64(12)),
        CreateTime = row.GetFieldValue<DateTimeOffset>(13),
    };

    public static (int Place, CurvePoint Point) ReadPoint(NpgsqlDataReader row) => (row.GetInt32(0), new CurvePoint(
        new CurveCell(row.GetString(1), row.GetDouble(2), row.GetDouble(3), row.GetInt64(4)), row.GetInt64(5), row.GetInt64(6),
        row.Maybe<double>(7), row.GetInt32(8), row.GetDouble(9), row.MaybeText(10)));
}
