using LabelerService.Core.Errors;
using LabelerService.Storage.Audit;
using LabelerService.Storage.Database;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Models;
using LabelerService.Storage.Runs;
using NpgsqlTypes;

namespace LabelerService.Storage.Retraining;

/// <summary>A decision that one server has taken up; written with the token it got.</summary>
/// <param name="Open">The open decision, with the candidate that the run published, if it did.</param>
/// <param name="RunState">How the run ended.</param>
/// <param name="RunError">Why it failed, if it did.</param>
/// <param name="Champion">The model's champion now, if any.</param>
/// <param name="ChampionAtPublication">The champion when the candidate was published; null if the candidate became it.</param>
/// <param name="Promotion">The policy's rule.</param>
/// <param name="Attempt">1 for the first time that a server takes it up.</param>
/// <param name="Token">Proof of having taken it up.</param>
public sealed record PromotionLease(
    PromotionDecisionRecord Open, RunState RunState, string? RunError, int? Champion, int? ChampionAtPublication, PromotionSpec Promotion, int Attempt,
    long Token);

/// <summary>A decision to be written.</summary>
/// <param name="Outcome">What is decided.</param>
/// <param name="Reason">Why, for people.</param>
/// <param name="Numbers">The comparison, if there was one.</param>
public sealed record PromotionVerdict(PromotionOutcome Outcome, string Reason, PromotionNumbers? Numbers);

/// <summary>Decisions about the versions that policies' runs publish: each is taken by one server at a time, and written once.</summary>
public sealed class PromotionStore
{
    private readonly Db _db;

    internal PromotionStore(Db db) => _db = db;

    /// <summary>Takes up an open decision about a run that has ended; null if there is none, or others are at all of them.</summary>
    /// <param name="lease">Time after which another server may take it up.</param>
    /// <param name="cancel">Cancels.</param>
    public async Task<PromotionLease?> TryTakeAsync(TimeSpan lease, CancellationToken cancel)
    {
        var rows = await _db.RunAsync(
            (connection, token) => Sql.Command(
                connection,
                $"""
                WITH next AS (
                    SELECT c.dataset_id, c.run_id FROM promotion_decisions c
                    JOIN training_runs r ON r.dataset_id = c.dataset_id AND r.run_id = c.run_id AND r.state IN (3, 4, 5)
                    WHERE c.outcome = 1 AND coalesce(c.lease_until <= clock_timestamp(), true)
                    ORDER BY c.create_time LIMIT 1 FOR UPDATE OF c SKIP LOCKED
                ), c AS (
                    UPDATE promotion_decisions c SET lease_token = c.lease_token + 1, lease_until = clock_timestamp() + $1, attempts = c.attempts + 1
                    FROM next WHERE c.dataset_id = next.dataset_id AND c.run_id = next.run_id RETURNING c.*
                )
                SELECT c.dataset_id, d.id, c.policy_id, c.run_id, c.model_id, c.outcome, c.reason, r.model_version, c.champion_version, c.comparison,
                    c.create_time, c.decide_time, r.state, r.error, a.model_version, v.champion_version, p.spec, c.attempts, c.lease_token
                FROM c JOIN datasets d ON d.dataset_id = c.dataset_id
                JOIN training_runs r ON r.dataset_id = c.dataset_id AND r.run_id = c.run_id
                JOIN retraining_policies p ON p.dataset_id = c.dataset_id AND p.policy_id = c.policy_id
                LEFT JOIN model_aliases a ON a.dataset_id = c.dataset_id AND a.model_id = c.model_id AND a.alias = '{ModelAliases.Champion}'
                LEFT JOIN model_versions v ON v.dataset_id = c.dataset_id AND v.model_id = c.model_id AND v.version = r.model_version
                """,
                lease).ListAsync(
                    row => new PromotionLease(
                        RetrainingSqlText.ReadDecision(row), (RunState)row.GetInt16(12), row.MaybeText(13), row.Maybe<int>(14), row.Maybe<int>(15),
                        Json.Read<RetrainingSpec>(row.GetString(16)).Promotion, row.GetInt32(17), row.GetInt64(18)),
                    token),
            cancel);
        return rows.SingleOrDefault();
    }

    /// <summary>
    /// Writes a decision and, if it says so, makes the candidate champion in the same transaction: both or neither. A server that lost the
    /// lease writes nothing.
    /// </summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="lease">Proof that the decision is the caller's.</param>
    /// <param name="verdict">What is decided.</param>
    /// <param name="cancel">Cancels before the commit.</param>
    /// <returns>Whether it was written.</returns>
    /// <exception cref="ServiceException">
    /// Aborted (CHAMPION_CHANGED): another version became champion meanwhile; compare with that one. NotFound: candidate or dataset are gone.
    /// </exception>
    public Task<bool> DecideAsync(DatasetRecord dataset, PromotionLease lease, PromotionVerdict verdict, CancellationToken cancel) =>
        _db.TransactAsync(
            async (connection, token) =>
            {
                var open = lease.Open;
                await DatasetLock.ShareAsync(connection, dataset, token);
                var written = await Sql.Command(
                    connection,
                    """
                    UPDATE promotion_decisions SET outcome = $4, reason = $5, candidate_version = $6, champion_version = $7, comparison = $8,
                        decide_time = clock_timestamp(), lease_until = NULL
                    WHERE dataset_id = $1 AND run_id = $2 AND lease_token = $3 AND outcome = 1
                    """,
                    dataset.Key, open.RunId, lease.Token, Sql.Typed((short)verdict.Outcome, NpgsqlDbType.Smallint), verdict.Reason,
                    Sql.Typed(open.Candidate, NpgsqlDbType.Integer), Sql.Typed(lease.Champion, NpgsqlDbType.Integer),
                    Sql.Typed(verdict.Numbers is { } numbers ? Json.Write(numbers) : null, NpgsqlDbType.Jsonb)).ExecuteAsync(token);
                if (written == 0)
                {
                    return false;
                }

                if (open.Candidate is { } candidate)
                {
                    var reason = new PromotionReason(verdict.Reason, RetrainingStore.Name(dataset, open.PolicyId));
                    await ModelStore.MoveWithinAsync(
                        connection, dataset, open.ModelId, new AliasMove(ModelChangeKind.AliasSet, ModelAliases.Candidate, candidate, reason), token);
                    if (verdict.Outcome == PromotionOutcome.Promoted)
                    {
                        await ModelStore.MoveWithinAsync(
                            connection, dataset, open.ModelId,
                            new AliasMove(ModelChangeKind.Promoted, ModelAliases.Champion, candidate, reason) { ExpectedTarget = lease.Champion }, token);
                        await AuditChain.AppendAsync(
                            connection,
                            new AuditWrite(
                                reason.Actor, null, "promote", AuditStore.Done, $"datasets/{dataset.Id}/models/{open.ModelId}/versions/{candidate}"),
                            token);
                    }
                }

                return true;
            },
            cancel);

    /// <summary>Prolongs a lease.</summary>
    /// <returns>Whether the decision is still the caller's.</returns>
    public async Task<bool> RenewAsync(PromotionLease lease, TimeSpan duration, CancellationToken cancel) =>
        await _db.RunAsync(
            (connection, token) => Sql.Command(
                connection,
                """
                UPDATE promotion_decisions SET lease_until = clock_timestamp() + $4
                WHERE dataset_id = $1 AND run_id = $2 AND lease_token = $3 AND outcome = 1
                """,
                lease.Open.DatasetKey, lease.Open.RunId, lease.Token, duration).ExecuteAsync(token),
            cancel) == 1;

    /// <summary>Gives a decision back that has to be taken anew.</summary>
    public Task GiveBackAsync(PromotionLease lease, CancellationToken cancel) => RenewAsync(lease, TimeSpan.Zero, cancel);

    /// <summary>Lists a policy's decisions, newest first.</summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="policyId">The policy.</param>
    /// <param name="before">Time and run of the last one already seen; null starts at the newest.</param>
    /// <param name="limit">Rows at most.</param>
    /// <param name="cancel">Cancels.</param>
    public async Task<IReadOnlyList<PromotionDecisionRecord>> ListAsync(
        DatasetRecord dataset, string policyId, (DateTimeOffset Time, string RunId)? before, int limit, CancellationToken cancel) =>
        await _db.RunAsync(
            (connection, token) => Sql.Command(
                connection,
                $"""
                SELECT {RetrainingSqlText.DecisionColumns} FROM promotion_decisions c JOIN datasets d ON d.dataset_id = c.dataset_id
                WHERE c.dataset_id = $1 AND c.policy_id = $2 AND ($3::timestamptz IS NULL OR (c.create_time, c.run_id) < ($3, $4 COLLATE "C"))
                ORDER BY c.create_time DESC, c.run_id DESC LIMIT $5
                """,
                dataset.Key, policyId, Sql.Typed(before?.Time, NpgsqlDbType.TimestampTz), Sql.Typed(before?.RunId, NpgsqlDbType.Text), limit)
                .ListAsync(RetrainingSqlText.ReadDecision, token),
            cancel);

    /// <summary>The latest decision of each policy that has one, by policy.</summary>
    public async Task<IReadOnlyDictionary<string, PromotionDecisionRecord>> LatestAsync(
        DatasetRecord dataset, IReadOnlyCollection<string> policyIds, CancellationToken cancel)
    {
        var rows = await _db.RunAsync(
            (connection, token) => Sql.Command(
                connection,
                $"""
                SELECT {RetrainingSqlText.DecisionColumns} FROM unnest($2::text[]) AS p(id) CROSS JOIN LATERAL (
                    SELECT * FROM promotion_decisions n WHERE n.dataset_id = $1 AND n.policy_id = p.id COLLATE "C"
                    ORDER BY n.create_time DESC, n.run_id DESC LIMIT 1) c
                JOIN datasets d ON d.dataset_id = c.dataset_id
                """,
                dataset.Key, policyIds.ToArray()).ListAsync(RetrainingSqlText.ReadDecision, token),
            cancel);
        return rows.ToDictionary(row => row.PolicyId);
    }
}
