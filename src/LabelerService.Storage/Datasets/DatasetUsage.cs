using LabelerService.Core.Errors;
using LabelerService.Storage.Database;
using Npgsql;

namespace LabelerService.Storage.Datasets;

/// <summary>What a transaction adds to a dataset; negative where it takes away.</summary>
/// <param name="Items">Items.</param>
/// <param name="Annotations">Annotations that are not retracted.</param>
/// <param name="Labelers">Labelers.</param>
/// <param name="Bytes">Bytes of items' features and contents.</param>
/// <param name="Changes">Annotations received, revised or retracted: what retraining counts. Never negative.</param>
/// <param name="ItemChanges">Items created or changed, gold classes set and cleared among them. Never negative.</param>
internal readonly record struct UsageChange(
    long Items = 0, long Annotations = 0, long Labelers = 0, long Bytes = 0, long Changes = 0, long ItemChanges = 0)
{
    public static UsageChange operator +(UsageChange left, UsageChange right) => new(
        left.Items + right.Items, left.Annotations + right.Annotations, left.Labelers + right.Labelers, left.Bytes + right.Bytes,
        left.Changes + right.Changes, left.ItemChanges + right.ItemChanges);
}

/// <summary>Keeps the counters of a dataset, and its quotas by them.</summary>
internal static class DatasetUsage
{
    /// <summary>
    /// Adds to the counters and checks the quotas of what grows. Call it once in a transaction, last: where there is a quota it keeps
    /// other writers of the dataset waiting until the commit.
    /// </summary>
    /// <exception cref="ServiceException">ResourceExhausted (QUOTA_EXCEEDED); the transaction must not commit.</exception>
    public static async Task AddAsync(NpgsqlConnection connection, DatasetRecord dataset, UsageChange change, CancellationToken cancel)
    {
        if (change == default)
        {
            return;
        }

        var exceeded = await Sql.Command(
            connection, "SELECT resource, quota, used FROM add_dataset_usage($1, $2, $3, $4, $5, $6, $7)",
            dataset.Key, change.Items, change.Annotations, change.Labelers, change.Bytes, change.Changes, change.ItemChanges)
            .ListAsync(row => (Resource: row.GetString(0), Quota: row.GetInt64(1), Used: row.GetInt64(2)), cancel);
        if (exceeded.Count > 0)
        {
            var first = exceeded[0];
            throw new ServiceException(
                ErrorKind.ResourceExhausted, ServiceException.QuotaExceeded,
                $"datasets/{dataset.Id} may hold {first.Quota} {first.Resource}; with this there would be {first.Used}. Nothing was stored. "
                + "Delete some, or raise the dataset's quota.",
                [.. exceeded.Select(entry => new FieldViolation(
                    $"datasets/{dataset.Id}", $"max_{entry.Resource} is {entry.Quota}; with this there would be {entry.Used}"))]);
        }
    }
}
