using LabelerService.Storage.Database;
using Npgsql;

namespace LabelerService.Storage.Retraining;

/// <summary>What the statements about policies share.</summary>
internal static class RetrainingSqlText
{
    /// <summary>
    /// Columns of a policy p with its facts: sums over a dataset's sixteen counters and look-ups by key, whatever the dataset holds. The
    /// dataset is d.
    /// </summary>
    public const string Columns =
        """
        p.dataset_id, d.id, p.policy_id, p.uid, p.spec, p.runs, p.last_run_id, p.last_trigger_time, p.last_trigger_reason, p.next_scheduled_time,
        p.drift_finding ->> 'Text', p.drift_looks, p.drift_changes, p.create_time, p.update_time, p.version, clock_timestamp(),
        greatest(0, u.changes - greatest(p.baseline_changes, coalesce(newest.annotation_changes, 0))), u.annotations, u.changes,
        (SELECT r.run_id FROM training_runs r WHERE r.dataset_id = p.dataset_id AND r.run_id = p.last_run_id AND r.state IN (1, 2)),
        champion.model_version, champion.start_time
        """;

    /// <summary>The tables of <see cref="Columns"/>.</summary>
    public const string From =
        """
        retraining_policies p JOIN datasets d ON d.dataset_id = p.dataset_id
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(s.changes), 0)::bigint AS changes, coalesce(sum(s.annotations), 0)::bigint AS annotations
            FROM dataset_usage s WHERE s.dataset_id = p.dataset_id) u
        LEFT JOIN LATERAL (
            SELECT r.annotation_changes FROM models m
            JOIN model_versions v ON v.dataset_id = m.dataset_id AND v.model_id = m.model_id AND v.version = m.latest_version
            JOIN training_runs r ON r.dataset_id = v.dataset_id AND r.run_id = v.run_id
            WHERE m.dataset_id = p.dataset_id AND m.model_id = p.spec ->> 'ModelId') newest ON true
        LEFT JOIN LATERAL (
            SELECT a.model_version, r.start_time FROM model_aliases a
            JOIN model_versions v ON v.dataset_id = a.dataset_id AND v.model_id = a.model_id AND v.version = a.model_version
            LEFT JOIN training_runs r ON r.dataset_id = v.dataset_id AND r.run_id = v.run_id
            WHERE a.dataset_id = p.dataset_id AND a.model_id = p.spec ->> 'ModelId' AND a.alias = 'champion') champion ON true
        """;

    public const string DecisionColumns =
        """
        c.dataset_id, d.id, c.policy_id, c.run_id, c.model_id, c.outcome, c.reason, c.candidate_version, c.champion_version, c.comparison,
        c.create_time, c.decide_time
        """;

    public static RetrainingPolicyRecord Read(NpgsqlDataReader row) => new()
    {
        DatasetKey = row.GetInt64(0),
        DatasetId = row.GetString(1),
        PolicyId = row.GetString(2),
        Uid = row.GetGuid(3),
        Spec = Json.Read<RetrainingSpec>(row.GetString(4)),
        Runs = row.GetInt64(5),
        LastRunId = row.MaybeText(6),
        LastTriggerTime = row.Maybe<DateTimeOffset>(7),
        LastTriggerReason = row.MaybeText(8),
        NextScheduledTime = row.Maybe<DateTimeOffset>(9),
        DriftFinding = row.MaybeText(10),
        DriftLooks = row.GetInt32(11),
        DriftChanges = row.GetInt64(12),
        CreateTime = row.GetFieldValue<DateTimeOffset>(13),
        UpdateTime = row.GetFieldValue<DateTimeOffset>(14),
        Version = row.GetInt64(15),
        Facts = new RetrainingFacts(
            row.GetFieldValue<DateTimeOffset>(16), row.GetInt64(17), row.GetInt64(18), row.GetInt64(19), row.MaybeText(20), row.Maybe<int>(21),
            row.Maybe<DateTimeOffset>(22)),
    };

    public static PromotionDecisionRecord ReadDecision(NpgsqlDataReader row) => new()
    {
        DatasetKey = row.GetInt64(0),
        DatasetId = row.GetString(1),
        PolicyId = row.GetString(2),
        RunId = row.GetString(3),
        ModelId = row.GetString(4),
        Outcome = (PromotionOutcome)row.GetInt16(5),
        Reason = row.GetString(6),
        Candidate = row.Maybe<int>(7),
        Champion = row.Maybe<int>(8),
        Numbers = row.IsDBNull(9) ? null : Json.Read<PromotionNumbers>(row.GetString(9)),
        CreateTime = row.GetFieldValue<DateTimeOffset>(10),
        DecideTime = row.Maybe<DateTimeOffset>(11),
    };
}
