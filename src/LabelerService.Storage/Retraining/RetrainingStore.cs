using LabelerService.Core.Errors;
using LabelerService.Core.Scheduling;
using LabelerService.Storage.Database;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Requests;
using Npgsql;
using NpgsqlTypes;

namespace LabelerService.Storage.Retraining;

/// <summary>Retraining policies: what users set, and the state by which any server fires each trigger exactly once.</summary>
public sealed partial class RetrainingStore
{
    /// <summary>Policies of a dataset at most: each one costs a look every few seconds.</summary>
    public const int MaxPolicies = 100;

    private readonly Db _db;

    internal RetrainingStore(Db db) => _db = db;

    /// <summary>Creates a policy.</summary>
    /// <exception cref="ServiceException">
    /// AlreadyExists: the id is taken (unless the same request created it). InvalidArgument; ResourceExhausted: too many policies; NotFound:
    /// the dataset was deleted.
    /// </exception>
    public Task<RetrainingPolicyRecord> CreateAsync(
        DatasetRecord dataset, string policyId, RetrainingSpec spec, RequestIdentity? request, CancellationToken cancel)
    {
        TextRules.CheckResourceId("retraining_policy_id", policyId);
        var schedule = Parse(spec);
        return _db.TransactOnceAsync(
            dataset.Key, request,
            async (connection, token) =>
            {
                await DatasetLock.ShareAsync(connection, dataset, token);
                var (now, count) = (await Sql.Command(
                    connection, "SELECT clock_timestamp(), count(*) FROM retraining_policies WHERE dataset_id = $1", dataset.Key)
                    .ListAsync(row => (row.GetFieldValue<DateTimeOffset>(0), row.GetInt64(1)), token))[0];
                if (count >= MaxPolicies)
                {
                    throw new ServiceException(
                        ErrorKind.ResourceExhausted, ServiceException.QuotaExceeded,
                        $"datasets/{dataset.Id} has {count} retraining policies, and may have {MaxPolicies}. Delete some.");
                }

                var created = await Sql.Command(
                    connection,
                    """
                    INSERT INTO retraining_policies (dataset_id, policy_id, uid, spec, next_scheduled_time)
                    VALUES ($1, $2, gen_random_uuid(), $3, $4) ON CONFLICT DO NOTHING
                    """,
                    dataset.Key, policyId, Sql.Json(Json.Write(spec)), Sql.Typed(schedule?.Next(now), NpgsqlDbType.TimestampTz)).ExecuteAsync(token);
                return created == 1
                    ? await GetAsync(connection, dataset, policyId, token)
                    : throw new ServiceException(
                        ErrorKind.AlreadyExists, "RETRAINING_POLICY_EXISTS", $"{Name(dataset, policyId)} exists already. Choose another id, or update it.",
                        new FieldViolation("retraining_policy_id", "is taken"));
            },
            cancel);
    }

    /// <summary>Finds a policy.</summary>
    /// <exception cref="ServiceException">NotFound.</exception>
    public Task<RetrainingPolicyRecord> GetAsync(DatasetRecord dataset, string policyId, CancellationToken cancel)
    {
        TextRules.CheckResourceId("retraining_policy", policyId);
        return _db.RunAsync((connection, token) => GetAsync(connection, dataset, policyId, token), cancel);
    }

    /// <summary>Lists the policies of a dataset by ascending id (byte order).</summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="afterId">Last id already seen; null starts at the beginning.</param>
    /// <param name="limit">Rows at most.</param>
    /// <param name="cancel">Cancels.</param>
    public async Task<IReadOnlyList<RetrainingPolicyRecord>> ListAsync(
        DatasetRecord dataset, string? afterId, int limit, CancellationToken cancel) =>
        await _db.RunAsync(
            (connection, token) => Sql.Command(
                connection,
                $"""
                SELECT {RetrainingSqlText.Columns} FROM {RetrainingSqlText.From}
                WHERE p.dataset_id = $1 AND p.policy_id > $2 ORDER BY p.policy_id LIMIT $3
                """,
                dataset.Key, afterId ?? "", limit).ListAsync(RetrainingSqlText.Read, token),
            cancel);

    /// <summary>Changes a policy under its row's lock.</summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="policyId">The policy.</param>
    /// <param name="change">Makes the new content from the present one; may throw.</param>
    /// <param name="expectedVersion">Etag the caller has seen; null overwrites whatever is there.</param>
    /// <param name="cancel">Cancels before the commit.</param>
    /// <exception cref="ServiceException">NotFound; Aborted (ETAG_MISMATCH); InvalidArgument.</exception>
    public Task<RetrainingPolicyRecord> UpdateAsync(
        DatasetRecord dataset, string policyId, Func<RetrainingSpec, RetrainingSpec> change, long? expectedVersion, CancellationToken cancel)
    {
        TextRules.CheckResourceId("retraining_policy", policyId);
        return _db.TransactAsync(
            async (connection, token) =>
            {
                await DatasetLock.ShareAsync(connection, dataset, token);
                await LockAsync(connection, dataset, policyId, expectedVersion, token);
                var current = await GetAsync(connection, dataset, policyId, token);
                var spec = change(current.Spec);
                var schedule = Parse(spec);

                // A time that has come stays due; a new schedule, or one that was paused, counts from now on.
                var next = spec.Schedule == current.Spec.Schedule && spec.Paused == current.Spec.Paused
                    ? current.NextScheduledTime
                    : schedule?.Next(current.Facts.Now);
                await Sql.Command(
                    connection,
                    """
                    UPDATE retraining_policies SET spec = $3, next_scheduled_time = $4, check_time = now(), update_time = now(), version = version + 1
                    WHERE dataset_id = $1 AND policy_id = $2
                    """,
                    dataset.Key, policyId, Sql.Json(Json.Write(spec)), Sql.Typed(next, NpgsqlDbType.TimestampTz)).ExecuteAsync(token);
                return await GetAsync(connection, dataset, policyId, token);
            },
            cancel);
    }

    /// <summary>Deletes a policy with its decisions; its runs go on.</summary>
    /// <exception cref="ServiceException">NotFound; Aborted (ETAG_MISMATCH).</exception>
    public Task DeleteAsync(DatasetRecord dataset, string policyId, long? expectedVersion, CancellationToken cancel)
    {
        TextRules.CheckResourceId("retraining_policy", policyId);
        return _db.TransactAsync(
            async (connection, token) =>
            {
                await DatasetLock.ShareAsync(connection, dataset, token);
                await LockAsync(connection, dataset, policyId, expectedVersion, token);
                await Sql.Command(connection, "DELETE FROM retraining_policies WHERE dataset_id = $1 AND policy_id = $2", dataset.Key, policyId)
                    .ExecuteAsync(token);
                return await Sql.Command(
                    connection, "DELETE FROM promotion_decisions WHERE dataset_id = $1 AND policy_id = $2", dataset.Key, policyId).ExecuteAsync(token);
            },
            cancel);
    }

    /// <summary>Resource name of a policy.</summary>
    internal static string Name(DatasetRecord dataset, string policyId) => $"datasets/{dataset.Id}/retrainingPolicies/{policyId}";

    internal static CronSchedule? Parse(RetrainingSpec spec) =>
        spec.Schedule is { } schedule ? CronSchedule.Parse(schedule.Cron, schedule.TimeZone) : null;

    private static async Task<RetrainingPolicyRecord> GetAsync(
        NpgsqlConnection connection, DatasetRecord dataset, string policyId, CancellationToken cancel)
    {
        var rows = await Sql.Command(
            connection, $"SELECT {RetrainingSqlText.Columns} FROM {RetrainingSqlText.From} WHERE p.dataset_id = $1 AND p.policy_id = $2",
            dataset.Key, policyId).ListAsync(RetrainingSqlText.Read, cancel);
        return rows.Count == 1 ? rows[0] : throw Missing(dataset, policyId);
    }

    private static async Task LockAsync(
        NpgsqlConnection connection, DatasetRecord dataset, string policyId, long? expectedVersion, CancellationToken cancel)
    {
        var versions = await Sql.Command(
            connection, "SELECT version FROM retraining_policies WHERE dataset_id = $1 AND policy_id = $2 FOR UPDATE", dataset.Key, policyId)
            .ListAsync(row => row.GetInt64(0), cancel);
        if (versions.Count == 0)
        {
            throw Missing(dataset, policyId);
        }

        if (expectedVersion is { } expected && expected != versions[0])
        {
            throw DatasetStore.EtagMismatch(Name(dataset, policyId));
        }
    }

    private static ServiceException Missing(DatasetRecord dataset, string policyId) => ServiceException.NotFound(
        "retraining_policy", Name(dataset, policyId), "Create it, or list the dataset's policies.");
}
