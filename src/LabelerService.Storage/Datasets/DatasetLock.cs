using LabelerService.Core.Errors;
using LabelerService.Storage.Database;
using Npgsql;

namespace LabelerService.Storage.Datasets;

/// <summary>
/// Bulk tables have no foreign keys: checking one costs a lock on every row. Instead each writing transaction takes one shared lock on
/// its dataset's row, and whatever removes rows that others may refer to takes the exclusive one.
/// </summary>
internal static class DatasetLock
{
    /// <summary>
    /// A condition on a row of datasets that passes the gate: an advisory lock, held until the transaction ends. Row locks are not granted
    /// in turn: as long as shared ones overlap, whoever waits for the exclusive one waits on. Advisory locks are: whoever waits for the
    /// gate keeps later ones behind.
    /// </summary>
    public const string Gate = "pg_advisory_xact_lock_shared(1970365288, (dataset_id % 2147483647)::integer) IS NOT NULL";

    /// <summary>Statement of the shared lock; returns one row if the dataset exists. Put it in front of a batch.</summary>
    public const string Shared = "SELECT 1 FROM datasets WHERE dataset_id = $1 AND " + Gate + " FOR KEY SHARE";

    private const string CloseGate = "SELECT pg_advisory_xact_lock(1970365288, ($1::bigint % 2147483647)::integer)";
    private const string Exclusive = "SELECT 1 FROM datasets WHERE dataset_id = $1 FOR UPDATE";

    /// <summary>Keeps the dataset from being deleted until the transaction ends.</summary>
    public static Task ShareAsync(NpgsqlConnection connection, DatasetRecord dataset, CancellationToken cancel) =>
        TakeAsync(connection, Shared, dataset, cancel);

    /// <summary>Waits for every writer of the dataset and keeps new ones out until the transaction ends.</summary>
    public static async Task ExcludeAsync(NpgsqlConnection connection, DatasetRecord dataset, CancellationToken cancel)
    {
        await Sql.Command(connection, CloseGate, dataset.Key).ExecuteAsync(cancel);
        await TakeAsync(connection, Exclusive, dataset, cancel);
    }

    /// <summary>
    /// Makes every process forget the keys it remembers of this dataset's items and labelers. To be called by whatever deletes one, under
    /// the exclusive lock.
    /// </summary>
    public static Task RetireKeysAsync(NpgsqlConnection connection, DatasetRecord dataset, CancellationToken cancel) =>
        Sql.Command(connection, "UPDATE datasets SET key_epoch = key_epoch + 1 WHERE dataset_id = $1", dataset.Key).ExecuteAsync(cancel);

    /// <summary>The dataset was deleted after the caller had read it.</summary>
    public static ServiceException Gone(DatasetRecord dataset) => ServiceException.NotFound("dataset", $"datasets/{dataset.Id}");

    private static async Task TakeAsync(NpgsqlConnection connection, string statement, DatasetRecord dataset, CancellationToken cancel)
    {
        if (await Sql.Command(connection, statement, dataset.Key).ScalarAsync<int>(cancel) == 0)
        {
            throw Gone(dataset);
        }
    }
}
