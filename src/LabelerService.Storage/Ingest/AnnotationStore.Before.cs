using LabelerService.Storage.Database;
using LabelerService.Storage.Datasets;

namespace LabelerService.Storage.Ingest;

public sealed partial class AnnotationStore
{
    /// <summary>
    /// Keys, ascending, of the items that may have had an annotation at a moment: of an annotation that was revised since it is only known
    /// that there was an earlier one.
    /// </summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="moment">The moment (database clock).</param>
    /// <param name="cancel">Cancels.</param>
    public async Task<long[]> ItemsAnnotatedBeforeAsync(DatasetRecord dataset, DateTimeOffset moment, CancellationToken cancel)
    {
        var keys = await _db.RunAsync(
            (connection, token) => Sql.Command(
                connection,
                """
                SELECT item_key FROM annotations WHERE dataset_id = $1 AND (received_at <= $2 OR revision > 1) GROUP BY item_key ORDER BY item_key
                """,
                dataset.Key, moment).ListAsync(row => row.GetInt64(0), token),
            cancel);
        return [.. keys];
    }
}
