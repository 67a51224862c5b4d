using LabelerService.Core.Errors;
using LabelerService.Storage.Database;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Runs;
using Npgsql;
using NpgsqlTypes;

namespace LabelerService.Storage.Retraining;

/// <summary>A policy that a scheduler is to look at.</summary>
/// <param name="DatasetId">Id of its dataset.</param>
/// <param name="DatasetKey">Key of its dataset.</param>
/// <param name="PolicyId">Its id.</param>
public readonly record struct DuePolicy(string DatasetId, long DatasetKey, string PolicyId);

/// <summary>What a look at a policy led to.</summary>
/// <param name="Run">The run that it started, if it did.</param>
/// <param name="DriftSearch">A search that the caller is to make, if it is.</param>
public sealed record PolicyLook(RunRecord? Run, DriftSearch? DriftSearch);

/// <summary>A search for drift that one scheduler has taken up; written back with the token it got.</summary>
/// <param name="Policy">The policy as it was.</param>
/// <param name="Since">The moment that tells recent annotations from earlier ones.</param>
/// <param name="Look">1 for the first search since the last run.</param>
/// <param name="Token">Proof of having taken it up.</param>
public sealed record DriftSearch(RetrainingPolicyRecord Policy, DateTimeOffset Since, int Look, long Token);

public sealed partial class RetrainingStore
{
    /// <summary>Policies whose time to be looked at has come, those that wait for longest first.</summary>
    public async Task<IReadOnlyList<DuePolicy>> DueAsync(int limit, CancellationToken cancel) =>
        await _db.RunAsync(
            (connection, token) => Sql.Command(
                connection,
                """
                SELECT d.id, p.dataset_id, p.policy_id FROM retraining_policies p JOIN datasets d ON d.dataset_id = p.dataset_id
                WHERE p.check_time <= clock_timestamp() ORDER BY p.check_time LIMIT $1
                """,
                limit).ListAsync(row => new DuePolicy(row.GetString(0), row.GetInt64(1), row.GetString(2)), token),
            cancel);

    /// <summary>
    /// Looks at a policy that is due: starts its run if a trigger fires and nothing holds it back. The run, the open decision about it and the
    /// policy's state are one transaction under the policy's lock, so no two schedulers start it twice, and none that dies starts half of it.
    /// </summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="policyId">The policy.</param>
    /// <param name="nextLook">Time until the next look.</param>
    /// <param name="driftLease">Time that the caller has for a search for drift, if it gets one.</param>
    /// <param name="cancel">Cancels before the commit.</param>
    /// <returns>Null where another scheduler looks at it, or has just done so, or it is gone.</returns>
    /// <exception cref="ServiceException">NotFound: the dataset was deleted.</exception>
    public Task<PolicyLook?> LookAsync(
        DatasetRecord dataset, string policyId, TimeSpan nextLook, TimeSpan driftLease, CancellationToken cancel) =>
        _db.TransactAsync<PolicyLook?>(
            async (connection, token) =>
            {
                // The dataset first, as whoever deletes it does.
                await DatasetLock.ShareAsync(connection, dataset, token);
                var mine = await Sql.Command(
                    connection,
                    """
                    SELECT 1 FROM retraining_policies WHERE dataset_id = $1 AND policy_id = $2 AND check_time <= clock_timestamp()
                    FOR UPDATE SKIP LOCKED
                    """,
                    dataset.Key, policyId).ScalarAsync<int>(token);
                if (mine == 0)
                {
                    return null;
                }

                var policy = await GetAsync(connection, dataset, policyId, token);
                await Sql.Command(
                    connection, "UPDATE retraining_policies SET check_time = clock_timestamp() + $3 WHERE dataset_id = $1 AND policy_id = $2",
                    dataset.Key, policyId, nextLook).ExecuteAsync(token);
                if (RetrainingRules.HeldBackBy(policy) is not null)
                {
                    return new PolicyLook(null, null);
                }

                string[] reasons = [.. RetrainingRules.Evaluate(policy).Where(finding => finding.Fires).Select(finding => finding.Evidence)];
                return reasons.Length > 0
                    ? new PolicyLook(await StartAsync(connection, dataset, policy, string.Join("; ", reasons), token), null)
                    : new PolicyLook(null, await TakeDriftSearchAsync(connection, dataset, policy, driftLease, token));
            },
            cancel);

    /// <summary>
    /// Writes back what a search for drift found, and starts a run if that is an alarm: unless another scheduler has taken the search up
    /// since, or the policy started a run or was changed.
    /// </summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="search">The search.</param>
    /// <param name="alarm">Why a run is to start; null if it is not.</param>
    /// <param name="finding">What was found, for people.</param>
    /// <param name="cancel">Cancels before the commit.</param>
    /// <returns>The run, if one was started.</returns>
    public Task<RunRecord?> FinishDriftSearchAsync(
        DatasetRecord dataset, DriftSearch search, string? alarm, string finding, CancellationToken cancel) =>
        _db.TransactAsync<RunRecord?>(
            async (connection, token) =>
            {
                await DatasetLock.ShareAsync(connection, dataset, token);
                var mine = await Sql.Command(
                    connection,
                    """
                    UPDATE retraining_policies SET drift_lease_until = NULL, drift_looks = $5, drift_changes = $6, drift_finding = $7
                    WHERE dataset_id = $1 AND policy_id = $2 AND drift_token = $3 AND version = $4
                    """,
                    dataset.Key, search.Policy.PolicyId, search.Token, search.Policy.Version, search.Look, search.Policy.Facts.Changes,
                    Sql.Json(Json.Write(new DriftFindingText(finding)))).ExecuteAsync(token);
                if (mine == 0 || alarm is null)
                {
                    return null;
                }

                var policy = await GetAsync(connection, dataset, search.Policy.PolicyId, token);
                return policy.Runs == search.Policy.Runs && RetrainingRules.HeldBackBy(policy) is null
                    ? await StartAsync(connection, dataset, policy, alarm, token)
                    : null;
            },
            cancel);

    /// <summary>The moment that tells recent annotations from earlier ones; null where there is no champion whose data's time is known.</summary>
    public static DateTimeOffset? DriftSince(RetrainingPolicyRecord policy) =>
        policy.Facts.ChampionDataTime is { } read ? policy.LastTriggerTime is { } last && last > read ? last : read : null;

    private static async Task<DriftSearch?> TakeDriftSearchAsync(
        NpgsqlConnection connection, DatasetRecord dataset, RetrainingPolicyRecord policy, TimeSpan lease, CancellationToken cancel)
    {
        if (!RetrainingRules.IsDriftSearchDue(policy) || DriftSince(policy) is not { } since)
        {
            return null;
        }

        var tokens = await Sql.Command(
            connection,
            """
            UPDATE retraining_policies SET drift_token = drift_token + 1, drift_lease_until = clock_timestamp() + $3
            WHERE dataset_id = $1 AND policy_id = $2 AND coalesce(drift_lease_until <= clock_timestamp(), true) RETURNING drift_token
            """,
            dataset.Key, policy.PolicyId, lease).ListAsync(row => row.GetInt64(0), cancel);
        return tokens.Count == 1 ? new DriftSearch(policy, since, policy.DriftLooks + 1, tokens[0]) : null;
    }

    private static async Task<RunRecord> StartAsync(
        NpgsqlConnection connection, DatasetRecord dataset, RetrainingPolicyRecord policy, string reason, CancellationToken cancel)
    {
        var spec = policy.Spec;
        var write = new RunWrite(
            Guid.CreateVersion7().ToString("N"), spec.Algorithm, spec.ModelId, spec.SeedMode == SeedMode.Next ? unchecked(spec.Seed + policy.Runs) : spec.Seed,
            spec.Settings, spec.Priority)
        {
            RetrainingPolicy = policy.PolicyId,
            RetrainingReason = reason,
            WarmStart = spec.WarmStart && policy.Facts.Champion is { } champion ? new WarmStart(spec.ModelId, champion) : null,
        };
        var run = await RunSql.InsertAsync(connection, dataset, write, cancel);
        await Sql.Command(
            connection,
            """
            UPDATE retraining_policies SET runs = runs + 1, last_run_id = $3, last_trigger_time = clock_timestamp(), last_trigger_reason = $4,
                baseline_changes = $5, next_scheduled_time = $6, drift_looks = 0, drift_changes = $5, drift_lease_until = NULL,
                drift_token = drift_token + 1
            WHERE dataset_id = $1 AND policy_id = $2
            """,
            dataset.Key, policy.PolicyId, run.RunId, reason, policy.Facts.Changes,
            Sql.Typed(Parse(spec)?.Next(policy.Facts.Now), NpgsqlDbType.TimestampTz)).ExecuteAsync(cancel);
        await Sql.Command(
            connection,
            $"""
            INSERT INTO promotion_decisions (dataset_id, run_id, policy_id, model_id, outcome, reason)
            VALUES ($1, $2, $3, $4, {(int)PromotionOutcome.Pending}, '')
            """,
            dataset.Key, run.RunId, policy.PolicyId, spec.ModelId).ExecuteAsync(cancel);
        return run;
    }

    private sealed record DriftFindingText(string Text);
}
